// Gives meters their identities: the instances promised to those that have not answered yet, and why one has
// not the instance of its configuration.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/outlet/setting_value.hpp"
#include "mqtt/settings/instance_plan.hpp"
#include "mqtt/settings/settings.hpp"

#include <vector>

namespace gridbridge {

// Publisher thread only. `settings` must outlive it; `log` may be empty.
class Identities {
  public:
    Identities(Settings& settings, Log log) : settings_(settings), log_(std::move(log)) {}

    // These meters are awaited, SourceId::meter is the index: their instances follow this order.
    void expect(const std::vector<MeterConfig>& meters);
    // The settings are other ones.
    void renew();
    // Devices have left the settings.
    void fill();
    // `meter` becomes what the settings know of it, or what was promised. Says why it has another instance
    // than the configured one, once.
    void identify(Meter& meter, const MeterInfo& info);
    // A client gave a device this number, which may have been promised to a meter.
    void given_away(const ClassInstance& number);

  private:
    void keep_promises() { settings_.promise(plan_.numbers()); }

    Settings& settings_;
    Log log_;
    InstancePlan plan_;
};

} // namespace gridbridge
