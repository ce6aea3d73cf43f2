// Asks the running service through its broker: for verbs.
#pragma once

#include "app/config/config.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/outlet/message.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace gridbridge {

struct ServiceQuestion {
    Message request;
    std::string answer_topic;
    std::function<bool(const std::string& payload)> is_answer; // to this request, its last one
    // What comes before the answer, after is_answer() has seen it; waiting begins anew. May be empty: then it
    // is somebody else's.
    std::function<void(const std::string& payload)> on_progress = {};
};

struct ServiceAnswer {
    std::optional<std::string> payload;
    std::string problem; // without a payload: why there is none, for people
};

// A client beside the one of the service: its name differs, and it has no last words.
BrokerOptions guest_options(const Config& config, const std::string& portal_id);

// Tries the brokers of the configuration in order; waits up to `limit` for one to connect, and again for the
// answer.
ServiceAnswer ask_service(const Config& config, const std::string& portal_id, const ServiceQuestion& question,
                          std::chrono::seconds limit);

} // namespace gridbridge
