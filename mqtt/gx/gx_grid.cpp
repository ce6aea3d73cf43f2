#include "mqtt/gx/gx_grid.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/phases.hpp"

#include <array>
#include <chrono>
#include <string_view>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto pace = 1s; // the driver takes the newest once per second

struct Member {
    std::string_view name;
    Quantity total;
    int decimals;
    bool in_total;
    bool in_phase;
};

// As the driver rounds: 2 decimals, power factor 3.
constexpr std::array<Member, 7> members{{
    {"power", Quantity::Power, 2, true, true},
    {"voltage", Quantity::Voltage, 2, true, true},
    {"current", Quantity::Current, 2, true, true},
    {"energy_forward", Quantity::EnergyForward, 2, true, true},
    {"energy_reverse", Quantity::EnergyReverse, 2, true, true},
    {"power_factor", Quantity::PowerFactor, 3, false, true},
    {"frequency", Quantity::Frequency, 2, false, true},
}};

// A meter has one frequency; the message has a place for it in each phase only.
std::optional<double> phase_value(const Reading& reading, Quantity total, int phase) {
    return reading.get(total == Quantity::Frequency ? total : of_phase(total, phase));
}

void append(std::string& object, std::string_view name, std::string_view value) {
    object += (object.empty() ? "" : ",") + json_text(name) + ":";
    object += value;
}

std::string phase_object(const Reading& reading, int phase) {
    std::string object;
    for (const Member& member : members) {
        const auto value = member.in_phase ? phase_value(reading, member.total, phase) : std::nullopt;
        if (value) {
            append(object, member.name, rounded_text(*value, member.decimals));
        }
    }
    return "{" + object + "}";
}

} // namespace

std::optional<std::string> gx_grid_payload(const Reading& reading) {
    if (!reading.has(Quantity::Power)) {
        return std::nullopt;
    }
    std::string grid;
    for (const Member& member : members) {
        const auto value = member.in_total ? reading.get(member.total) : std::nullopt;
        if (value) {
            append(grid, member.name, rounded_text(*value, member.decimals));
        }
    }
    for (int phase = 1; phase <= 3; ++phase) {
        if (reading.has(of_phase(Quantity::Power, phase))) {
            append(grid, "L" + std::to_string(phase), phase_object(reading, phase));
        }
    }
    return R"({"grid":{)" + grid + "}}";
}

void GxGrid::connected(Clock::time_point now, Messages& out) {
    linked_ = true;
    tick(now, out);
}

void GxGrid::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    if (choice_.is(meter)) {
        has_phases_ = has_phases_ || has_phase_power(meter.reading);
        newest_ = gx_grid_payload(has_phases_ ? meter.reading : totals_on_l1(meter.reading));
        tick(now, out);
    }
}

void GxGrid::lost(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    gone(meter, out);
}

// There is no message that says so: the driver notices the silence.
void GxGrid::gone(const Meter& meter, Messages& out) {
    if (choice_.is(meter)) {
        newest_.reset();
        out.push_back(taken_back(topic_, gx_link));
    }
}

void GxGrid::tick(Clock::time_point now, Messages& out) {
    if (!linked_ || !newest_ || (said_at_ && now < *said_at_ + pace)) {
        return;
    }
    out.push_back({topic_, std::move(*newest_), false, gx_link});
    newest_.reset();
    said_at_ = now;
}

Clock::time_point GxGrid::next_tick(Clock::time_point now) const {
    return linked_ && newest_ && said_at_ ? *said_at_ + pace : now + 60s;
}

} // namespace gridbridge
