// Numbers as text. Pure; nothing depends on the locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

std::optional<long long> parse_integer(std::string_view text); // decimal, whole text
std::optional<double> parse_number(std::string_view text);     // finite, whole text
std::string number_text(double value);                         // shortest form that reads back the same

} // namespace gridbridge
