// A meter as the publisher sees it: who it is, whether it is alive, and its newest reading.
#pragma once

#include "drivers/interval.hpp"
#include "drivers/meter_config.hpp"
#include "drivers/reading.hpp"
#include "drivers/telegram_copy.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gridbridge {

// Awaited: no complete reading yet, nothing published. Live: fresh. Lost: values null, service still there.
// Gone: withdrawn until it returns.
enum class MeterLife : std::uint8_t { Awaited, Live, Lost, Gone };

struct Meter {
    SourceId source;
    MeterConfig config;
    MeterInfo info;
    std::uint32_t info_version = 0; // rises whenever info changes
    Reading reading;                // newest; empty unless Live
    MeterLife life = MeterLife::Awaited;
    std::string loss_reason;
    std::string device_id; // settings key, "cgwacs_BX0120064003P"
    std::string role;      // Venus service type
    int instance = 0;
    MeterCounters counters;
    SharedTelegram telegram; // newest, if telegrams are kept; none unless Live
    IntervalMeter pace;
    Clock::time_point last_good{};
    Clock::time_point lost_at{};
    std::chrono::microseconds publish_latency{
        0}; // last byte of the newest reading until handed to the client
};

// A reading older than this is not used: 5 s for the grid, 10 s else; streams 3 x their pace within 5..35 s.
std::chrono::milliseconds stale_after(const Meter& meter);

} // namespace gridbridge
