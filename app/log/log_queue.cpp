#include "app/log/log_queue.hpp"

#include "drivers/io/descriptor.hpp"
#include "drivers/io/detached_thread.hpp"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr std::size_t chunk =
    4096; // PIPE_BUF: as much as a pipe takes at once when poll says that it is writable

std::string plain_lost_line(std::uint64_t count) {
    return std::to_string(count) + " log lines could not be written: nobody read them\n";
}

// False: the other end is gone.
bool write_some(int fd, std::string_view& left) {
    pollfd output{fd, POLLOUT, 0};
    if (::poll(&output, 1, -1) < 0) {
        return errno == EINTR;
    }
    const std::string_view part = left.substr(0, chunk);
    ssize_t count = ::send(fd, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == ENOTSOCK) {
        count = ::write(fd, part.data(), part.size());
    }
    if (count < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    left.remove_prefix(static_cast<std::size_t>(count));
    return true;
}

} // namespace

struct LogQueue::Shared {
    Descriptor fd; // of our own: the thread may outlive the one that was given
    std::string (*lost_line)(std::uint64_t) = plain_lost_line;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines; // guarded by mutex
    std::size_t bytes = 0;         // guarded by mutex
    std::uint64_t lost = 0;        // guarded by mutex
    std::uint64_t told = 0;        // guarded by mutex: of those lost
    bool writing = false;          // guarded by mutex
    bool over = false;             // guarded by mutex

    bool is_idle() const { return lines.empty() && !writing; }

    // What is to be written next; empty: it is over.
    std::string next() {
        std::unique_lock lock(mutex);
        writing = false;
        changed.notify_all();
        changed.wait(lock, [this] { return over || !lines.empty(); });
        if (lines.empty()) {
            return {};
        }
        std::string text;
        if (lost > told) {
            text = lost_line(lost - std::exchange(told, lost));
        }
        while (!lines.empty() && text.size() < chunk) {
            bytes -= lines.front().size();
            text += lines.front();
            lines.pop_front();
        }
        writing = true;
        return text;
    }

    void run() {
        for (std::string text = next(); !text.empty(); text = next()) {
            std::string_view left = text;
            while (!left.empty() && write_some(fd.get(), left)) {
            }
        }
    }
};

LogQueue::LogQueue(int fd) : shared_(std::make_shared<Shared>()) {
    shared_->fd.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    run_detached([shared = shared_] { shared->run(); }); // a stuck reader must not hold up the end
}

LogQueue::~LogQueue() {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, patience, [this] { return shared_->is_idle(); });
    shared_->over = true;
    shared_->changed.notify_all();
}

void LogQueue::set_lost_line(std::string (*lost_line)(std::uint64_t count)) {
    shared_->lost_line = lost_line;
}

void LogQueue::push(std::string line) {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->lines.size() >= max_lines || shared_->bytes + line.size() > max_bytes) {
        ++shared_->lost;
        return;
    }
    shared_->bytes += line.size();
    shared_->lines.push_back(std::move(line));
    shared_->changed.notify_all();
}

std::uint64_t LogQueue::lost() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->lost;
}

} // namespace gridbridge
