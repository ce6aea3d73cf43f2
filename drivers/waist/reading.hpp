// The one value every meter ends in and every outlet starts from.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/latency_histogram.hpp"
#include "drivers/waist/quantity.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// A complete snapshot of one meter. A quantity is a number within the limits of its row or absent; absent
// means "unknown", never 0.
class Reading {
  public:
    Clock::time_point received{}; // when the last byte of the snapshot's newest answer arrived
    // By the meter's own clock, 0..3599: the second of the hour, which is the same in every time zone of
    // whole hours. Nothing: it sends none.
    std::optional<std::int16_t> meter_second;
    // By the same clock, 12 x year + month (0..11).
    std::optional<std::int16_t> meter_month;

    // A number that is not finite, or beyond what its quantity can be, is kept as absent.
    void set(Quantity q, double value) {
        const bool plausible = std::abs(value) <= quantity_table[index_of(q)].largest; // not so: NaN
        present_[index_of(q)] = plausible;
        values_[index_of(q)] = plausible ? value : 0.0;
        implausible_ += plausible ? 0U : 1U;
    }
    void set(Quantity q, std::optional<double> value) {
        if (value) {
            set(q, *value);
        } else {
            clear(q);
        }
    }
    void clear(Quantity q) { present_[index_of(q)] = false; }
    bool has(Quantity q) const { return present_[index_of(q)]; }
    bool empty() const { return present_.none(); }
    // Values kept as absent since this was asked last.
    std::uint32_t take_implausible() { return std::exchange(implausible_, 0); }
    std::optional<double> get(Quantity q) const {
        return has(q) ? std::optional<double>(values_[index_of(q)]) : std::nullopt;
    }

  private:
    std::array<double, quantity_count> values_{};
    std::bitset<quantity_count> present_;
    std::uint32_t implausible_ = 0;
};

// Which meter of the configuration a message is about. Channel 0 is the meter itself, others are devices
// behind it (M-Bus channels of a P1 port).
struct SourceId {
    std::uint16_t meter = 0;
    std::uint16_t channel = 0;
    auto operator<=>(const SourceId&) const = default;
};

// Text and constants of a meter, sent once after identification and again after each reconnect.
struct MeterInfo {
    std::string kind;             // settings prefix: cgwacs, p1, sml, d0, sunspec
    std::string serial;           // identity; never empty
    std::string former_serial;    // as earlier versions spelled it; empty: the same way
    bool serial_is_stable = true; // false: made from the URI because the meter gave none
    std::string product_name;
    std::string manufacturer; // empty: unknown
    std::string model;
    std::string firmware;   // empty: unknown
    std::string hardware;   // empty: unknown
    std::string connection; // "/dev/ttyUSB0", "Modbus TCP 192.0.2.10"
    int product_id = 0xFFFF;
    int device_type = 0;                                   // Carlo Gavazzi identification code, else 0
    std::optional<int> phases;                             // 1..3 where the model tells
    std::optional<int> phase_config;                       // EM24 Ethernet 0..4
    std::optional<int> switch_position;                    // EM24 Ethernet 0..3, 3 locked
    std::optional<std::chrono::milliseconds> refresh_time; // expected time between readings
    bool estimate_reverse_per_phase = false;               // the meter has no export counter per phase
    bool totals_are_phase_sums = false;                    // energy totals are not netted over the phases
    double energy_ratio = 1;                               // of transformers; readings are multiplied by it
    bool supports_multiphase = false;                      // the use as a single-phase meter is a choice
    bool multiphase = true;                                // the choice in force; see PhaseMode
    std::string default_role;                              // empty: by configuration; "pulsemeter" for gas
    bool role_is_fixed = false;                            // default_role is the only one it can have
    bool import_only = false;                              // export reads as import: not for the grid
    // Further texts of the meter: path below the service ("Message") and text. The same paths in each
    // announcement; announced again when a text changed, so nothing that changes with every reading.
    std::vector<std::pair<std::string, std::string>> texts;
    std::string advice;        // what the owner of the meter should do, in plain words; empty: nothing
    std::string substitution;  // of a standby meter: which member it uses instead of its first, and why
    std::string contradiction; // between members of a standby meter, with the first numbers; empty: none
    int error_code = 0;        // Venus /ErrorCode: 0 ok, 1 front selector locked

    bool operator==(const MeterInfo&) const = default;
};

// Why telegrams were dropped, for people. `reason` is a constant of the driver; empty: row not used.
struct RejectedCount {
    std::string_view reason;
    std::uint64_t count = 0;
    bool operator==(const RejectedCount&) const = default;
};

// What went over the wire, counted since start by the driver that owns the meter.
struct MeterCounters {
    std::uint64_t good = 0;                    // readings or telegrams accepted
    std::uint64_t timeouts = 0;                // requests without an answer
    std::uint64_t rejected = 0;                // bad checksum, wrong length, malformed
    std::array<RejectedCount, 12> rejected_by; // the same by reason, where the driver tells them apart
    std::uint64_t exceptions = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t skipped_bytes = 0;
    Clock::time_point heard{};        // last byte of a stream
    std::uint64_t foreign_frames = 0; // on a bus: answers to requests of another client
    std::uint64_t implausible = 0;    // values left out: beyond their limits, or out of line
    std::uint64_t unidentified = 0;   // telegrams of which it cannot be said whose they are; in `rejected`
    std::uint64_t share_clients = 0;  // connected to the shared stream now
    std::uint64_t share_missed = 0;   // telegrams that slow clients of it did not get
    std::uint64_t share_disconnected = 0;    // clients that stayed behind
    std::chrono::microseconds round_trip{0}; // last answered request; 0: the meter is not asked
    LatencyHistogram round_trips;            // of all answered requests

    bool operator==(const MeterCounters&) const = default;
};

} // namespace gridbridge
