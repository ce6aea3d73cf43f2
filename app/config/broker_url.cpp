#include "app/config/broker_url.hpp"

#include "drivers/text/endpoint.hpp"
#include "drivers/text/hex.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view plain = "mqtt://";
constexpr std::string_view secure = "mqtts://";

std::string decoded(std::string_view text) {
    std::string plain_text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
        if (low) {
            plain_text += static_cast<char>(*high * 16 + *low);
            i += 2;
        } else {
            plain_text += text[i];
        }
    }
    return plain_text;
}

std::size_t begin_of_login(std::string_view text) {
    const auto scheme = text.find("://");
    return scheme == std::string_view::npos ? 0 : scheme + 3;
}

} // namespace

std::optional<BrokerUrl> parse_broker_url(std::string_view text) {
    const bool tls = text.starts_with(secure);
    const std::string_view scheme = tls ? secure : plain;
    if (text.starts_with(scheme)) {
        text.remove_prefix(scheme.size());
    } else if (text.substr(0, text.find_first_of(":@/")).size() == text.find("://")) {
        return std::nullopt; // another protocol
    }
    if (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    BrokerUrl url;
    if (const auto at = text.rfind('@'); at != std::string_view::npos) { // a password may have one
        const std::string_view login = text.substr(0, at);
        const auto colon = login.find(':');
        url.username = decoded(login.substr(0, colon));
        if (colon != std::string_view::npos) {
            url.password = decoded(login.substr(colon + 1));
        }
        text.remove_prefix(at + 1);
    }
    const auto endpoint = parse_endpoint(text, tls ? 8883 : 1883); // IANA secure-mqtt, mqtt
    if (!endpoint) {
        return std::nullopt;
    }
    const bool ipv6 = endpoint->host.find(':') != std::string::npos;
    const std::string host = ipv6 ? "[" + endpoint->host + "]" : endpoint->host;
    url.server = std::string(scheme) + host + ":" + std::to_string(endpoint->port);
    return url;
}

std::string without_password(std::string_view text) {
    const auto begin = begin_of_login(text);
    const auto at = text.rfind('@');
    const auto colon = text.find(':', begin);
    if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) {
        return std::string(text);
    }
    return std::string(text.substr(0, colon + 1)) + "***" + std::string(text.substr(at));
}

} // namespace gridbridge
