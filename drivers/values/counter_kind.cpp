#include "drivers/values/counter_kind.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds longest_pause{15};
constexpr double watt_seconds_per_kwh = 3.6e6;
constexpr double steps_apart = 10;     // of the counter, between the two
constexpr double least_apart = 0.05;   // kWh
constexpr double share_apart = 0.05;   // of what was imported
constexpr double share_allowed = 0.25; // of the distance, from the one that it is

// What the phases import together, and what they import one by one.
std::optional<std::pair<double, double>> imports(const Reading& reading) {
    double total = 0;
    double each = 0;
    for (const Quantity phase : phases_of(Quantity::Power)) {
        const auto watts = reading.get(phase);
        if (!watts) {
            return std::nullopt;
        }
        total += *watts;
        each += std::max(*watts, 0.0);
    }
    return std::pair(std::max(total, 0.0), each);
}

} // namespace

std::optional<std::pair<double, double>> CounterKindWatch::imported(const Reading& reading) {
    const auto before = std::exchange(watts_, imports(reading));
    const auto since = std::exchange(at_, reading.received);
    if (!before || !watts_ || reading.received - since > longest_pause) {
        return std::nullopt;
    }
    const double half =
        std::chrono::duration<double>(reading.received - since).count() / watt_seconds_per_kwh / 2;
    return std::pair((before->first + watts_->first) * half, (before->second + watts_->second) * half);
}

void CounterKindWatch::apply(const Reading& reading) {
    const auto added = imported(reading);
    const auto now = reading.get(Quantity::EnergyForward);
    const auto before = std::exchange(counter_, now);
    if (!added || !now || !before || *now < *before) {
        return;
    }
    const double rise = *now - *before;
    step_ = rise > 0 ? std::min(step_, rise) : step_;
    counted_ += rise;
    netted_ += added->first;
    per_phase_ += added->second;
    const double apart = per_phase_ - netted_;
    if (apart < std::max({steps_apart * step_, least_apart, share_apart * netted_})) {
        return;
    }
    if (std::abs(counted_ - netted_) < share_allowed * apart) {
        kind_ = CounterKind::Netted;
    } else if (std::abs(counted_ - per_phase_) < share_allowed * apart) {
        kind_ = CounterKind::PerPhase;
    }
}

} // namespace gridbridge
