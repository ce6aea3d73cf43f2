#include "mqtt/outlet/venus_request.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/number.hpp"

#include <limits>

namespace gridbridge {

KeepaliveRequest parse_keepalive(std::string_view payload) {
    KeepaliveRequest request;
    // A GX looks for the characters anywhere in the payload.
    if (payload.find("suppress-republish") != std::string_view::npos) {
        request.republish = false;
        return request;
    }
    if (!is_within(payload, {})) {
        return request;
    }
    const auto json = parse_json(payload);
    if (!json.is_object()) {
        return request;
    }
    const auto options = json.find("keepalive-options");
    if (options == json.end() || !options->is_array()) {
        return request;
    }
    for (const auto& option : *options) {
        if (!option.is_object()) {
            continue;
        }
        const auto echo = option.find("full-publish-completed-echo");
        if (echo != option.end() && echo->is_string()) {
            request.echo = echo->get<std::string>();
        }
    }
    return request;
}

std::optional<WrittenValue> parse_write(std::string_view payload) {
    if (!is_within(payload, {})) {
        return std::nullopt;
    }
    const auto json = parse_json(payload);
    const auto value = json.is_object() ? json.find("value") : json.end();
    if (!json.is_object() || value == json.end()) {
        return std::nullopt;
    }
    if (value->is_null() || (value->is_array() && value->empty())) {
        return WrittenValue();
    }
    if (value->is_boolean()) {
        return value->get<bool>();
    }
    if (value->is_number_unsigned() &&
        value->get<unsigned long long>() >
            static_cast<unsigned long long>(std::numeric_limits<long long>::max())) {
        return value->get<double>();
    }
    if (value->is_number_integer()) {
        return value->get<long long>();
    }
    if (value->is_number_float()) {
        return value->get<double>();
    }
    return value->is_string() ? std::optional<WrittenValue>(value->get<std::string>()) : std::nullopt;
}

std::optional<VenusTopic> parse_venus_topic(std::string_view rest) {
    const auto type_end = rest.find('/');
    if (type_end == std::string_view::npos || type_end == 0) {
        return std::nullopt;
    }
    const auto instance_end = rest.find('/', type_end + 1);
    if (instance_end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view level = rest.substr(type_end + 1, instance_end - type_end - 1);
    const auto instance = parse_integer(level);
    const bool other_spelling = level.size() > 1 && level.starts_with('0'); // "030" is no topic of 30
    if (!instance || *instance < 0 || *instance > std::numeric_limits<int>::max() || other_spelling) {
        return std::nullopt;
    }
    const std::string_view path = rest.substr(instance_end + 1);
    const bool illegal =
        path.starts_with('/') || path.ends_with('/') || path.find("//") != std::string_view::npos;
    if (illegal) {
        return std::nullopt;
    }
    return VenusTopic{rest.substr(0, type_end), static_cast<int>(*instance), path};
}

} // namespace gridbridge
