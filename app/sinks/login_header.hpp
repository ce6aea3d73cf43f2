// Values of the header Authorization.
#pragma once

#include <string>
#include <string_view>

namespace gridbridge {

// InfluxDB 2 wants the scheme Token, all others take Bearer (RFC 6750). Empty for an empty token.
std::string token_header(const std::string& token, std::string_view target);
std::string basic_header(const std::string& username, const std::string& password); // RFC 7617

} // namespace gridbridge
