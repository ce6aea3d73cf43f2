// What is kept of a meter for long: a row per minute and a row per quarter of an hour.
#pragma once

#include "drivers/waist/quantity.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace gridbridge {

// One of the quantities kept. What is kept of it is a whole number of 1 / `scale` of its unit.
struct HistoryQuantity {
    Quantity quantity;
    std::string_view name; // of its columns
    int scale;
};
inline constexpr std::array<HistoryQuantity, 7> history_quantities{{{Quantity::Power, "power", 1},
                                                                    {Quantity::PowerL1, "power_l1", 1},
                                                                    {Quantity::PowerL2, "power_l2", 1},
                                                                    {Quantity::PowerL3, "power_l3", 1},
                                                                    {Quantity::VoltageL1, "voltage_l1", 10},
                                                                    {Quantity::VoltageL2, "voltage_l2", 10},
                                                                    {Quantity::VoltageL3, "voltage_l3", 10}}};
inline constexpr std::size_t history_width = history_quantities.size();

// Values of one moment, in the order of history_quantities, in W and V; NaN: unknown.
using HistoryValues = std::array<float, history_width>;

inline constexpr std::int64_t minute_seconds = 60;
inline constexpr std::int64_t quarter_seconds = 900;

inline constexpr std::int32_t no_value = std::numeric_limits<std::int32_t>::min();

// Scaled as its HistoryQuantity says; all three are no_value, or none.
struct Spread {
    std::int32_t mean = no_value;
    std::int32_t min = no_value;
    std::int32_t max = no_value;
    bool operator==(const Spread&) const = default;
};

// A minute of which there was at least one reading. Each reading counts once in its mean.
struct MinuteRow {
    std::int64_t time = 0;     // Unix time of its beginning, s
    std::int32_t readings = 0; // at least 1
    std::array<Spread, history_width> spreads;
    bool operator==(const MinuteRow&) const = default;
};

// What the energy counters moved within a quarter of an hour, Wh; nothing: the meter has no such counter.
struct QuarterRow {
    std::int64_t time = 0; // Unix time of its beginning, s; a multiple of 900
    std::optional<std::int32_t> import_wh, export_wh;
    // A part of more than a minute is missing, or a counter has jumped: what was measured around it is spread
    // evenly over time.
    bool estimated = false;
    bool operator==(const QuarterRow&) const = default;
};

// Where the counters were at the end of the last finished quarter: the next run goes on from there.
struct CountersAt {
    std::int64_t time = 0; // Unix time, s
    std::optional<std::int64_t> import_wh, export_wh;
    bool operator==(const CountersAt&) const = default;
};

// Two parts of one minute, as when the service was started anew within it.
MinuteRow merged(const MinuteRow& a, const MinuteRow& b);
// Two parts of one quarter.
QuarterRow merged(const QuarterRow& a, const QuarterRow& b);

} // namespace gridbridge
