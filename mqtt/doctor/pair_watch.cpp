#include "mqtt/doctor/pair_watch.hpp"

#include "mqtt/doctor/words.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::size_t most_meters = 16; // pairs grow with the square
constexpr std::chrono::milliseconds apart(2000);
constexpr std::chrono::hours half_life(12);

constexpr double idle = 15; // W; less than any house takes for long
constexpr double beyond_idle = 150;
constexpr double idle_when_pv = 0.2; // of the day an inverter gives nothing; a grid connection never so often
constexpr double same_watts = 20, same_share = 0.02;
constexpr double low_power = 600, high_power = 1000;
constexpr double least_samples = 60; // 10 minutes
constexpr double nearly_all = 0.95;
constexpr std::chrono::hours same_for(24); // a sun or battery between them shows within a day
constexpr double sunshine = 1000;
constexpr double night_samples = 20 * 360; // 20 hours: the sun does not shine so long

std::optional<double> power_of(const Meter& meter, Clock::time_point now) {
    return is_fresh(meter, now) ? meter.reading.get(Quantity::Power) : std::nullopt;
}

bool is_member(const Meter& meter, const Meter& standby) {
    const auto& members = standby.config.members;
    return std::any_of(members.begin(), members.end(),
                       [&](const std::string& member) { return is_called(meter, member); });
}

bool are_spares(const Meter& one, const Meter& other, const std::vector<const Meter*>& standbys) {
    return std::any_of(standbys.begin(), standbys.end(), [&](const Meter* standby) {
        return is_member(one, *standby) && is_member(other, *standby);
    });
}

} // namespace

void PairWatch::forget(SourceId source) {
    ranges_.erase(source);
    std::erase_if(
        pairs_, [&](const auto& pair) { return pair.first.first == source || pair.first.second == source; });
}

void PowerRange::take(double watts) {
    idle_.add(std::abs(watts) < idle);
    import_ += watts > beyond_idle ? 1 : 0;
    export_ += watts < -beyond_idle ? 1 : 0;
    least_ = std::min(least_, watts);
    most_ = std::max(most_, watts);
}

void PowerRange::forget_half() {
    idle_.forget_half();
    import_ /= 2;
    export_ /= 2;
    least_ = 0;
    most_ = 0;
}

void PairWatch::take(const std::vector<const Meter*>& meters, Clock::time_point now) {
    forgot_at_ = forgot_at_.value_or(now);
    const bool forgets = now - *forgot_at_ >= 2 * half_life;
    for (std::size_t i = 0; i < meters.size(); ++i) {
        const auto watts = power_of(*meters[i], now);
        if (!watts) {
            continue;
        }
        ranges_[meters[i]->source].take(*watts);
        for (std::size_t k = i + 1; k < meters.size() && meters.size() <= most_meters; ++k) {
            if (power_of(*meters[k], now)) {
                take_pair(*meters[i], *meters[k]);
            }
        }
    }
    if (forgets) {
        forgot_at_ = now;
        for (auto& [source, range] : ranges_) {
            range.forget_half();
        }
        for (auto& [sources, pair] : pairs_) {
            pair.low.forget_half();
            pair.high.forget_half();
            pair.dark /= 2;
        }
    }
}

void PairWatch::take_pair(const Meter& one, const Meter& other) {
    const auto between = one.reading.received - other.reading.received;
    if (between > apart || between < -apart) {
        return;
    }
    Pair& pair = pairs_[{one.source, other.source}];
    pair.since = pair.since.value_or(one.reading.received);
    pair.lasts = one.reading.received - *pair.since >= same_for;
    const double a = *one.reading.get(Quantity::Power);
    const double b = *other.reading.get(Quantity::Power);
    const double larger = std::max(std::abs(a), std::abs(b));
    const bool same = std::abs(a - b) <= same_watts + same_share * larger;
    if (larger < low_power && larger > idle) {
        pair.low.add(same);
    } else if (larger > high_power) {
        pair.high.add(same);
    }
    const bool first_is_grid = one.role == "grid";
    const double grid = first_is_grid ? a : b;
    const double sun = first_is_grid ? b : a;
    pair.dark += std::abs(grid) < 0.5 && sun > sunshine ? 1 : 0;
}

void PairWatch::look(const std::vector<const Meter*>& meters, const std::vector<const Meter*>& standbys,
                     std::vector<Finding>& out) const {
    tell_same(meters, standbys, out);
    for (const Meter* meter : meters) {
        if (meter->role == "pvinverter") {
            tell_pv(*meter, meters, out);
        }
    }
}

void PairWatch::tell_same(const std::vector<const Meter*>& meters, const std::vector<const Meter*>& standbys,
                          std::vector<Finding>& out) const {
    for (std::size_t i = 0; i < meters.size(); ++i) {
        for (std::size_t k = i + 1; k < meters.size(); ++k) {
            const auto found = pairs_.find({meters[i]->source, meters[k]->source});
            if (found == pairs_.end() || are_spares(*meters[i], *meters[k], standbys)) {
                continue;
            }
            const Pair& pair = found->second;
            if (pair.lasts && pair.low.all() >= least_samples && pair.high.all() >= least_samples &&
                pair.low.share() >= nearly_all && pair.high.share() >= nearly_all) {
                out.push_back(make_finding(
                    FindingCode::SameCircuit, words::meter(*meters[k]),
                    "it measures the same circuit as " + words::meter(*meters[i]),
                    "the same power in " + rounded_text(100 * pair.high.share(), 0) + " % of " +
                        std::to_string(static_cast<long>(pair.high.all() + pair.low.all())) + " samples"));
            }
        }
    }
}

void PairWatch::tell_pv(const Meter& pv, const std::vector<const Meter*>& meters,
                        std::vector<Finding>& out) const {
    const auto own = ranges_.find(pv.source);
    if (own == ranges_.end()) {
        return;
    }
    const PowerRange& range = own->second;
    for (const Meter* grid : meters) {
        const auto other = ranges_.find(grid->source);
        if (grid->role != "grid" || other == ranges_.end()) {
            continue;
        }
        const bool grid_is_pv = !other->second.takes_both() && other->second.idle_share() > idle_when_pv;
        const bool consumes = range.takes_both() || (range.all() > night_samples && range.least() > idle);
        if (grid_is_pv && consumes) {
            out.push_back(make_finding(
                FindingCode::GridAndPvExchanged, words::meter(pv),
                "as PV inverter it consumes and gives, and the grid meter " + words::meter(*grid) +
                    " rests as an inverter does at night",
                "this one " + words::watts(range.least()) + " to " + words::watts(range.most()) +
                    ", the grid meter idle in " + rounded_text(100 * other->second.idle_share(), 0) +
                    " % of " + std::to_string(static_cast<long>(other->second.all())) + " samples"));
            return;
        }
        const auto pair = pairs_.find(std::minmax(pv.source, grid->source));
        if (pair != pairs_.end() && pair->second.dark >= least_samples && !other->second.has_export()) {
            out.push_back(
                make_finding(FindingCode::ImportOnly, words::meter(*grid),
                             "it shows exactly 0 W while the sun shines: it does not measure export",
                             "the PV meter gave up to " + words::watts(range.most()) + " meanwhile"));
        }
    }
    if (range.has_export() && !range.has_import()) {
        out.push_back(make_finding(FindingCode::PvReversed, words::meter(pv),
                                   "its production is measured as consumption",
                                   "from " + words::watts(range.least()) + ", never above " +
                                       words::watts(std::max(range.most(), 0.0))));
    }
}

} // namespace gridbridge
