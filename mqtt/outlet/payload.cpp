#include "mqtt/outlet/payload.hpp"

#include "drivers/text/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace gridbridge {
namespace {

constexpr std::array<double, 7> powers{1, 10, 100, 1e3, 1e4, 1e5, 1e6};
constexpr double exact_limit = 9e15; // beyond this a double has no fraction left to round

double power_of(int decimals) {
    return powers.at(static_cast<std::size_t>(decimals));
}

std::string wrapped(std::string_view value) {
    std::string payload;
    payload.reserve(value.size() + 10);
    payload.append(R"({"value":)").append(value).append("}");
    return payload;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD, for what is no UTF-8

// Bytes of the character that `text` starts with; 0 when it is not well-formed UTF-8 (RFC 3629).
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = at(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    // The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF.
    const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xC2 || first > 0xF4 || at(1) < least || at(1) > most) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return length;
}

} // namespace

// As a GX prints doubles: an exponent only below 1e-4 and from 1e15 on.
std::string double_text(double value) {
    const double size = std::abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e15)) {
        return number_text(value);
    }
    std::array<char, 40> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    std::string text(buffer.data(), error == std::errc() ? end : buffer.data());
    return text.find('.') == std::string::npos ? text + ".0" : text;
}

double rounded(double value, int decimals) {
    const double scaled = value * power_of(decimals);
    return std::abs(scaled) < exact_limit ? std::round(scaled) / power_of(decimals) + 0.0 : value;
}

std::string rounded_text(double value, int decimals) {
    return double_text(rounded(value, decimals));
}

std::string value_payload(std::optional<double> value, int decimals) {
    return value && std::isfinite(*value) ? wrapped(rounded_text(*value, decimals)) : null_payload();
}

std::string value_payload(int value) {
    return wrapped(std::to_string(value));
}
std::string value_payload(long long value) {
    return wrapped(std::to_string(value));
}
std::string value_payload(std::string_view text) {
    return wrapped(json_text(text));
}
std::string value_payload(const char* text) {
    return value_payload(std::string_view(text));
}
std::string null_payload() {
    return wrapped("null");
}

std::string value_payload(std::span<const std::string_view> list) {
    if (list.empty()) {
        return null_payload();
    }
    std::string text = "[";
    for (const std::string_view entry : list) {
        text += (text.size() > 1 ? "," : "") + json_text(entry);
    }
    return wrapped(text + "]");
}

std::string json_text(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string quoted_text = "\"";
    while (!text.empty()) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            quoted_text += replacement;
        } else if (c == '"' || c == '\\') {
            quoted_text.append({'\\', c});
        } else if (byte < 0x20) {
            quoted_text.append("\\u00").append({hex[byte >> 4U], hex[byte & 15U]});
        } else {
            quoted_text.append(text.substr(0, length));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return quoted_text + '"';
}

} // namespace gridbridge
