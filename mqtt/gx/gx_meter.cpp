#include "mqtt/gx/gx_meter.hpp"

namespace gridbridge {

void GxMeter::added(const Meter& meter) {
    if (chosen_ || meter.source.channel != 0) {
        return;
    }
    const bool grid = configured_role(meter.config) == "grid";
    if (wanted_.empty() ? grid : meter.config.name == wanted_) {
        chosen_ = meter.source;
    }
}

bool GxMeter::is(const Meter& meter) {
    if (!chosen_ && meter.info.serial == wanted_ && meter.source.channel == 0) {
        chosen_ = meter.source;
    }
    return chosen_ == meter.source;
}

} // namespace gridbridge
