// A GX in simulated time that polls the program as an EM24 Ethernet.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "tests/mill/mill.hpp"
#include "tests/mill/polled_gx.hpp"

#include <vector>

namespace gridbridge::mill {

class VirtualPoll {
  public:
    // All outlive it.
    VirtualPoll(const Plan& plan, const std::vector<Truth>& truths, Witness& witness, const Ways& ways)
        : gx_(plan, truths, witness), ways_(ways) {}
    VirtualPoll(const VirtualPoll&) = delete; // the outlet knows its address
    VirtualPoll& operator=(const VirtualPoll&) = delete;

    // That of the service, without its server.
    OutletRow outlet();
    // After everything that happens at one time. When it wants to be called again.
    Clock::time_point after_all(Clock::time_point now);
    void end(Clock::time_point now) { gx_.end(now); }
    std::size_t numbers() const { return gx_.numbers(); }

  private:
    class Polled;
    void ask(Clock::time_point now);

    PolledGx gx_;
    const Ways& ways_;
    Polled* polled_ = nullptr; // null: nobody answers
    Clock::time_point next_{};
    std::vector<std::uint16_t> newest_; // answer with values
};

} // namespace gridbridge::mill
