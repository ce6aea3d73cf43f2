// One connection attempt of Paho's client and, if it succeeds, the connection. Included by paho_client.cpp
// and access_probe.cpp only.
#pragma once

#include "mqtt/broker/paho_client.hpp"
#include "mqtt/broker/paho_socket.hpp"

#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// A new Paho client each time, because one that was used before takes a second longer to connect. Its
// callbacks run on Paho's threads, under Paho's lock for all its clients: they only enqueue. Freeing it takes
// as long as Paho's threads take to end.
class PahoSession : private mqtt::callback, private mqtt::iaction_listener {
  public:
    struct Refusal {
        int return_code = 0; // of Paho, or of a CONNACK of MQTT 3.1.1
        int reason_code = 0; // of MQTT 5
    };

    // References must outlive this. `address`: where the host of `server` was reached.
    PahoSession(const BrokerOptions& options, const std::string& server, const std::string& address,
                std::vector<std::string> filters, ClientInbox& inbox);
    PahoSession(const PahoSession&) = delete;
    PahoSession& operator=(const PahoSession&) = delete;
    ~PahoSession() override { silence(); }

    // `limit`: until the broker has accepted us. Throws mqtt::exception.
    void start(std::chrono::seconds limit);
    // Waits until the attempt has succeeded (nothing) or failed, or stop is requested (nothing).
    // False when that takes longer; true also when stop is requested.
    bool has_outcome_within(std::chrono::seconds limit, const std::stop_token& stop);
    std::optional<Refusal> await_outcome(const std::stop_token& stop);
    // What happens from now on interests nobody.
    void silence();
    bool was_up() const { return was_up_; }

    // Publisher thread; none of these waits, except disconnect() up to its limit.
    Sent publish(const Message& message);
    std::size_t queued() const { return client_.get_pending_delivery_tokens().size(); }
    Backlog backlog() const;
    bool ask_echo();
    void subscribe(const std::vector<std::string>& filters);
    void unsubscribe(const std::vector<std::string>& filters);
    void abort();
    void disconnect(std::chrono::milliseconds limit);

  private:
    enum class Phase : unsigned char { Connecting, Up, Over };

    mqtt::message_ptr with_properties(const Message& message) const;
    void came_up();
    void fail(Refusal refusal);
    void lose(const std::string& reason);
    void acknowledged(const mqtt::token& token, ClientEvent::Kind kind);

    void on_success(const mqtt::token& token) override;
    void on_failure(const mqtt::token& token) override;
    void connection_lost(const std::string& cause) override;
    void message_arrived(mqtt::const_message_ptr message) override;

    std::atomic<Phase> phase_ = Phase::Connecting;
    std::atomic<bool> was_up_ = false;
    std::atomic<bool> subscribed_ = false; // a subscription was answered, perhaps refused
    const BrokerOptions& options_;
    const std::string server_, address_;
    ClientInbox& inbox_;
    std::vector<std::string> filters_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<Refusal> refusal_;     // guarded by mutex_
    std::shared_ptr<PahoSocket> socket_; // set before phase_ is Up, then only read
    mqtt::async_client client_;          // last: its callbacks need the others
};

} // namespace gridbridge
