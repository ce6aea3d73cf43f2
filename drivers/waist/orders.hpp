// The way back: what clients ask of meters, from the publisher thread to the drivers.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/reading.hpp"
#include "drivers/waist/transactions.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace gridbridge {

// How a three-phase meter is used (dbus-cgwacs: IsMultiphase, and Enabled of the second service `_S`).
struct PhaseMode {
    bool multiphase = true; // false: one phase; totals and phase 1 are the same
    bool pv_on_l2 = false;  // L1 is the meter, L2 a service of its own; never together with multiphase
    bool operator==(const PhaseMode&) const = default;
};

// Write the phase configuration register of an EM24 Ethernet, 0..4.
struct SetPhaseConfig {
    int value = 0;
    bool operator==(const SetPhaseConfig&) const = default;
};

using Order = std::variant<SetPhaseConfig>;

// For meters with a clock of their own.
struct WallTime {
    std::int64_t unix_seconds = 0;
    int utc_offset = 0; // of the machine's time zone now, minutes
};
using WallClock = std::function<WallTime()>; // called from any thread

// All functions may be called from any thread. Drivers look here in each turn; nothing wakes them.
class Orders {
  public:
    static constexpr std::size_t max_waiting = 16; // per meter

    // Without a wall clock no meter's clock is set.
    explicit Orders(WallClock wall_clock = {}) : wall_clock_(std::move(wall_clock)) {}

    const WallClock& wall_clock() const { return wall_clock_; }

    // A setting of the device ("cgwacs_BX0120064003P"), kept by the publisher; nothing: by configuration.
    void set_phase_mode(const std::string& device_id, PhaseMode mode);
    void forget_phase_mode(const std::string& device_id);
    std::optional<PhaseMode> phase_mode(const std::string& device_id) const;

    // Carried out once, in order. False: too many are waiting, it was not taken.
    bool put(SourceId meter, const Order& order);
    std::optional<Order> take(SourceId meter);

    TransactionDesk& transactions() { return transactions_; }

  private:
    const WallClock wall_clock_;
    TransactionDesk transactions_;
    Guarded<std::map<std::string, PhaseMode>> modes_;        // by device
    Guarded<std::map<SourceId, std::deque<Order>>> waiting_; // by meter
};

} // namespace gridbridge
