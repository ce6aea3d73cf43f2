// StreamFinding the serial settings of a P1 port by listening.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>

namespace gridbridge {

// DSMR 4 and later send at 115200 8N1, DSMR 2.2 and 3 at 9600 7E1. Both are read as 8N1: the decoder finds
// out whether bit 7 is the parity, as it is of a few meters at 115200.
struct ListenStep {
    int baud;                    // bit/s
    std::string_view name;       // for people
    std::chrono::seconds listen; // a telegram every 10 s, and the time it takes
};

// Listens at each setting in turn until a telegram came, then stays there for good. Pure.
class SerialSearch {
  public:
    static constexpr std::string_view all_settings = "115200 8N1 or 9600 7E1"; // for people

    // Searches only for a P1 meter on a serial port without serial settings and without a key: encrypted
    // telegrams come at 115200 only.
    explicit SerialSearch(const MeterConfig& meter);
    // Divides the listening times by `haste`, for tests.
    SerialSearch(const MeterConfig& meter, int haste);

    bool wanted() const { return wanted_; } // the settings are to be found, or were found
    bool searching() const { return wanted_ && !found_; }
    const ListenStep& step() const;
    // `meter` with the settings of the step.
    MeterConfig applied_to(MeterConfig meter) const;

    void opened(Clock::time_point now) { since_ = now; }
    void found() { found_ = true; }
    // When to go to the next step; far away when there is nothing to search.
    Clock::time_point deadline() const;
    // True when the step has changed: the port has to be opened again.
    bool expire(Clock::time_point now);
    // All settings were tried at least once, and none gave a telegram.
    bool all_tried() const { return searching() && rounds_ > 0; }

  private:
    bool wanted_;
    bool found_ = false;
    int haste_;
    std::size_t at_ = 0;
    std::size_t rounds_ = 0;
    Clock::time_point since_{};
};

} // namespace gridbridge
