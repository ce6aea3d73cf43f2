// What the parts of the service are told, from the configuration; and what it logs of its meters.
#pragma once

#include "app/service/service.hpp"
#include "mqtt/bridge/meter_demands.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/leftovers/former_identity.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/readings/meter_readings.hpp"
#include "mqtt/status/access_check.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/status/statistics.hpp"
#include "mqtt/venus/venus.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// `unix_time`: s, by the wall clock.
VenusOptions venus_options(const Config& config, const std::string& portal_id,
                           std::function<long long()> unix_time);
std::vector<AccessBranch> access_branches_of(const Config& config, const std::string& portal_id);
HomeAssistantOptions homeassistant_options(const Config& config, const std::string& portal_id);
MeterReadingsOptions readings_options(const Config& config, const std::string& portal_id);
BrokerOptions broker_options(const ServiceParts& parts, const std::string& portal_id);
// Without `broker` and `is_dismissed`, which are the service's own.
OwnTopicsOptions own_topics_options(const Config& config, const std::string& portal_id, const Log& log);
// Without `remark`.
FormerIdentityOptions former_identity_options(const Config& config, const std::string& portal_id,
                                              const Log& log);
bool signs_transactions(const Config& config); // whether a meter may
StatisticsOptions statistics_options(const Config& config, const Log& log);

MeterDemandsOptions demands_options(const Config& config);

// `event` as BridgeOptions::on_event has it.
void log_meter_event(const Log& log, const Meter& meter, std::string_view event);

} // namespace gridbridge
