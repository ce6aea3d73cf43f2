#include "mqtt/bridge/identities.hpp"

#include "mqtt/bridge/assign_identity.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gridbridge {

void Identities::expect(const std::vector<MeterConfig>& meters) {
    std::vector<PlannedMeter> planned;
    planned.reserve(meters.size());
    for (const MeterConfig& meter : meters) {
        planned.push_back(
            {place_of(meter), std::string(configured_role(meter)), !meter.role.empty(), meter.instance});
    }
    plan_ = InstancePlan(std::move(planned));
    renew();
}

void Identities::renew() {
    plan_.renew(settings_);
    keep_promises();
}

void Identities::fill() {
    plan_.fill(settings_);
    keep_promises();
}

void Identities::identify(Meter& meter, const MeterInfo& info) {
    const auto promised = meter.source.channel == 0 ? plan_.take(meter.source.meter) : std::nullopt;
    keep_promises();
    assign_identity(meter, info, settings_, promised);
    const bool was_said = !meter.instance_advice.empty();
    meter.instance_advice = instance_advice(meter, settings_);
    if (log_ && !meter.instance_advice.empty() && !was_said) {
        log_(LogLevel::Warn, meter.info.product_name + " " + meter.info.serial, meter.instance_advice);
    }
}

void Identities::given_away(const ClassInstance& number) {
    plan_.given_away(number, settings_);
    keep_promises();
}

} // namespace gridbridge
