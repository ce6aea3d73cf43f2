#include "mqtt/files/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace gridbridge {

std::string lock_path(const std::string& directory) {
    return directory + "/lock";
}

StateLock::StateLock(std::string directory, std::chrono::milliseconds limit)
    : directory_(std::move(directory)) {
    constexpr std::chrono::milliseconds pause(20);
    const std::string path = lock_path(directory_);
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    int error = file.is_open() ? 0 : errno;
    const auto until = std::chrono::steady_clock::now() + limit;
    while (error == 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        error = errno;
        if (error == EWOULDBLOCK && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(pause);
            error = 0;
        }
    }
    if (error == 0) {
        file_ = std::move(file);
        return;
    }
    is_busy_ = error == EWOULDBLOCK;
    problem_ = is_busy_
                   ? directory_ + ": another gridbridge keeps its settings there: stop it, or set another "
                                  "state_dir"
                   : path + ": " + std::generic_category().message(error) +
                         ": give the service a writable state_dir";
}

} // namespace gridbridge
