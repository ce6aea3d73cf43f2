#include "mqtt/status/incident_triggers.hpp"

#include <utility>

namespace gridbridge {

bool IncidentTriggers::wants(const std::string& meter, const std::string& cause, Clock::time_point now) {
    const auto was_within = [now](const auto& last, const std::string& key, std::chrono::seconds time) {
        const auto found = last.find(key);
        return found != last.end() && now - found->second < time;
    };
    if (was_within(by_meter_, meter, same_meter) || was_within(by_cause_, cause, same_cause)) {
        return false;
    }
    std::erase_if(by_meter_, [now](const auto& last) { return now - last.second >= same_meter; });
    std::erase_if(by_cause_, [now](const auto& last) { return now - last.second >= same_cause; });
    by_meter_[meter] = now;
    by_cause_[cause] = now;
    return true;
}

bool IncidentTriggers::begins_to_hold(const Meter& meter) {
    return !std::exchange(holds_[meter.source], meter.counters_held) && meter.counters_held;
}

std::vector<Finding> IncidentTriggers::new_errors(std::span<const Finding> findings) {
    std::vector<Finding> fresh;
    std::set<std::pair<FindingCode, std::string>> errors;
    for (const Finding& finding : findings) {
        if (finding.severity != Severity::Error || !errors.emplace(finding.code, finding.meter).second) {
            continue;
        }
        if (!errors_.contains({finding.code, finding.meter})) {
            fresh.push_back(finding);
        }
    }
    errors_ = std::move(errors);
    return fresh;
}

} // namespace gridbridge
