#include "mqtt/paho_client.hpp"

#include "mqtt/broker_errors.hpp"
#include "mqtt/no_delay.hpp"

#include <mqtt/async_client.h>

#include <utility>

namespace gridbridge {
namespace {

constexpr int most_queued = 2000; // messages waiting for the socket; beyond it publish() says no
constexpr auto connect_limit = std::chrono::seconds(5);

// "mqtt://h:1" and "mqtts://h:1" in Paho's words.
std::string paho_uri(const std::string& server) {
    constexpr std::string_view plain = "mqtt://";
    constexpr std::string_view secure = "mqtts://";
    if (server.starts_with(secure)) {
        return "ssl://" + server.substr(secure.size());
    }
    return "tcp://" + server.substr(plain.size());
}

// One connection attempt and, if it succeeds, the connection. Never used again after it failed or was lost:
// Paho's own reconnect state is left alone. Its callbacks run on Paho's threads and only enqueue.
class Session : private mqtt::callback, private mqtt::iaction_listener {
  public:
    Session(const BrokerOptions& options, const std::string& server, std::vector<std::string> filters,
            ClientInbox& inbox)
        : inbox_(inbox), filters_(std::move(filters)),
          client_(paho_uri(server), options.client_id, create_options(options)),
          secure_(server.starts_with("mqtts")) {
        client_.set_callback(*this);
        client_.connect(connect_options(options), nullptr, *this);
    }

    bool publish(const Message& message) {
        try {
            client_.publish(message.topic, message.payload.data(), message.payload.size(), 0, message.retain);
            return true;
        } catch (const mqtt::exception&) {
            return false; // not connected any more, or the queue is full; the caller says it all again later
        }
    }

    void disconnect(std::chrono::milliseconds limit) {
        try {
            client_.disconnect(static_cast<int>(limit.count()))->wait_for(limit);
        } catch (const mqtt::exception&) {
            // Not connected: there is nothing to leave.
        }
    }

  private:
    static mqtt::create_options create_options(const BrokerOptions& options) {
        return mqtt::create_options(options.version5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1, most_queued);
    }

    mqtt::connect_options connect_options(const BrokerOptions& options) const {
        mqtt::connect_options connect;
        connect.set_mqtt_version(options.version5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
        if (options.version5) {
            connect.set_clean_start(true);
        } else {
            connect.set_clean_session(true);
        }
        connect.set_keep_alive_interval(options.keepalive);
        connect.set_connect_timeout(connect_limit);
        connect.set_automatic_reconnect(false);
        if (!options.username.empty()) {
            connect.set_user_name(options.username);
            connect.set_password(options.password);
        }
        const Message& will = options.last_will;
        if (!will.topic.empty()) {
            connect.set_will(
                mqtt::will_options(will.topic, will.payload.data(), will.payload.size(), 0, will.retain));
        }
        if (secure_) {
            mqtt::ssl_options tls;
            tls.set_trust_store(options.ca_file);
            tls.set_key_store(options.cert_file);
            tls.set_private_key(options.key_file);
            tls.set_enable_server_cert_auth(!options.insecure);
            tls.set_verify(!options.insecure);
            connect.set_ssl(tls);
        }
        return connect;
    }

    void on_success(const mqtt::token& token) override {
        if (token.get_type() != mqtt::token::CONNECT) {
            return;
        }
        set_no_delay_on_tcp_sockets();
        try {
            for (const std::string& filter : filters_) {
                client_.subscribe(filter, 0);
            }
        } catch (const mqtt::exception&) {
            // Lost again already: connection_lost() reports it.
        }
        inbox_.push({ClientEvent::Kind::Connected, {}, {}});
    }

    void on_failure(const mqtt::token& token) override {
        if (token.get_type() == mqtt::token::CONNECT) {
            inbox_.push({ClientEvent::Kind::Failed,
                         explain_refusal(token.get_return_code(), token.get_reason_code()),
                         {}});
        }
    }

    void connection_lost(const std::string& cause) override {
        inbox_.push({ClientEvent::Kind::Lost,
                     cause.empty() ? "connection closed by the broker or the network" : cause,
                     {}});
    }

    void message_arrived(mqtt::const_message_ptr message) override {
        inbox_.push({ClientEvent::Kind::Received,
                     {},
                     {message->get_topic(), message->get_payload_str(), message->is_retained()}});
    }

    ClientInbox& inbox_;
    std::vector<std::string> filters_;
    mqtt::async_client client_;
    bool secure_;
};

class PahoClient : public MqttClient {
  public:
    PahoClient(BrokerOptions options, ClientInbox& inbox) : options_(std::move(options)), inbox_(inbox) {}

    void connect(std::size_t server, const std::vector<std::string>& filters) override {
        session_.reset(); // never two connections in parallel
        try {
            session_ = std::make_unique<Session>(options_, options_.servers.at(server), filters, inbox_);
        } catch (const mqtt::exception& error) {
            inbox_.push({ClientEvent::Kind::Failed,
                         explain_refusal(error.get_return_code(), error.get_reason_code()),
                         {}});
        }
    }

    bool publish(const Message& message) override { return session_ && session_->publish(message); }

    void disconnect(std::chrono::milliseconds limit) override {
        if (session_) {
            session_->disconnect(limit);
            session_.reset();
        }
    }

  private:
    BrokerOptions options_;
    ClientInbox& inbox_;
    std::unique_ptr<Session> session_;
};

} // namespace

std::unique_ptr<MqttClient> make_paho_client(BrokerOptions options, ClientInbox& inbox) {
    return std::make_unique<PahoClient>(std::move(options), inbox);
}

} // namespace gridbridge
