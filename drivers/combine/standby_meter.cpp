#include "drivers/combine/standby_meter.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

bool lives(const StandbyMember& member, Clock::time_point now) {
    return member.reading != nullptr && now < member.overdue;
}

void carry_counters(Reading& result, std::span<const StandbyMember> members, std::size_t used,
                    CarriedCounters* counters) {
    for (const QuantityRow& row : quantity_table) {
        if (row.kind != QuantityKind::Counter || !result.has(row.quantity)) {
            continue;
        }
        if (counters == nullptr) {
            result.clear(row.quantity);
            continue;
        }
        std::vector<MemberCount> counts;
        counts.reserve(members.size());
        for (const StandbyMember& member : members) {
            counts.push_back(
                {member.whose, member.reading == nullptr ? std::nullopt : member.reading->get(row.quantity)});
        }
        result.set(row.quantity, counters->follow(row.quantity, counts, used));
    }
}

} // namespace

StandbyMeter::StandbyMeter(std::size_t members) : known_(members) {}

void StandbyMeter::look(std::span<const StandbyMember> members, Clock::time_point now) {
    began_ = began_.value_or(now);
    next_change_ = Clock::time_point::max();
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!lives(members[i], now)) {
            known_[i].alive_since.reset();
            continue;
        }
        known_[i].alive_since = known_[i].alive_since.value_or(now);
        const bool is_used = used_ == i;
        if (is_used || (used_ && i < *used_)) {
            next_change_ =
                std::min(next_change_, is_used ? members[i].overdue : *known_[i].alive_since + proof);
        }
    }
}

std::optional<std::size_t> StandbyMeter::choose(std::span<const StandbyMember> members,
                                                Clock::time_point now) {
    const auto is_alive = [&](std::size_t i) { return known_[i].alive_since.has_value(); };
    const std::size_t until = used_ && is_alive(*used_) ? *used_ : members.size();
    for (std::size_t i = 0; i < until; ++i) {
        const bool starts = !used_ && now < *began_ + first_wait;
        if (starts && members[i].may_still_come) {
            next_change_ = std::min(next_change_, *began_ + first_wait);
            return std::nullopt;
        }
        if (is_alive(i) && (until == members.size() || now - *known_[i].alive_since >= proof)) {
            return i;
        }
    }
    if (until != members.size()) {
        return used_;
    }
    // Overdue, and nobody is better: as long as its driver does not say that it is lost.
    return used_ && members[*used_].reading != nullptr ? used_ : std::nullopt;
}

void StandbyMeter::compare(std::span<const StandbyMember> members, Clock::time_point now) {
    for (std::size_t i = 1; i < members.size(); ++i) {
        if (lives(members[0], now) && lives(members[i], now)) {
            known_[i].watch.take(*members[0].reading, *members[i].reading, now);
        } else {
            known_[i].watch.forget();
        }
    }
}

std::optional<StandbyMeter::Contradiction> StandbyMeter::contradiction() const {
    for (std::size_t i = 1; i < known_.size(); ++i) {
        if (const auto& found = known_[i].watch.found()) {
            return Contradiction{0, i, found->first, found->second};
        }
    }
    return std::nullopt;
}

std::optional<Reading> StandbyMeter::form(std::span<const StandbyMember> members, Clock::time_point now,
                                          CarriedCounters* counters) {
    look(members, now);
    compare(members, now);
    used_ = choose(members, now);
    if (!used_ || members[*used_].reading->received <= told_) {
        return std::nullopt;
    }
    Reading result = *members[*used_].reading;
    told_ = result.received;
    for (const Quantity of_member :
         {Quantity::HeadroomL1, Quantity::HeadroomL2, Quantity::HeadroomL3, Quantity::DemandEnergy,
          Quantity::DemandForecast, Quantity::DemandMonthPeak, Quantity::DemandAlarm}) {
        result.clear(of_member);
    }
    carry_counters(result, members, *used_, counters);
    return result;
}

} // namespace gridbridge
