// A GX that polls the program as an EM24 Ethernet in real time.
#pragma once

#include "tests/mill/polled_gx.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::mill {

class LiveGx {
  public:
    // All outlive it; `mutex` is held whenever the truths and the witness are used.
    LiveGx(const Plan& plan, const std::vector<Truth>& truths, Witness& witness, std::mutex& mutex);

    std::string configuration() const; // lines of it
    void may_be_late(Clock::duration time) { late_ = time; }
    // The meter must be back. With the mutex held.
    void end(Clock::time_point now) { gx_.end(now); }
    std::size_t numbers() const { return gx_.numbers(); } // the same

  private:
    void poll(const std::stop_token& stop);
    void hear(std::span<const std::uint16_t> words);

    PolledGx gx_;
    std::mutex& mutex_;
    int port_;
    std::atomic<Clock::duration> late_{};
    std::jthread thread_; // last: uses the rest
};

} // namespace gridbridge::mill
