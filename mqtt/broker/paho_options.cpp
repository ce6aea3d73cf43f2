#include "mqtt/broker/paho_options.hpp"

#include "mqtt/broker/reach.hpp"
#include "mqtt/broker/tls_floor.hpp"

#include <cstdint>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::int32_t max_packet = 2 * 1024 * 1024; // bytes; a broker of MQTT 5 sends nothing larger
constexpr int most_queued = 2000; // messages waiting for the socket; beyond it publish() says no

int mqtt_version(const BrokerOptions& options) {
    return options.version5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

mqtt::ssl_options tls_options(const BrokerOptions& options) {
    mqtt::ssl_options tls;
    tls.set_trust_store(options.ca_file);
    tls.set_key_store(options.cert_file);
    tls.set_private_key(options.key_file);
    tls.set_enable_server_cert_auth(!options.insecure);
    tls.set_verify(!options.insecure);
    if (options.tls_min < "1.2") {
        tls.set_enabled_cipher_suites("DEFAULT@SECLEVEL=0"); // Paho sets level 1 by itself
    }
    return tls;
}

} // namespace

std::string paho_uri(const std::string& server) {
    return server.starts_with(secure_scheme) ? "ssl://" + server.substr(secure_scheme.size())
                                             : "tcp://" + server.substr(plain_scheme.size());
}

mqtt::create_options create_options(const BrokerOptions& options) {
    mqtt::create_options create(mqtt_version(options), most_queued);
    create.set_send_while_disconnected(false);
    return create;
}

mqtt::connect_options connect_options(const BrokerOptions& options, const std::string& server,
                                      std::chrono::seconds limit) {
    mqtt::connect_options connect;
    connect.set_mqtt_version(mqtt_version(options));
    if (options.version5) {
        connect.set_clean_start(true);
        connect.set_properties({{mqtt::property::MAXIMUM_PACKET_SIZE, max_packet}});
    } else {
        connect.set_clean_session(true);
    }
    connect.set_keep_alive_interval(options.keepalive);
    connect.set_connect_timeout(limit);
    connect.set_automatic_reconnect(false);
    if (!options.username.empty()) {
        connect.set_user_name(options.username);
        connect.set_password(options.password ? options.password() : std::string());
    }
    const Message& will = options.last_will;
    if (!will.topic.empty()) {
        connect.set_will(
            mqtt::will_options(will.topic, will.payload.data(), will.payload.size(), 0, will.retain));
    }
    if (server.starts_with(secure_scheme)) {
        set_tls_floor(options.tls_min);
        connect.set_ssl(tls_options(options));
    }
    return connect;
}

} // namespace gridbridge
