// Our broker options in Paho's words. Included by paho_client.cpp only.
#pragma once

#include "mqtt/broker/paho_client.hpp"

#include <mqtt/connect_options.h>
#include <mqtt/create_options.h>

#include <string>

namespace gridbridge {

// "mqtt://[::1]:1883" as "tcp://[::1]:1883", "mqtts://..." as "ssl://...".
std::string paho_uri(const std::string& server);

mqtt::create_options create_options(const BrokerOptions& options);

// Reads the password; TLS files are read by OpenSSL at each attempt.
mqtt::connect_options connect_options(const BrokerOptions& options, const std::string& server,
                                      std::chrono::seconds limit);

} // namespace gridbridge
