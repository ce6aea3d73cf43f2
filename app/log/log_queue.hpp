// Lines on their way to standard error. A reader that does not read (a stuck pipe of a container or a
// journal) holds up the thread here and no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gridbridge {

class LogQueue {
  public:
    static constexpr std::size_t max_lines = 2000;
    static constexpr std::size_t max_bytes = std::size_t{512} * 1024;

    // Writes to the descriptor, which stays open and as it is: it may be shared with other programs.
    explicit LogQueue(int fd);
    // Waits a moment for what is queued, at most `patience`; a stuck reader does not get the rest.
    ~LogQueue();
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;

    // A whole line with its end. Never waits; any thread. When the queue is full the line is counted instead,
    // and the count is written as a line of its own once there is room again: `lost_line(count)`.
    void push(std::string line);
    // Lines that were not written, since start.
    std::uint64_t lost() const;

    // The text of the line that stands for lost ones. Set before the first push().
    void set_lost_line(std::string (*lost_line)(std::uint64_t count));

    static constexpr std::chrono::milliseconds patience{300};

  private:
    struct Shared; // outlives this object while a reader holds the thread
    std::shared_ptr<Shared> shared_;
};

} // namespace gridbridge
