// Whether two meters that should show the same do. Nothing tells which of them is right. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <optional>
#include <utility>

namespace gridbridge {

class ContradictionWatch {
  public:
    static constexpr double least_watts = 150;
    static constexpr double share = 0.1;               // of the larger power
    static constexpr std::chrono::seconds together{2}; // readings that are compared
    static constexpr std::chrono::seconds lasting{60};
    static constexpr std::chrono::seconds over{60}; // they agree again for so long

    // The newest readings of both, again and again.
    void take(const Reading& one, const Reading& other, Clock::time_point now);
    // One of them is not there.
    void forget() { differs_since_.reset(); }

    // Their powers as they were when it was found, W; nothing: they do not contradict each other.
    const std::optional<std::pair<double, double>>& found() const { return found_; }

  private:
    std::optional<Clock::time_point> differs_since_, agrees_since_;
    std::optional<std::pair<double, double>> found_;
};

} // namespace gridbridge
