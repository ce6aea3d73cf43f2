// A broker as users write it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct BrokerUrl {
    std::string server; // in the full form: "mqtt://host:1883", without login
    std::optional<std::string> username;
    std::optional<std::string> password; // secret
};

// "host", "host:port", "mqtt://[user[:password]@]host[:port]" or mqtts://; %XX in a login is decoded. Nothing
// when it is none of these.
std::optional<BrokerUrl> parse_broker_url(std::string_view text);

// What may be shown of such a text, whatever else is wrong with it: the password is `***`.
std::string without_password(std::string_view text);

} // namespace gridbridge
