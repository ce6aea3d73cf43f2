// The connection to the broker on a GX, and the outlets that use it.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/connection/connection.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

// Stays where it is: the client and the publisher keep references to its parts.
struct GxConnection {
    BrokerConnection connection();

    ClientInbox inbox;
    Link link;
    std::string client_id, server;
    Message last_will; // empty topic: none
    std::unique_ptr<MqttClient> client;
};

// Nothing when [gx] names no mode or no server. `password` is asked at each attempt to connect, `wake` called
// from any thread.
std::unique_ptr<GxConnection> make_gx_connection(const GxConfig& gx, const std::string& tls_min,
                                                 const std::function<std::string()>& password,
                                                 const std::string& portal_id, std::function<void()> wake);

// `linked` tells whether that connection stands.
std::vector<OutletRow> gx_outlet_rows(const GxConfig& gx, const std::string& portal_id, const Log& log,
                                      const std::function<bool()>& linked);

} // namespace gridbridge
