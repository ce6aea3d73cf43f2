// Who must be back by when: one pause of its connection after the last fault that concerns it, and 2 s.
#pragma once

#include "drivers/waist/clock.hpp"
#include "tests/mill/course.hpp"
#include "tests/mill/witness.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace gridbridge::mill {

class ReturnWitness {
  public:
    // All outlive it. What is violated is told to `witness`.
    ReturnWitness(const Plan& plan, const Course& course, Witness& witness);

    void look(Clock::time_point now);

  private:
    const Plan& plan_;
    Witness& witness_;
    std::map<const PlannedMeter*, double> due_; // s
    std::map<const PlannedMeter*, Clock::time_point> missing_since_;
    std::set<const PlannedMeter*> told_;
    std::uint64_t looked_at_ = 0; // Witness::changes() of the newest look
    double next_due_ = 0;         // s, behind that one
};

} // namespace gridbridge::mill
