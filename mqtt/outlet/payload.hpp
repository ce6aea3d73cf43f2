// Venus payloads: `{"value":x}` without blanks, numbers as a GX prints them (venus-mqtt: Payloads).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// Rounded to `decimals` (0..6); a double always shows a point: `{"value":230.0}`. Never `-0.0`. Absent is
// `null`.
std::string value_payload(std::optional<double> value, int decimals);
std::string value_payload(int value);
std::string value_payload(long long value);
std::string value_payload(std::string_view text);
std::string value_payload(const char* text);
std::string value_payload(std::span<const std::string_view> list); // an empty list is null, as on a GX
std::string null_payload();

std::string json_text(std::string_view text); // quoted and escaped; what is no UTF-8 becomes U+FFFD

std::string double_text(double value); // finite, not rounded: `3.0`, `100000.0`, `1e-07`
// `value` rounded to `decimals`, as the payload functions print it.
std::string rounded_text(double value, int decimals);
double rounded(double value, int decimals);

} // namespace gridbridge
