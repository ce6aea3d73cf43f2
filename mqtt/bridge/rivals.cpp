#include "mqtt/bridge/rivals.hpp"

#include "mqtt/outlet/topics.hpp"

#include <algorithm>

namespace gridbridge {

Meter* rival_of(std::map<SourceId, Meter>& meters, SourceId source, const std::string& serial) {
    const std::string level = topic_level(serial);
    const auto hit = std::find_if(meters.begin(), meters.end(), [&](const auto& entry) {
        const Meter& other = entry.second;
        return entry.first != source && !other.device_id.empty() && topic_level(other.info.serial) == level;
    });
    return hit == meters.end() ? nullptr : &hit->second;
}

std::string source_title(const Meter& meter) {
    const std::string& name = meter.name.empty() ? meter.config.name : meter.name;
    return name.empty() ? meter.config.uri : name + " (" + meter.config.uri + ")";
}

std::string refusal_text(const Meter& meter, const Meter& rival) {
    return "refused: its serial number " + meter.info.serial + " is that of " + source_title(rival) +
           ", which is read already; take one of the two out of the configuration, or this one waits until "
           "the other is lost";
}

std::string taken_over_text(const Meter& meter, const Meter& rival) {
    return "takes the place of " + source_title(rival) + ", which is lost and has the same serial number " +
           meter.info.serial;
}

} // namespace gridbridge
