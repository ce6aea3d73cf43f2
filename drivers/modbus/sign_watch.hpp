// Whether a reading looks as if the meter had been set to measure import only: then its setting is read
// before the reading is believed. Pure.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/few_values.hpp"
#include "drivers/waist/reading.hpp"

#include <optional>

namespace gridbridge {

class SignWatch {
  public:
    void restart();
    // Export is gone from every phase at once, or a value has only lost its sign. At most every ten seconds:
    // around zero that is what power does.
    bool is_doubtful(const Reading& reading, Clock::time_point now) const;
    void verified(Clock::time_point now) { verified_at_ = now; }  // the setting is right
    void take(const Reading& reading) { last_.emplace(reading); } // it was delivered

  private:
    using enum Quantity;
    std::optional<FewValues<Power, PowerL1, PowerL2, PowerL3>> last_;
    std::optional<Clock::time_point> verified_at_;
};

} // namespace gridbridge
