// Answers every question of IPv4 with 127.0.0.1, or nobody at all.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace gridbridge::bench {

class NameServer {
  public:
    // `fd`: bound to the port of a name server; stays the caller's.
    explicit NameServer(int fd) : fd_(fd), thread_([this](const std::stop_token& stop) { serve(stop); }) {}
    void be_mute(bool mute) { mute_ = mute; }
    static std::string answer(std::string_view question);

  private:
    void serve(const std::stop_token& stop) const;

    int fd_;
    std::atomic<bool> mute_ = false;
    std::jthread thread_; // last: uses the rest
};

} // namespace gridbridge::bench
