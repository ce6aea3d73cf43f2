// What waits to be sent over one connection: of each topic the newest message. Pure.
#pragma once

#include "mqtt/outlet/message.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gridbridge {

// A measurement is state: while a line is slow, a newer value takes the place of an older one that has not
// left, at the older one's turn, so that no topic waits for ever and nothing leaves that is older than need
// be. Messages of QoS 1, answers, and those marked `in_order` stand for themselves and keep their order.
class Outbox {
  public:
    static constexpr std::size_t max_messages = 50000;
    static constexpr std::size_t max_bytes = std::size_t{16} * 1024 * 1024;

    // False: too much waits, it was not taken. One that takes back removes what it concerns.
    bool put(Message message);
    bool empty() const { return messages_.empty(); }
    std::size_t size() const { return messages_.size(); }
    const Message& front() const { return messages_.front(); }
    void pop();
    void clear();

  private:
    using Place = std::list<Message>::iterator;
    void remove(const std::string& topic);
    static bool is_state(const Message& message);
    static std::size_t bytes_of(const Message& message) {
        return message.topic.size() + message.payload.size();
    }

    std::list<Message> messages_;
    std::unordered_map<std::string_view, Place> by_topic_; // keys are the topics of messages_
    std::size_t bytes_ = 0;
};

} // namespace gridbridge
