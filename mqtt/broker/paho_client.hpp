// MqttClient over Eclipse Paho MQTT C++. Only paho_client.cpp and paho_options.* include Paho.
#pragma once

#include "mqtt/connection/client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct BrokerOptions {
    std::vector<std::string> servers; // "mqtt://host:port", "mqtts://host:port", tried in order
    std::string client_id;
    std::string username;                  // empty: the user name flag is not set
    std::function<std::string()> password; // asked at each attempt, on its thread
    std::string ca_file, cert_file, key_file;
    bool insecure = false;       // do not check the server's certificate
    std::string tls_min = "1.2"; // of the process: see tls_floor.hpp
    bool version5 = false;       // MQTT 5, else 3.1.1
    std::chrono::seconds keepalive{30};
    Message last_will;
};

// How long a broker that takes connections may take to accept us. Some take half a minute under load; where
// others are to be tried first, each gets a short time in the first round.
std::chrono::seconds connect_limit(std::size_t servers, std::size_t failed_attempts);

// Events arrive in `inbox`, which must outlive the client.
std::unique_ptr<MqttClient> make_paho_client(BrokerOptions options, ClientInbox& inbox);

} // namespace gridbridge
