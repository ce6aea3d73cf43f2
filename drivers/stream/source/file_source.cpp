#include "drivers/io/descriptor.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/stream/source/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gridbridge {
namespace {

class FileSource final : public Wire {
  public:
    explicit FileSource(std::string path) : path_(std::move(path)) {}

    void open(const std::stop_token& stop) override;
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void close() noexcept override;
    std::string name() const override { return path_; }
    bool reopen_when_silent() const override { return false; }

  private:
    void rewind_when_truncated();

    std::string path_;
    Descriptor descriptor_;
    bool regular_ = false;
    off_t offset_ = 0;
};

void FileSource::open(const std::stop_token& /*stop*/) {
    close();
    struct stat status {};
    const bool fifo = stat(path_.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
    // Our own writing end keeps a FIFO from reporting its end each time a writer leaves.
    const int mode = fifo ? O_RDWR : O_RDONLY;
    descriptor_.reset(::open(path_.c_str(), mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!descriptor_.is_open()) {
        throw LinkLost(explain_open_error(path_, errno, fifo ? Access::ReadWrite : Access::Read));
    }
    regular_ = fstat(descriptor_.get(), &status) == 0 && S_ISREG(status.st_mode);
    if (S_ISDIR(status.st_mode)) {
        close();
        throw LinkLost(explain_open_error(path_, EISDIR, Access::Read));
    }
    offset_ = 0;
}

// A regular file has no event for "more was appended", so all kinds are looked at ten times a second.
std::size_t FileSource::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                  const std::stop_token& stop) {
    constexpr std::chrono::milliseconds pause(100);
    while (!stop.stop_requested()) {
        const ssize_t size = ::read(descriptor_.get(), buffer.data(), buffer.size());
        if (size > 0) {
            offset_ += size;
            return static_cast<std::size_t>(size);
        }
        if (size < 0 && errno != EAGAIN && errno != EINTR) {
            throw LinkLost(explain_open_error(path_, errno, Access::Read));
        }
        if (size == 0 && !regular_) {
            throw LinkLost(path_ + ": the other side closed it");
        }
        rewind_when_truncated();
        const auto now = Clock::now();
        if (now >= deadline) {
            return 0;
        }
        wait_until(std::min(deadline, now + pause), stop);
    }
    return 0;
}

void FileSource::rewind_when_truncated() {
    struct stat status {};
    if (regular_ && fstat(descriptor_.get(), &status) == 0 && status.st_size < offset_) {
        offset_ = lseek(descriptor_.get(), 0, SEEK_SET);
    }
}

void FileSource::close() noexcept {
    descriptor_.reset();
}

} // namespace

std::unique_ptr<Wire> make_file_source(std::string path) {
    return std::make_unique<FileSource>(std::move(path));
}

} // namespace gridbridge
