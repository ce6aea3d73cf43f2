// A short conversation with a broker: whether it takes us, what it passes on, and who else is there.
#pragma once

#include "app/doctor/broker_facts.hpp"
#include "mqtt/broker/paho_client.hpp"

#include <stop_token>

namespace gridbridge {

// With one server in `options`, which are those of a guest: a client id of its own and no last will.
// `branches` as harmless_branches() makes them. Fills in what follows the TCP connection. Ends at once when
// stop is requested; any thread.
void talk_to_broker(const BrokerOptions& options, const std::vector<AccessBranch>& branches,
                    BrokerFacts& facts, const std::stop_token& stop);

} // namespace gridbridge
