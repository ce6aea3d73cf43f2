#include "mqtt/files/new_file.hpp"

#include "drivers/io/descriptor.hpp"
#include "mqtt/files/synced_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace gridbridge {
namespace {

[[noreturn]] void throw_error(const std::string& path, int error) {
    throw std::system_error(error, std::generic_category(), path);
}

// Gone again unless it became the file.
class Draft {
  public:
    Draft(std::string path, std::string of) : path_(std::move(path)), of_(std::move(of)) {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (is_there_) {
            ::unlink(path_.c_str());
        }
    }

    void write(const std::string& text) {
        const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (file.get() < 0) {
            throw_error(of_, errno);
        }
        is_there_ = true;
        if (const int error = write_and_sync(file, text); error != 0) {
            throw_error(of_, error);
        }
    }

    bool publish(bool replace) {
        int result = replace ? ::rename(path_.c_str(), of_.c_str())
                             : ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, of_.c_str(), RENAME_NOREPLACE);
        is_there_ = result != 0;
        if (result != 0 && !replace && (errno == EINVAL || errno == ENOSYS)) { // the file system cannot
            result = ::link(path_.c_str(), of_.c_str());
        }
        if (result != 0 && (replace || errno != EEXIST)) {
            throw_error(of_, errno);
        }
        return result == 0;
    }

  private:
    const std::string path_;
    const std::string of_;
    bool is_there_ = false;
};

} // namespace

bool write_new_file(const std::string& path, const std::string& text, bool replace) {
    const std::filesystem::path target(path);
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    Draft draft(folder / ("." + target.filename().string() + "." + std::to_string(::getpid())), path);
    draft.write(text);
    if (!draft.publish(replace)) {
        return false;
    }
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) {
        ::fsync(directory.get());
    }
    return true;
}

} // namespace gridbridge
