#include "drivers/values/netted_energy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

constexpr double ws_per_kwh = 3.6e6;
constexpr double finest = 1e6;           // steps per kWh; sums of increments are no exact decimals
constexpr double own_is_older = 5;       // s: own counters may be read that much less often than the power
constexpr double least_slack = 0.002;    // kWh
constexpr double swing = 0.01;           // kWh: that a change of power moves the older counters away
constexpr double largest_change = 0.02;  // of what flows, to follow the meter's own balance
constexpr double largest_share = 0.05;   // of what has flowed; beyond it the counters count something else
constexpr double told_beyond_own = 0.02; // power and counters of one meter differ by less

} // namespace

void NettedEnergy::Kept::scale(double factor) {
    for (double* const kwh :
         {&forward, &reverse, &told_forward, &told_reverse, &own_forward, &own_reverse, &offset, &step}) {
        *kwh *= factor;
    }
}

std::optional<NettedEnergy::Flow> NettedEnergy::flow(const Reading& reading) {
    const auto before = std::exchange(watts_, reading.get(Quantity::Power));
    const auto since = std::exchange(at_, reading.received);
    if (!before || !watts_ || reading.received - since > longest_gap) {
        return std::nullopt;
    }
    const double half = std::chrono::duration<double>(reading.received - since).count() / ws_per_kwh / 2;
    return Flow{(std::max(*before, 0.0) + std::max(*watts_, 0.0)) * half,
                (std::max(-*before, 0.0) + std::max(-*watts_, 0.0)) * half};
}

double NettedEnergy::ahead(const Own& own) const {
    return own.balance() - (now_.forward - now_.reverse) - now_.offset;
}

// What own counters and the sum may differ by though both are right.
double NettedEnergy::slack() const {
    return now_.step + least_slack + std::abs(watts_.value_or(0)) * own_is_older / ws_per_kwh;
}

void NettedEnergy::see_step(const Own& own) {
    own_exchanged(Quantity::EnergyForward, now_.own_forward, own.forward);
    own_exchanged(Quantity::EnergyReverse, now_.own_reverse, own.reverse);
    for (const double change : {own.forward - now_.own_forward, own.reverse - now_.own_reverse}) {
        if (change > 0.5 / finest) {
            now_.step = std::min(now_.step, change);
        }
    }
    now_.own_forward = own.forward;
    now_.own_reverse = own.reverse;
}

// More than its own counters have moved by cannot have been told in the earlier run: netting only takes away.
void NettedEnergy::begin(const Own& own) {
    begun_ = true;
    if (!kept_) {
        now_.offset = own.balance();
        see_step(own);
        now_.step = coarsest_step;
        return;
    }
    now_ = *kept_;
    kept_.reset();
    if (!now_.is_final) {
        const auto most = [&](double counted, double rise) {
            return counted + std::max(rise, 0.0) * (1 + told_beyond_own) + slack();
        };
        now_.told_forward = std::max(now_.told_forward, most(now_.forward, own.forward - now_.own_forward));
        now_.told_reverse = std::max(now_.told_reverse, most(now_.reverse, own.reverse - now_.own_reverse));
    }
    now_.is_final = false;
}

// What flowed to and fro in it is not known; what is more than the counters' own step is certain.
void NettedEnergy::fill_gap(const Own& own) {
    const double missing = ahead(own);
    const double certain = std::max(std::abs(missing) - slack(), 0.0);
    (missing > 0 ? now_.forward : now_.reverse) += certain;
    gap_ = false;
}

void NettedEnergy::follow(Flow& flow, const Own& own) {
    const double difference = ahead(own) - (flow.forward - flow.reverse);
    const double beyond = std::max(std::abs(difference) - slack() - swing, 0.0);
    flowed_ += flow.forward + flow.reverse;
    if (beyond > largest_share * flowed_ + 10 * slack()) {
        now_.offset += difference;
        flowed_ = 0;
        return;
    }
    const double sign = difference > 0 ? 1 : -1;
    flow.forward += sign * std::min(beyond, largest_change * flow.forward);
    flow.reverse -= sign * std::min(beyond, largest_change * flow.reverse);
}

void NettedEnergy::apply(Reading& reading) {
    auto flowed = flow(reading);
    const auto forward = reading.get(Quantity::EnergyForward);
    const auto reverse = reading.get(Quantity::EnergyReverse);
    if (forward && reverse) {
        const Own own{*forward, *reverse};
        if (!begun_) {
            begin(own);
        }
        see_step(own);
        if (gap_ || !flowed) {
            fill_gap(own);
            flowed.reset(); // part of it
        } else {
            follow(*flowed, own);
        }
    } else {
        gap_ = gap_ || !flowed;
    }
    if (flowed && !gap_) {
        now_.forward += flowed->forward;
        now_.reverse += flowed->reverse;
    }
    tell(reading);
}

void NettedEnergy::tell(Reading& reading) {
    const auto told = [&](double value, double& highest) -> std::optional<double> {
        value = std::round(value * finest) / finest;
        if (!begun_ || gap_ || value < highest) {
            return std::nullopt;
        }
        highest = value;
        return value;
    };
    reading.set(Quantity::EnergyNettingForward, told(now_.forward, now_.told_forward));
    reading.set(Quantity::EnergyNettingReverse, told(now_.reverse, now_.told_reverse));
}

void NettedEnergy::own_exchanged(Quantity quantity, double before, double after) {
    if (after >= before) { // it has flowed while nobody looked
        return;
    }
    Kept& kept = begun_ || !kept_ ? now_ : *kept_;
    if (quantity == Quantity::EnergyForward) {
        kept.own_forward += after - before;
        kept.offset += after - before;
    } else if (quantity == Quantity::EnergyReverse) {
        kept.own_reverse += after - before;
        kept.offset -= after - before;
    }
}

std::optional<NettedEnergy::Kept> NettedEnergy::kept() const {
    return begun_ ? std::optional(now_) : kept_;
}

} // namespace gridbridge
