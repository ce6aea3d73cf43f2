// A witness of what a GX is answered that polls an EM24 Ethernet, in whatever time it does.
#pragma once

#include "tests/mill/witness.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace gridbridge::mill {

class PolledGx {
  public:
    static constexpr std::chrono::milliseconds pace{500};
    static constexpr std::uint16_t words = 80;    // that it reads, from 0 on
    static constexpr std::size_t power_at = 0x28; // 0.1 W, low word first
    static constexpr int unit = 1;

    // All outlive it. What is violated is told to `witness`.
    PolledGx(const Plan& plan, const std::vector<Truth>& truths, Witness& witness)
        : truths_(at_place_of_first(plan, truths)), witness_(witness) {}

    // It was answered with values. `more`: they may be older by that.
    void hear(std::span<const std::uint16_t> answer, Clock::time_point now, Clock::duration more);
    // The meter must be back.
    void end(Clock::time_point now);
    std::size_t numbers() const { return numbers_; } // that were checked

  private:
    void check(const std::string& path, double number, Clock::time_point now, Clock::duration more);

    std::vector<const Truth*> truths_; // of the meters at the place of the first one
    Witness& witness_;
    std::set<std::size_t> given_; // places that had a number
    Clock::time_point newest_{};  // answer with values
    std::size_t numbers_ = 0;
};

} // namespace gridbridge::mill
