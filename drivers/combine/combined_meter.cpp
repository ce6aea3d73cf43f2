#include "drivers/combine/combined_meter.hpp"

namespace gridbridge {
namespace {

void set_counters(Reading& result, const std::vector<CounterTerms>& terms, std::span<const std::string> whose,
                  CarriedCounters& counters) {
    for (const CounterTerms& term : terms) {
        std::vector<MemberCount> members;
        members.reserve(whose.size());
        for (std::size_t i = 0; i < whose.size(); ++i) {
            members.push_back({whose[i], term.values[i]});
        }
        result.set(term.quantity, counters.add(term.quantity, members, term.signs));
    }
}

} // namespace

std::optional<Reading> CombinedMeter::form(Clock::time_point now, CarriedCounters* counters,
                                           std::span<const std::string> whose) {
    const auto set = readings_.next(now);
    if (!set) {
        if (readings_.are_apart()) {
            problem_ = "its members are never read at the same time: set align higher, or interval of the "
                       "members lower";
        }
        return std::nullopt;
    }
    problem_ = why_not_combined(rule_, *set);
    if (!problem_.empty()) {
        return std::nullopt;
    }
    Reading result = combined_values(rule_, *set);
    if (counters != nullptr) {
        const auto terms = combined_counters(rule_, *set);
        set_counters(result, terms, whose, *counters);
    }
    return result;
}

} // namespace gridbridge
