#include "mqtt/broker/paho_session.hpp"

#include "mqtt/broker/paho_options.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <utility>

namespace gridbridge {
namespace {

// An answer to this proves that the broker has read all before it, and changes nothing.
constexpr const char* echo_filter = "gridbridge/echo/nobody";
// Of a keepalive interval: so long may data be without an acknowledgement of the other machine.
constexpr int patience_share_percent = 150;

} // namespace

PahoSession::PahoSession(const BrokerOptions& options, const std::string& server, const std::string& address,
                         std::vector<std::string> filters, ClientInbox& inbox)
    : options_(options), server_(server), address_(address), inbox_(inbox), filters_(std::move(filters)),
      client_(paho_uri(server), options.client_id, create_options(options)) {
    client_.set_callback(*this);
    if (options.version5) {
        client_.set_disconnected_handler(
            [this](const mqtt::properties&, mqtt::ReasonCode reason) { lose(explain_loss(reason)); });
    }
}

void PahoSession::start(std::chrono::seconds limit) {
    client_.connect(connect_options(options_, server_, limit), nullptr, *this);
}

bool PahoSession::has_outcome_within(std::chrono::seconds limit, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, stop, limit, [this] { return phase_ != Phase::Connecting; }) ||
           stop.stop_requested();
}

std::optional<PahoSession::Refusal> PahoSession::await_outcome(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return phase_ != Phase::Connecting; });
    return refusal_;
}

void PahoSession::silence() {
    phase_ = Phase::Over;
}

Sent PahoSession::publish(const Message& message) {
    if (phase_ != Phase::Up) {
        return Sent::Later;
    }
    try {
        if (message.qos == 0 && message.correlation.empty()) {
            client_.publish(message.topic, message.payload.data(), message.payload.size(), 0, message.retain);
        } else {
            // A number that Paho hands back; nothing lies there.
            client_.publish(with_properties(message),
                            reinterpret_cast<void*>(message.tag), // NOLINT(performance-no-int-to-ptr)
                            *this);
        }
        return Sent::Taken;
    } catch (const mqtt::exception& error) {
        // Else it is not connected any more, or the queue is full.
        return error.get_return_code() == MQTTASYNC_BAD_UTF8_STRING ? Sent::Refused : Sent::Later;
    }
}

mqtt::message_ptr PahoSession::with_properties(const Message& message) const {
    auto sent = mqtt::make_message(message.topic, message.payload.data(), message.payload.size(), message.qos,
                                   message.retain);
    if (options_.version5 && !message.correlation.empty()) {
        mqtt::properties properties;
        properties.add({mqtt::property::CORRELATION_DATA, mqtt::binary(message.correlation)});
        sent->set_properties(std::move(properties));
    }
    return sent;
}

Backlog PahoSession::backlog() const {
    if (phase_ != Phase::Up || !socket_) {
        return {};
    }
    Backlog backlog = socket_->backlog();
    backlog.queued = queued();
    return backlog;
}

bool PahoSession::ask_echo() {
    if (phase_ != Phase::Up) {
        return false;
    }
    try {
        client_.unsubscribe(echo_filter, nullptr, *this);
        return true;
    } catch (const mqtt::exception&) {
        return false;
    }
}

void PahoSession::subscribe(const std::vector<std::string>& filters) {
    try {
        for (const std::string& filter : filters) {
            client_.subscribe(filter, 0, nullptr, *this);
        }
    } catch (const mqtt::exception&) {
        // Lost again already: connection_lost() reports it.
    }
}

void PahoSession::unsubscribe(const std::vector<std::string>& filters) {
    try {
        client_.unsubscribe(mqtt::string_collection::create(filters));
    } catch (const mqtt::exception&) { // not connected: there are no subscriptions
    }
}

void PahoSession::abort() {
    if (socket_ && phase_ == Phase::Up) {
        socket_->abort();
    }
}

void PahoSession::disconnect(std::chrono::milliseconds limit) {
    silence();
    try {
        // The answer proves that the broker has read all before it. Closed with something unread on our side,
        // the kernel resets the connection and the broker loses what it has not read yet.
        if (!filters_.empty()) { // without any it would be no MQTT
            client_.unsubscribe(mqtt::string_collection::create(filters_))->wait_for(limit / 2);
        }
        client_.disconnect(static_cast<int>(limit.count() / 2))->wait_for(limit / 2);
    } catch (const mqtt::exception&) {
        // Not connected: there is nothing to leave.
    }
}

