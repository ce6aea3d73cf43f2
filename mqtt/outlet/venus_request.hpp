// What a Venus client asks: topics and keepalive options (venus-mqtt: N, R, W; Keepalive protocol).
#pragma once

#include "mqtt/outlet/setting_value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct KeepaliveRequest {
    bool republish = true;           // false: "suppress-republish"
    std::optional<std::string> echo; // "full-publish-completed-echo", when it is a string
};
// Never fails: anything that is no option counts as an empty payload.
KeepaliveRequest parse_keepalive(std::string_view payload);

// The last part of a topic `R/<portal>/...` or `W/<portal>/...`.
struct VenusTopic {
    std::string_view type; // "grid"
    int instance = 0;
    std::string_view path; // "Ac/Power"; empty: the whole service
};
// Nothing when levels are missing, the instance is no number, or the path is not one D-Bus would take.
std::optional<VenusTopic> parse_venus_topic(std::string_view rest);

// The `value` of a write. Nothing when there is none to use: empty, not JSON, no object, no `value`, a list
// or an object as value. An empty list is D-Bus' null.
std::optional<WrittenValue> parse_write(std::string_view payload);

} // namespace gridbridge
