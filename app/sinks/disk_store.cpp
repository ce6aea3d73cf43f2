#include "app/sinks/queue_store.hpp"
#include "drivers/io/descriptor.hpp"
#include "mqtt/files/state_lock.hpp"
#include "mqtt/files/synced_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace gridbridge {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    const std::string fix = error == ENOSPC || error == EDQUOT ? "make room there, or set a smaller max_size"
                                                               : "give the service a writable state_dir";
    throw std::runtime_error(path + ": " + std::generic_category().message(error) + ": " + fix);
}

// Makes the folders on the way, each known to the disk.
void make_folders(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        make_folders(folder.parent_path());
        make_folder_synced(folder.string());
    }
}

std::string lock_folder(const std::string& folder) {
    make_folders(folder);
    return folder;
}

class DiskStore final : public QueueStore {
  public:
    explicit DiskStore(const std::string& folder)
        : folder_(lock_folder(folder)), lock_(folder_, std::chrono::milliseconds(0)) {
        if (!lock_.problem().empty()) {
            throw std::runtime_error(lock_.problem());
        }
    }

    std::vector<std::string> names() override {
        std::vector<std::string> all;
        std::error_code error;
        for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end;
             entry.increment(error)) {
            all.push_back(entry->path().filename().string());
        }
        if (error) {
            fail(folder_, error.value());
        }
        return all;
    }

    std::string read(const std::string& name, std::uint64_t from, std::size_t most) override {
        const Descriptor file(::open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.is_open() && errno == ENOENT) {
            return {};
        }
        std::string bytes(most, '\0');
        std::size_t size = 0;
        while (file.is_open() && size < most) {
            const ssize_t count =
                ::pread(file.get(), bytes.data() + size, most - size, static_cast<off_t>(from + size));
            if (count == 0) {
                bytes.resize(size);
                return bytes;
            }
            if (count < 0 && errno != EINTR) {
                break;
            }
            size += count > 0 ? static_cast<std::size_t>(count) : 0;
        }
        if (size < most) {
            fail(path(name), errno);
        }
        return bytes;
    }

    void write(const std::string& name, std::uint64_t from, std::string_view bytes) override {
        const Descriptor file(::open(path(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        while (file.is_open() && !bytes.empty()) {
            const ssize_t count = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(from));
            if (count < 0 && errno != EINTR) {
                break;
            }
            const std::size_t written = count > 0 ? static_cast<std::size_t>(count) : 0;
            bytes.remove_prefix(written);
            from += written;
        }
        if (!bytes.empty()) {
            fail(path(name), errno);
        }
    }

    void cut(const std::string& name, std::uint64_t size) override {
        if (::truncate(path(name).c_str(), static_cast<off_t>(size)) != 0 && errno != ENOENT) {
            fail(path(name), errno);
        }
    }

    void remove(const std::string& name) override {
        if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) {
            fail(path(name), errno);
        }
    }

    void sync(const std::string& name) override {
        for (const std::string& what : {path(name), folder_}) {
            const Descriptor file(::open(what.c_str(), O_RDONLY | O_CLOEXEC));
            if (!file.is_open() && errno == ENOENT) {
                continue;
            }
            if (!file.is_open() || ::fsync(file.get()) != 0) {
                fail(what, errno);
            }
        }
    }

    void replace(const std::string& name, const std::string& text) override {
        replace_synced(path(name), text, {});
    }

  private:
    std::string path(const std::string& name) const { return folder_ + "/" + name; }

    const std::string folder_;
    StateLock lock_;
};

} // namespace

std::unique_ptr<QueueStore> make_disk_store(const std::string& folder) {
    return std::make_unique<DiskStore>(folder);
}

} // namespace gridbridge
