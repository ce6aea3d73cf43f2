#include "mqtt/bridge/rivals.hpp"

namespace gridbridge {

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
