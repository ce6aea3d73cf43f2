#include "mqtt/paho_client.hpp"

#include "mqtt/broker_errors.hpp"
#include "mqtt/no_delay.hpp"

#include <mqtt/async_client.h>

#include <atomic>
#include <utility>

namespace gridbridge {
namespace {

constexpr int most_queued = 2000; // messages waiting for the socket; beyond it publish() says no
constexpr auto connect_limit = std::chrono::seconds(5);

constexpr std::string_view plain_scheme = "mqtt://";
constexpr std::string_view secure_scheme = "mqtts://";

// The same server in Paho's words.
std::string paho_uri(const std::string& server) {
    return server.starts_with(secure_scheme) ? "ssl://" + server.substr(secure_scheme.size())
                                             : "tcp://" + server.substr(plain_scheme.size());
}

// One connection attempt and, if it succeeds, the connection; a new Paho client each time, because one that
// was used before takes a second longer to connect. Its callbacks run on Paho's threads and only enqueue.
class Session : private mqtt::callback, private mqtt::iaction_listener {
  public:
    Session(const BrokerOptions& options, const std::string& server, std::vector<std::string> filters,
            ClientInbox& inbox)
        : inbox_(inbox), filters_(std::move(filters)),
          client_(paho_uri(server), options.client_id, create_options(options)) {
        client_.set_callback(*this);
        client_.connect(connect_options(options, server), nullptr, *this);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override { phase_ = Phase::Over; } // what Paho gives up now interests nobody

    bool publish(const Message& message) {
        try {
            client_.publish(message.topic, message.payload.data(), message.payload.size(), 0, message.retain);
            return true;
        } catch (const mqtt::exception&) {
            return false; // not connected any more, or the queue is full; the caller says it all again later
        }
    }

    void disconnect(std::chrono::milliseconds limit) {
        phase_ = Phase::Over;
        try {
            client_.disconnect(static_cast<int>(limit.count()))->wait_for(limit);
        } catch (const mqtt::exception&) {
            // Not connected: there is nothing to leave.
        }
    }

  private:
    enum class Phase : unsigned char { Connecting, Up, Over };

    static mqtt::create_options create_options(const BrokerOptions& options) {
        mqtt::create_options create(mqtt_version(options), most_queued);
        create.set_send_while_disconnected(false);
        return create;
    }

    static int mqtt_version(const BrokerOptions& options) {
        return options.version5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    }

    static mqtt::connect_options connect_options(const BrokerOptions& options, const std::string& server) {
        mqtt::connect_options connect;
        connect.set_mqtt_version(mqtt_version(options));
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
        if (server.starts_with(secure_scheme)) {
            connect.set_ssl(tls_options(options));
        }
        return connect;
    }

    static mqtt::ssl_options tls_options(const BrokerOptions& options) {
        mqtt::ssl_options tls;
        tls.set_trust_store(options.ca_file);
        tls.set_key_store(options.cert_file);
        tls.set_private_key(options.key_file);
        tls.set_enable_server_cert_auth(!options.insecure);
        tls.set_verify(!options.insecure);
        return tls;
    }

    void on_success(const mqtt::token& token) override {
        Phase expected =
            Phase::Connecting; // Paho tells a finished connect twice: by its token and as "connected"
        if (token.get_type() != mqtt::token::CONNECT ||
            !phase_.compare_exchange_strong(expected, Phase::Up)) {
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
            fail(token.get_return_code(), token.get_reason_code());
        }
    }

    void fail(int return_code, int reason_code) {
        Phase expected = Phase::Connecting;
        if (phase_.compare_exchange_strong(expected, Phase::Over)) {
            inbox_.push({ClientEvent::Kind::Failed, explain_refusal(return_code, reason_code), {}});
        }
    }

    void connection_lost(const std::string& cause) override {
        Phase expected = Phase::Up;
        if (phase_.compare_exchange_strong(expected, Phase::Over)) {
            const std::string reason =
                cause.empty() ? "connection closed by the broker or the network" : cause;
            inbox_.push({ClientEvent::Kind::Lost, reason, {}});
        }
    }

    void message_arrived(mqtt::const_message_ptr message) override {
        inbox_.push({ClientEvent::Kind::Received,
                     {},
                     {message->get_topic(), message->get_payload_str(), message->is_retained()}});
    }

    std::atomic<Phase> phase_ = Phase::Connecting;
    ClientInbox& inbox_;
    std::vector<std::string> filters_;
    mqtt::async_client client_; // last: its callbacks need the others
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
