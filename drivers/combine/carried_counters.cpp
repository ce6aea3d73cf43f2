#include "drivers/combine/carried_counters.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

constexpr double finest = 1e6; // steps per unit; sums of increments are no exact decimals
// Between meters that measure the same: of what they count, and the coarsest step of a household's.
constexpr double share_apart = 0.05;
constexpr double step_apart = 0.1;

} // namespace

void CarriedCounters::Kept::may_be_old() {
    for (const auto& [quantity, value] : values) {
        uncertain.insert(quantity);
    }
}

CarriedCounters::CarriedCounters(Kept kept) : kept_(std::move(kept)), used_before_(kept_.used) {}

// By what may have come on top of the value that was kept.
void CarriedCounters::raise_mark(Quantity quantity, double risen) {
    if (kept_.uncertain.erase(quantity) != 0) {
        double& mark = kept_.marks[quantity];
        mark = std::max(mark, std::round((kept_.values[quantity] + risen) * finest) / finest);
    }
}

// That may have come on top of what was kept, now that `source` is followed. Before, another member was: it
// has counted about as much as the others, whether it is there to be asked or not.
double CarriedCounters::most_told(Quantity quantity, std::span<const MemberCount> members,
                                  const MemberCount& source) const {
    double most = 0;
    for (const MemberCount& member : members) {
        const auto kept = kept_.members.find(member.whose);
        const bool is_known = member.value && kept != kept_.members.end() && kept->second.contains(quantity);
        const bool counts = is_known && (&member == &source || used_before_ != source.whose);
        most = counts ? std::max(most, *member.value - kept->second.at(quantity)) : most;
    }
    return used_before_ == source.whose ? most : most * (1 + share_apart) + step_apart;
}

// Since its last value, which this one takes the place of. A counter that has fallen begins anew.
double CarriedCounters::counted(Quantity quantity, const MemberCount& member) {
    auto& counters = kept_.members[member.whose];
    const auto [last, is_new] = counters.try_emplace(quantity, *member.value);
    const double rise = *member.value - std::exchange(last->second, *member.value);
    must_be_kept_ = must_be_kept_ || is_new;
    return is_new ? 0 : std::max(rise, 0.0);
}

// Whoever comes back later has counted elsewhere meanwhile.
void CarriedCounters::forget_others(Quantity quantity, std::span<const MemberCount> members) {
    for (auto entry = kept_.members.begin(); entry != kept_.members.end();) {
        const bool is_member = std::any_of(members.begin(), members.end(), [&](const MemberCount& member) {
            return member.whose == entry->first;
        });
        if (!is_member) {
            entry->second.erase(quantity);
        }
        entry = entry->second.empty() ? kept_.members.erase(entry) : std::next(entry);
    }
}

std::optional<double> CarriedCounters::told(Quantity quantity) {
    const double value = std::round(kept_.values[quantity] * finest) / finest;
    double& mark = kept_.marks[quantity];
    const bool is_below = value < mark;
    must_be_kept_ = must_be_kept_ || (is_below && !below_[quantity]);
    below_[quantity] = is_below;
    mark = std::max(mark, value);
    return is_below ? std::nullopt : std::optional(value);
}

std::optional<double> CarriedCounters::add(Quantity quantity, std::span<const MemberCount> members,
                                           std::span<const int> signs) {
    forget_others(quantity, members);
    double moved = 0;
    double risen = 0;
    double all = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const double step = signs[i] * counted(quantity, members[i]);
        moved += step;
        risen += std::max(step, 0.0);
        all += signs[i] * *members[i].value;
    }
    raise_mark(quantity, risen);
    const auto [value, is_first] = kept_.values.try_emplace(quantity, std::max(all, 0.0));
    value->second += is_first ? 0 : moved;
    return told(quantity);
}

std::optional<double> CarriedCounters::follow(Quantity quantity, std::span<const MemberCount> members,
                                              std::size_t used) {
    const MemberCount& source = members[used];
    if (!source.value) {
        return std::nullopt; // nobody counts it: each goes on from where it was
    }
    forget_others(quantity, members);
    if (kept_.uncertain.contains(quantity)) {
        raise_mark(quantity, most_told(quantity, members, source));
    }
    must_be_kept_ = must_be_kept_ || kept_.used != source.whose;
    kept_.used = source.whose;
    const double moved = counted(quantity, source);
    for (const MemberCount& other : members) {
        if (&other == &source || other.whose == source.whose) {
            continue;
        }
        if (other.value) {
            kept_.members[other.whose][quantity] = *other.value;
        } else if (const auto known = kept_.members.find(other.whose); known != kept_.members.end()) {
            known->second.erase(quantity); // what it counts now has been counted
        }
    }
    const auto [value, is_first] = kept_.values.try_emplace(quantity, *source.value);
    value->second += is_first ? 0 : moved;
    return told(quantity);
}

bool CarriedCounters::take_must_be_kept() {
    return std::exchange(must_be_kept_, false);
}

} // namespace gridbridge
