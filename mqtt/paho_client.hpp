// MqttClient over Eclipse Paho MQTT C++. Only paho_client.cpp and paho_options.* include Paho.
#pragma once

#include "mqtt/client.hpp"

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
    std::function<std::string()> password; // asked at each attempt, on the publisher thread
    std::string ca_file, cert_file, key_file;
    bool insecure = false; // do not check the server's certificate
    bool version5 = false; // MQTT 5, else 3.1.1
    std::chrono::seconds keepalive{30};
    Message last_will;
};

// Events arrive in `inbox`, which must outlive the client.
std::unique_ptr<MqttClient> make_paho_client(BrokerOptions options, ClientInbox& inbox);

} // namespace gridbridge
