#include "app/service/gx_connection.hpp"

#include "app/version.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/gx/gx_devices.hpp"
#include "mqtt/gx/gx_fallback.hpp"
#include "mqtt/gx/gx_grid.hpp"

#include <chrono>
#include <random>
#include <utility>

namespace gridbridge {
namespace {

// A gateway that is gone without a word must not stand in the GX with its last values for long: the last will
// comes after one and a half of these.
constexpr std::chrono::seconds gx_keepalive(5);

std::string client_version() {
    return "v" + std::string(version::number);
}

} // namespace

BrokerConnection GxConnection::connection() {
    return {inbox, *client, link, "gx", client_id, {server}, last_will};
}

std::unique_ptr<GxConnection> make_gx_connection(const GxConfig& gx, const std::string& tls_min,
                                                 const std::function<std::string()>& password,
                                                 const std::string& portal_id, std::function<void()> wake) {
    if (gx.mode.empty() || gx.server.empty()) {
        return nullptr;
    }
    Message last_will;
    if (gx.mode == "mqtt-devices") {
        const std::string name = gx_client_id(portal_id);
        last_will = {gx_status_topic(name), gx_farewell(name, client_version())};
    }
    const auto jitter = [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
    // Made in place: neither the inbox nor what refers to it may move.
    std::unique_ptr<GxConnection> made(new GxConnection{ClientInbox(std::move(wake)), Link(1, jitter),
                                                        "gridbridge-" + portal_id + "-gx", gx.server,
                                                        last_will, nullptr});
    BrokerOptions options;
    options.servers = {gx.server};
    options.client_id = made->client_id;
    options.username = gx.username;
    options.password = password;
    options.ca_file = gx.ca_file;
    options.insecure = gx.insecure;
    options.tls_min = tls_min;
    options.keepalive = gx_keepalive;
    options.last_will = last_will;
    made->client = make_paho_client(std::move(options), made->inbox);
    return made;
}

std::vector<OutletRow> gx_outlet_rows(const GxConfig& gx, const std::string& portal_id, const Log& log,
                                      const std::function<bool()>& linked) {
    std::vector<OutletRow> rows;
    if (gx.mode == "mqtt-devices") {
        rows.push_back({"gx mqtt-devices", [=] {
                            return std::make_unique<GxDevices>(
                                GxDevicesOptions{portal_id, client_version(), gx.meter, log, linked});
                        }});
    } else if (gx.mode == "mqtt-grid") {
        const std::string topic = gx.topic.empty() ? "gridbridge/" + portal_id + "/gx-grid" : gx.topic;
        rows.push_back({"gx mqtt-grid", [=] { return std::make_unique<GxGrid>(topic, gx.meter); }});
    }
    if (gx.manage_run_without_grid_meter) {
        rows.push_back(
            {"gx run without grid meter", [=] {
                 return std::make_unique<GxFallback>(GxFallbackOptions{portal_id, gx.meter, log, linked});
             }});
    }
    return rows;
}

} // namespace gridbridge
