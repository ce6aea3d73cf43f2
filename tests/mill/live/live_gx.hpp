// A GX that polls the program as an EM24 Ethernet in real time, and a witness of what it is answered.
#pragma once

#include "tests/mill/witness.hpp"

#include <atomic>
#include <mutex>
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
    // The meter must be back. Called with the mutex held.
    void end(Clock::time_point now);
    std::size_t numbers() const { return numbers_; } // that were checked

  private:
    void poll(const std::stop_token& stop);
    void hear(double power);

    std::vector<const Truth*> truths_; // of the meters at the place of the first one
    Witness& witness_;
    std::mutex& mutex_;
    int port_;
    std::atomic<Clock::duration> late_{};
    Clock::time_point newest_{}; // answer with values
    std::size_t numbers_ = 0;
    std::jthread thread_; // last: uses the rest
};

} // namespace gridbridge::mill
