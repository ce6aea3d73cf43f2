// Mean and highest import of a meter over parts of time. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <optional>

namespace gridbridge {

class ImportWatch {
  public:
    // A power counts until the next one, this long at most.
    static constexpr std::chrono::seconds longest_pause{35};

    // Power from `now` on, W; nothing: unknown. Export counts as no import.
    void take(std::optional<double> watts, Clock::time_point now);
    // Begins anew at `now`; the newest power goes on.
    void begin(Clock::time_point now);

    // Since begin(), until `now`.
    struct Imported {
        double known_seconds = 0;
        std::optional<double> mean, highest; // W; nothing: nothing is known
    };
    Imported until(Clock::time_point now) const;

  private:
    void count(Clock::time_point now);

    std::optional<double> watts_;
    Clock::time_point at_{};    // counted until then
    Clock::time_point since_{}; // newest power
    double seconds_ = 0;
    double watt_seconds_ = 0;
    std::optional<double> highest_;
};

} // namespace gridbridge