void PahoSession::on_success(const mqtt::token& token) {
    switch (token.get_type()) {
    case mqtt::token::PUBLISH:
        acknowledged(token, ClientEvent::Kind::Delivered);
        break;
    case mqtt::token::CONNECT:
        came_up();
        break;
    case mqtt::token::SUBSCRIBE:
        subscribed_ = true;
        break;
    case mqtt::token::UNSUBSCRIBE:
        inbox_.push({ClientEvent::Kind::Echo, {}, {}});
        break;
    default:
        break;
    }
}

// Paho tells a finished connect twice: by its token and as "connected".
void PahoSession::came_up() {
    if (phase_ != Phase::Connecting) {
        return;
    }
    const auto patience = std::chrono::milliseconds(options_.keepalive) * patience_share_percent / 100;
    socket_ = PahoSocket::find(address_, broker_endpoint(server_).port, patience);
    {
        const std::lock_guard lock(mutex_); // the waiting attempt must not miss it
        Phase expected = Phase::Connecting;
        if (!phase_.compare_exchange_strong(expected, Phase::Up)) {
            return;
        }
        was_up_ = true;
    }
    subscribe(filters_);
    inbox_.push({ClientEvent::Kind::Connected, {}, {}});
    changed_.notify_all();
}

// What is negative is no answer: Paho could not send it, or the connection has ended before.
void PahoSession::on_failure(const mqtt::token& token) {
    switch (token.get_type()) {
    case mqtt::token::CONNECT:
        fail({token.get_return_code(), token.get_reason_code()});
        break;
    case mqtt::token::SUBSCRIBE:
        if (token.get_return_code() >= 0) {
            subscribed_ = true;
            inbox_.push({ClientEvent::Kind::Denied, {}, {}});
        }
        break;
    case mqtt::token::PUBLISH:
        if (token.get_return_code() >= 0) { // MQTT 5 only
            acknowledged(token, ClientEvent::Kind::Denied);
        }
        break;
    case mqtt::token::UNSUBSCRIBE: // refused is answered too
        if (token.get_return_code() >= 0) {
            inbox_.push({ClientEvent::Kind::Echo, {}, {}});
        }
        break;
    default:
        break;
    }
}

void PahoSession::fail(Refusal refusal) {
    {
        const std::lock_guard lock(mutex_);
        Phase expected = Phase::Connecting;
        if (!phase_.compare_exchange_strong(expected, Phase::Over)) {
            return;
        }
        refusal_ = refusal;
    }
    changed_.notify_all();
}

void PahoSession::lose(const std::string& reason) {
    Phase expected = Phase::Up;
    if (phase_.compare_exchange_strong(expected, Phase::Over)) {
        inbox_.push({ClientEvent::Kind::Lost, subscribed_ ? reason : explain_early_end(), {}});
    }
}

void PahoSession::connection_lost(const std::string& cause) {
    lose(cause.empty() ? explain_loss(0) : cause);
}

// The broker has taken or refused a message.
void PahoSession::acknowledged(const mqtt::token& token, ClientEvent::Kind kind) {
    const auto* const publish = dynamic_cast<const mqtt::delivery_token*>(&token);
    if (publish != nullptr && publish->get_message() && publish->get_message()->get_qos() > 0) {
        ClientEvent event{kind, {}, {}};
        event.message.topic = publish->get_message()->get_topic();
        event.message.tag = reinterpret_cast<std::uintptr_t>(publish->get_user_context());
        inbox_.push(std::move(event));
    }
}

void PahoSession::message_arrived(mqtt::const_message_ptr message) {
    const std::size_t bytes = message->get_payload_ref().size();
    const std::size_t most =
        message->is_retained() ? ClientEvent::max_kept_payload : ClientEvent::max_payload;
    if (bytes > most) { // not even copied
        inbox_.push({ClientEvent::Kind::TooLarge,
                     std::to_string(bytes) + " bytes, at most " + std::to_string(most) + " are taken",
                     {message->get_topic(), {}, message->is_retained()}});
        return;
    }
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

} // namespace gridbridge
