#include "mqtt/connection/outbox.hpp"

#include <iterator>
#include <utility>

namespace gridbridge {

bool Outbox::is_state(const Message& message) {
    return message.qos == 0 && message.correlation.empty() && !message.in_order;
}

bool Outbox::put(Message message) {
    if (message.takes_back) {
        remove(message.topic);
        return true;
    }
    if (is_state(message)) {
        if (const auto known = by_topic_.find(message.topic); known != by_topic_.end()) {
            Message& older = *known->second;
            bytes_ += message.payload.size();
            bytes_ -= older.payload.size();
            older.payload = std::move(message.payload);
            older.retain = message.retain;
            return true;
        }
    }
    if (messages_.size() >= max_messages || bytes_ + bytes_of(message) > max_bytes) {
        return false;
    }
    bytes_ += bytes_of(message);
    messages_.push_back(std::move(message));
    if (is_state(messages_.back())) {
        by_topic_.emplace(messages_.back().topic, std::prev(messages_.end()));
    }
    return true;
}

void Outbox::pop() {
    const Message& oldest = messages_.front();
    bytes_ -= bytes_of(oldest);
    if (is_state(oldest)) {
        by_topic_.erase(oldest.topic);
    }
    messages_.pop_front();
}

void Outbox::remove(const std::string& topic) {
    const auto known = by_topic_.find(topic);
    if (known == by_topic_.end()) {
        return;
    }
    const Place place = known->second;
    bytes_ -= bytes_of(*place);
    by_topic_.erase(known);
    messages_.erase(place);
}

void Outbox::clear() {
    by_topic_.clear();
    messages_.clear();
    bytes_ = 0;
}

} // namespace gridbridge
