// Small pure text helpers shared by configuration and messages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

std::vector<std::string_view> split(std::string_view text, char separator); // at least one part
std::string_view trim(std::string_view text);                               // blanks, tabs, CR, LF
std::string lower_case(std::string_view text);                              // of ASCII
std::string in_quotes(std::string_view text);                               // in double quotes
std::string percent_decoded(std::string_view text);                         // a bad escape is kept as it is

// `, did you mean "x"?` for the nearest name, or nothing when none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

} // namespace gridbridge
