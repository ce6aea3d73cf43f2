// The broker's end as the publisher sees it: keeps what was published, loses the link or refuses when told
// to.
#pragma once

#include "mqtt/connection/client.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Thread-safe: the publisher uses it from its thread, the test from its own.
class FakeClient : public MqttClient {
  public:
    explicit FakeClient(ClientInbox& inbox) : inbox_(inbox) {}

    void connect(std::size_t server, const std::vector<std::string>& filters) override {
        bool accept = false;
        {
            const std::lock_guard lock(mutex_);
            attempts_.push_back(server);
            filters_ = filters;
            accept = accepting_;
            connected_ = accept;
        }
        changed_.notify_all();
        inbox_.push(
            {accept ? ClientEvent::Kind::Connected : ClientEvent::Kind::Failed, "refused by the test", {}});
    }

    Sent publish(const Message& message) override {
        {
            const std::lock_guard lock(mutex_);
            if (!connected_ || refusing_ > 0) {
                refusing_ -= refusing_ > 0 ? 1 : 0;
                return Sent::Later;
            }
            log_.push_back(message);
            newest_[message.topic] = message.payload;
        }
        changed_.notify_all();
        return Sent::Taken;
    }

    std::size_t queued() const override { return 0; }

    // Answered when the test says so.
    bool ask_echo() override {
        const std::lock_guard lock(mutex_);
        return can_echo_ && connected_;
    }
    void can_echo() {
        const std::lock_guard lock(mutex_);
        can_echo_ = true;
    }
    void answer_echo() { inbox_.push({ClientEvent::Kind::Echo, {}, {}}); }

    void subscribe(const std::vector<std::string>& filters) override {
        const std::lock_guard lock(mutex_);
        filters_.insert(filters_.end(), filters.begin(), filters.end());
    }

    void unsubscribe(const std::vector<std::string>& filters) override {
        {
            const std::lock_guard lock(mutex_);
            left_filters_.insert(left_filters_.end(), filters.begin(), filters.end());
        }
        changed_.notify_all();
    }

    void disconnect(std::chrono::milliseconds /*limit*/) override {
        const std::lock_guard lock(mutex_);
        connected_ = false;
        left_in_order_ = true;
    }

    void accept(bool accepting) {
        const std::lock_guard lock(mutex_);
        accepting_ = accepting;
    }
    void refuse_next(int messages) {
        const std::lock_guard lock(mutex_);
        refusing_ = messages;
    }
    void lose() {
        {
            const std::lock_guard lock(mutex_);
            connected_ = false;
            newest_.clear();
            log_.clear();
        }
        inbox_.push({ClientEvent::Kind::Lost, "cut by the test", {}});
    }
    void deliver(Message message) { inbox_.push({ClientEvent::Kind::Received, {}, std::move(message)}); }

    // Waits until the newest payload of a topic is `payload`.
    bool wait_for(const std::string& topic, const std::string& payload) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
            const auto found = newest_.find(topic);
            return found != newest_.end() && found->second == payload;
        });
    }
    bool wait_for_unsubscribed(const std::string& filter) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
            return std::find(left_filters_.begin(), left_filters_.end(), filter) != left_filters_.end();
        });
    }
    bool wait_for_attempt(std::size_t number) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return attempts_.size() >= number; });
    }
    std::vector<Message> log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    std::vector<std::string> filters() const {
        const std::lock_guard lock(mutex_);
        return filters_;
    }
    std::size_t attempts() const {
        const std::lock_guard lock(mutex_);
        return attempts_.size();
    }
    bool left_in_order() const {
        const std::lock_guard lock(mutex_);
        return left_in_order_;
    }

  private:
    ClientInbox& inbox_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Message> log_;
    std::map<std::string, std::string> newest_;
    std::vector<std::size_t> attempts_;
    std::vector<std::string> filters_, left_filters_;
    bool accepting_ = true;
    bool can_echo_ = false;
    bool connected_ = false;
    bool left_in_order_ = false;
    int refusing_ = 0;
};

} // namespace gridbridge
