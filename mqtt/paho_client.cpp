#include "mqtt/paho_client.hpp"

#include "drivers/reading.hpp"
#include "mqtt/broker_errors.hpp"
#include "mqtt/no_delay.hpp"
#include "mqtt/paho_options.hpp"
#include "mqtt/tls_probe.hpp"

#include <MQTTAsync.h>
#include <mqtt/async_client.h>

#include <atomic>
#include <mutex>
#include <stop_token>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds look_again(10);
constexpr std::chrono::milliseconds leave_limit(200); // a connection that still stands is left in order

// The reason found by the last look at a server's TLS. Shared by the attempts: looking takes a connection of
// its own.
class TlsAdvice {
  public:
    // On the failing attempt's thread.
    std::string get(const BrokerOptions& options, const std::string& server, const std::stop_token& stop) {
        const std::lock_guard lock(mutex_);
        if (server != server_ || Clock::now() - looked_at_ > look_again) {
            text_ = why_tls_fails(options, server, stop);
            server_ = server;
            looked_at_ = Clock::now();
        }
        return text_;
    }

  private:
    std::mutex mutex_;
    std::string server_, text_;     // guarded by mutex_
    Clock::time_point looked_at_{}; // guarded by mutex_
};

// One connection attempt and, if it succeeds, the connection; a new Paho client each time, because one that
// was used before takes a second longer to connect. Its callbacks run on Paho's threads and only enqueue.
class Session : private mqtt::callback, private mqtt::iaction_listener {
  public:
    Session(const BrokerOptions& options, const std::string& server, std::vector<std::string> filters,
            ClientInbox& inbox, TlsAdvice& advice)
        : options_(options), server_(server), inbox_(inbox), advice_(advice), filters_(std::move(filters)),
          client_(paho_uri(server), options.client_id, create_options(options)) {
        client_.set_callback(*this);
        if (options.version5) {
            client_.set_disconnected_handler(
                [this](const mqtt::properties&, mqtt::ReasonCode reason) { lose(explain_loss(reason)); });
        }
        client_.connect(connect_options(options, server), nullptr, *this);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override {
        phase_ = Phase::Over; // what Paho gives up now interests nobody
        stop_.request_stop();
    }

    bool publish(const Message& message) {
        try {
            if (message.qos == 0 && message.correlation.empty()) {
                client_.publish(message.topic, message.payload.data(), message.payload.size(), 0,
                                message.retain);
            } else {
                client_.publish(with_properties(message), nullptr, *this);
            }
            return true;
        } catch (const mqtt::exception&) {
            return false; // not connected any more, or the queue is full; the caller says it all again later
        }
    }

    bool is_up() const { return phase_ == Phase::Up; }
    std::size_t queued() const { return client_.get_pending_delivery_tokens().size(); }

    void disconnect(std::chrono::milliseconds limit) {
        phase_ = Phase::Over;
        try {
            // The answer proves that the broker has read all before it. Closed with something unread on our
            // side, the kernel resets the connection and the broker loses what it has not read yet.
            client_.unsubscribe(mqtt::string_collection::create(filters_))->wait_for(limit / 2);
            client_.disconnect(static_cast<int>(limit.count() / 2))->wait_for(limit / 2);
        } catch (const mqtt::exception&) {
            // Not connected: there is nothing to leave.
        }
    }

  private:
    enum class Phase : unsigned char { Connecting, Up, Over };

    mqtt::message_ptr with_properties(const Message& message) const {
        auto sent = mqtt::make_message(message.topic, message.payload.data(), message.payload.size(),
                                       message.qos, message.retain);
        if (options_.version5 && !message.correlation.empty()) {
            mqtt::properties properties;
            properties.add({mqtt::property::CORRELATION_DATA, mqtt::binary(message.correlation)});
            sent->set_properties(std::move(properties));
        }
        return sent;
    }

    void on_success(const mqtt::token& token) override {
        if (token.get_type() == mqtt::token::PUBLISH) {
            delivered(token);
            return;
        }
        Phase expected =
            Phase::Connecting; // Paho tells a finished connect twice: by its token and as "connected"
        if (token.get_type() != mqtt::token::CONNECT ||
            !phase_.compare_exchange_strong(expected, Phase::Up)) {
            return;
        }
        set_no_delay_on_tcp_sockets();
        try {
            for (const std::string& filter : filters_) {
                client_.subscribe(filter, 0, nullptr, *this);
            }
        } catch (const mqtt::exception&) {
            // Lost again already: connection_lost() reports it.
        }
        inbox_.push({ClientEvent::Kind::Connected, {}, {}});
    }

    void on_failure(const mqtt::token& token) override {
        if (token.get_type() == mqtt::token::CONNECT) {
            fail(token.get_return_code(), token.get_reason_code());
        } else if (token.get_type() == mqtt::token::SUBSCRIBE) {
            inbox_.push({ClientEvent::Kind::Denied, {}, {}});
        }
    }

    // The broker has acknowledged a message.
    void delivered(const mqtt::token& token) {
        const auto* const publish = dynamic_cast<const mqtt::delivery_token*>(&token);
        if (publish != nullptr && publish->get_message() && publish->get_message()->get_qos() > 0) {
            ClientEvent event{ClientEvent::Kind::Delivered, {}, {}};
            event.message.topic = publish->get_message()->get_topic();
            inbox_.push(std::move(event));
        }
    }

    void fail(int return_code, int reason_code) {
        Phase expected = Phase::Connecting;
        if (phase_.compare_exchange_strong(expected, Phase::Over)) {
            const bool unknown = return_code < 0 && server_.starts_with("mqtts://");
            const std::string tls =
                unknown ? advice_.get(options_, server_, stop_.get_token()) : std::string();
            inbox_.push({ClientEvent::Kind::Failed,
                         tls.empty() ? explain_refusal(return_code, reason_code) : tls,
                         {}});
        }
    }

    void lose(const std::string& reason) {
        Phase expected = Phase::Up;
        if (phase_.compare_exchange_strong(expected, Phase::Over)) {
            inbox_.push({ClientEvent::Kind::Lost, reason, {}});
        }
    }

    void connection_lost(const std::string& cause) override { lose(cause.empty() ? explain_loss(0) : cause); }

    void message_arrived(mqtt::const_message_ptr message) override {
        ClientEvent event{ClientEvent::Kind::Received,
                          {},
                          {message->get_topic(), message->get_payload_str(), message->is_retained()}};
        const mqtt::properties& properties = message->get_properties();
        if (properties.contains(mqtt::property::RESPONSE_TOPIC)) {
            event.message.response_topic = mqtt::get<std::string>(properties, mqtt::property::RESPONSE_TOPIC);
        }
        if (properties.contains(mqtt::property::CORRELATION_DATA)) {
            event.message.correlation = mqtt::get<mqtt::binary>(properties, mqtt::property::CORRELATION_DATA);
        }
        inbox_.push(std::move(event));
    }

    std::atomic<Phase> phase_ = Phase::Connecting;
    const BrokerOptions& options_;
    std::string server_;
    ClientInbox& inbox_;
    TlsAdvice& advice_;
    std::stop_source stop_; // of a look at TLS on Paho's thread
    std::vector<std::string> filters_;
    mqtt::async_client client_; // last: its callbacks need the others
};

class PahoClient : public MqttClient {
  public:
    PahoClient(BrokerOptions options, ClientInbox& inbox) : options_(std::move(options)), inbox_(inbox) {
        // Paho keeps its last 400 calls in a list. An ending thread may write to it after the last client has
        // freed it (1.3.12, MQTTAsync_terminate); errors alone are kept without that, and it is faster.
        MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    }

    void connect(std::size_t server, const std::vector<std::string>& filters) override {
        if (session_ && session_->is_up()) {
            session_->disconnect(leave_limit);
        }
        session_.reset(); // never two connections in parallel
        try {
            session_ =
                std::make_unique<Session>(options_, options_.servers.at(server), filters, inbox_, advice_);
        } catch (const mqtt::exception& error) {
            inbox_.push({ClientEvent::Kind::Failed,
                         explain_refusal(error.get_return_code(), error.get_reason_code()),
                         {}});
        }
    }

    bool publish(const Message& message) override { return session_ && session_->publish(message); }

    std::size_t queued() const override { return session_ ? session_->queued() : 0; }

    void disconnect(std::chrono::milliseconds limit) override {
        if (session_) {
            session_->disconnect(limit);
            session_.reset();
        }
    }

  private:
    BrokerOptions options_;
    ClientInbox& inbox_;
    TlsAdvice advice_;
    std::unique_ptr<Session> session_;
};

} // namespace

std::unique_ptr<MqttClient> make_paho_client(BrokerOptions options, ClientInbox& inbox) {
    return std::make_unique<PahoClient>(std::move(options), inbox);
}

} // namespace gridbridge
