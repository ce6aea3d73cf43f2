// Looks at a broker from outside, step by step: name, TCP, TLS, login, access rules, who else is there.
#pragma once

#include "app/doctor/broker_facts.hpp"
#include "mqtt/broker/paho_client.hpp"

#include <stop_token>

namespace gridbridge {

// As talk_to_broker(), whose parts follow. `facts` says of the broker what is known before. Each step has a
// limit; a broker that is mute takes about 10 s.
void examine_broker(const BrokerOptions& options, const std::vector<AccessBranch>& branches,
                    BrokerFacts& facts, const std::stop_token& stop);

} // namespace gridbridge
