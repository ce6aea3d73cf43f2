// A meter as the publisher sees it: who it is, whether it is alive, and its newest reading.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/values/counter_guard.hpp"
#include "drivers/values/counter_kind.hpp"
#include "drivers/values/interval.hpp"
#include "drivers/values/phase_sum.hpp"
#include "drivers/values/transformers.hpp"
#include "drivers/waist/reading.hpp"
#include "drivers/waist/telegram_copy.hpp"
#include "drivers/waist/transactions.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Awaited: no complete reading yet, nothing published. Live: fresh. Lost: values null, service still there.
// Gone: withdrawn until it returns.
enum class MeterLife : std::uint8_t { Awaited, Live, Lost, Gone };

// Payloads of the topics below Transaction/; empty: nothing to show yet.
struct TransactionTopics {
    std::string state, result, key, key_der, ended, signed_value;
    SigningStatus status; // for people, in health
};

struct Meter {
    SourceId source;
    MeterConfig config;
    MeterInfo info;
    std::uint32_t info_version = 0; // rises whenever info changes
    Reading reading;                // newest; empty unless Live
    MeterLife life = MeterLife::Awaited;
    std::string loss_reason;
    // Readings come, but another source has this serial number and is the meter; `loss_reason` says which.
    bool is_refused = false;
    std::string device_id; // settings key, "cgwacs_BX0120064003P"
    std::string role;      // Venus service type
    int instance = 0;
    std::string name;                     // /CustomName: written by a client, else configured
    int position = 0;                     // /Position, 0..2
    std::string instance_advice;          // why it has not its configured instance; empty: it has
    std::optional<double> interval_watts; // mean of the newest complete interval of a demand
    Clock::time_point interval_end{};     // of it
    bool counters_held = false;           // a counter waits for its confirmation
    CounterGuard::Marks standing;         // accepted last of the counters that `reading` lacks
    std::uint64_t counters_held_back = 0; // values held back since start
    // Of its own counters; known only of one with `netting`.
    CounterKind counter_kind = CounterKind::Unknown;
    PhaseSumCheck phase_sum;
    TransactionTopics transaction;
    std::chrono::milliseconds refresh_time{1000}; // /RefreshTime: measured once known, else expected
    MeterCounters counters;
    SharedTelegram telegram; // newest, if telegrams are kept; none unless Live
    IntervalMeter pace;
    Clock::time_point last_good{};
    Clock::time_point lost_at{};
    // From the last byte of a reading until it was handed to the client: of the newest, and of all.
    std::chrono::microseconds publish_latency{0};
    LatencyHistogram publish_latencies;
    // Live, but the reading is older than stale_after(): only its counters are left.
    bool faded = false;
    Clock::time_point heard{};      // last byte on the line of a stream
    Clock::time_point last_power{}; // newest reading with a power
    std::string last_error;         // why it was lost last, in plain words; stays when it returns
};

// Whose values a standby meter has, as its `of` names it; nothing: it is none, or no member lives.
std::string source_of(const Meter& meter);

// Whether a meter formed of others means this one by `member`: its configured name or its serial number.
bool is_called(const Meter& meter, std::string_view member);

// That its readings were multiplied by; none of a device behind a meter.
TransformerRatios transformers_of(const Meter& meter);

// A reading older than this is not used: 5 s for the grid, 10 s else; streams 3 x their pace within 5..35 s.
std::chrono::milliseconds stale_after(const Meter& meter);

// Until when the service of a meter stays that has said nothing since `last`: stale_after(); for a stream
// three of its intervals if that is more or, before there was one, while the bytes of a first readout
// arrive (20 minutes: the longest readout at 300 bit/s takes 18).
Clock::time_point kept_until(const Meter& meter, Clock::time_point last);

// Its telegrams come so seldom that it measures nothing from moment to moment in between.
bool is_slow(const Meter& meter);

// "awaited", "live", "slow", "lost" or "gone".
std::string_view state_name(const Meter& meter);

// It had a power, and has given none for stale_after().
bool lacks_power(const Meter& meter, Clock::time_point now);

// Whether its reading may be shown as what is measured now; of a slow meter these are its counters.
bool is_fresh(const Meter& meter, Clock::time_point now);

// The pace as /RefreshTime shows it: measured once known, else what the meter's driver expects. Changes only
// when the pace differs by more than a quarter from what `meter` shows.
std::chrono::milliseconds refresh_time(const Meter& meter);

} // namespace gridbridge
