#include "mqtt/files/synced_file.hpp"

#include "drivers/io/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace gridbridge {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::runtime_error(path + ": " + reason(error) + ": give the service a writable state_dir");
}

void write_synced(const std::string& path, const std::string& text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0) {
        fail(path, errno);
    }
    if (const int error = write_and_sync(file, text); error != 0) {
        fail(path, error);
    }
}

void sync_parent(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) {
        fail(parent, errno);
    }
}

} // namespace

int write_and_sync(const Descriptor& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return ::fsync(file.get()) == 0 ? 0 : errno;
}

std::optional<std::string> read_whole(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0) {
        return std::nullopt;
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        fail(path, EACCES);
    }
    return text.str();
}

void replace_synced(const std::string& path, const std::string& text, const std::string& last_good) {
    const std::string temporary = path + ".new";
    write_synced(temporary, text);
    if (!last_good.empty()) { // a second name for the old file; file systems without links go without
        const std::string link = path + ".old";
        ::unlink(link.c_str());
        if (::link(path.c_str(), link.c_str()) == 0) {
            ::rename(link.c_str(), last_good.c_str());
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        fail(path, errno);
    }
    sync_parent(path);
}

bool remove_synced(const std::string& path) {
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) {
            return false;
        }
        fail(path, errno);
    }
    sync_parent(path);
    return true;
}

void make_folder_synced(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        sync_parent(path);
    } else if (errno != EEXIST) {
        fail(path, errno);
    }
}

} // namespace gridbridge
