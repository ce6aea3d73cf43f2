#include "drivers/values/connection_bound.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr double watts_per_kw = 1000;

// Sum over the phases that are there of what flows in one direction.
template <typename Powers>
double one_way(const Powers& powers, Quantity total, double sign) {
    double sum = 0;
    for (const Quantity phase : phases_of(total)) {
        sum += std::max(0.0, sign * powers.get(phase).value_or(0));
    }
    return sum;
}

template <typename Powers>
double both_ways(const Powers& powers, Quantity total) {
    return std::max(std::abs(powers.get(total).value_or(0)),
                    one_way(powers, total, 1) + one_way(powers, total, -1));
}

template <typename Powers>
double shown_by(const Powers& powers) {
    return std::max({both_ways(powers, Power), both_ways(powers, ReactivePower),
                     std::abs(powers.get(ApparentPower).value_or(0))});
}

// W or var that a counter counts.
struct Counted {
    double least = 0;
    double most = 0;
};

template <typename Powers>
Counted of_total(const Powers& powers, double sign) {
    const double net = std::max(0.0, sign * powers.get(Power).value_or(0));
    return {net, std::max(net, one_way(powers, Power, sign))};
}

// Tariffs may be idle, and meters number quadrants in their own way: these may count nothing.
template <typename Powers>
std::optional<Counted> counted(const Powers& powers, Quantity counter) {
    const auto within = [&](Quantity first, Quantity last) { return counter >= first && counter <= last; };
    if (within(ReactiveEnergyForward, ReactiveEnergyReverse) || within(ReactiveEnergyQ1, ReactiveEnergyQ4)) {
        return powers.has(ReactivePower) ? std::optional(Counted{0, both_ways(powers, ReactivePower)})
                                         : std::nullopt;
    }
    const double sign =
        within(EnergyReverse, EnergyReverseL3) || within(EnergyReverseT1, EnergyReverseT4) ? -1 : 1;
    if (const int phase = phase_of(counter); phase != 0) {
        const auto watts = powers.get(of_phase(Power, phase));
        const double one = std::max(0.0, sign * watts.value_or(0));
        return watts ? std::optional(Counted{one, one}) : std::nullopt;
    }
    if (!powers.has(Power)) {
        return std::nullopt;
    }
    if (counter == EnergyAbsolute) {
        return Counted{0, both_ways(powers, Power)};
    }
    const Counted total = of_total(powers, sign);
    const bool is_tariff = within(EnergyForwardT1, EnergyReverseT4);
    return Counted{is_tariff ? 0 : total.least, total.most};
}

} // namespace

bool is_electric_energy(const QuantityRow& row) {
    return row.kind == QuantityKind::Counter && (row.unit == "kWh" || row.unit == "kvarh") &&
           row.quantity != HeatEnergy;
}

double counter_step(double value, double ratio) {
    constexpr std::array<double, 4> per_kwh{1, 10, 100, 1000};
    constexpr double finest = 0.0001;
    constexpr double noise = 1e-5; // of a step
    for (const double decimal : per_kwh) {
        const double steps = value / ratio * decimal;
        if (std::abs(steps - std::round(steps)) < noise) {
            return ratio / decimal;
        }
    }
    return ratio * finest;
}

double ConnectionBound::hours(Clock::duration time) {
    const auto bounded = std::clamp<Clock::duration>(time, Clock::duration{}, longest);
    return std::chrono::duration<double, std::ratio<3600>>(bounded).count();
}

void ConnectionBound::take(const Reading& reading) {
    before_ = newest_;
    newest_.emplace(reading);
    shown_ = {shown_by(*newest_), shown_[0], shown_[1]};
    highest_ = std::max(highest_, *std::min_element(shown_.begin(), shown_.end()));
}

double ConnectionBound::watts() const {
    const double amperes = std::max<double>(fuse_by_default, limits_.fuse.value_or(0));
    return std::max(3 * amperes * volts, 2 * highest_);
}

double ConnectionBound::kwh(std::optional<Clock::duration> time) const {
    return watts() / watts_per_kw * hours(time.value_or(longest));
}

Flow ConnectionBound::flow(Quantity counter) const {
    if (!before_) {
        return {};
    }
    const Clock::duration between = newest_->received() - before_->received();
    const auto before = counted(*before_, counter);
    const auto now = counted(*newest_, counter);
    if (!before || !now) {
        return {0, kwh(between), 0};
    }
    const double scale = hours(between) / watts_per_kw;
    return {std::min(before->least, now->least) * scale, std::max(before->most, now->most) * scale,
            (before->most + now->most) * scale};
}

} // namespace gridbridge
