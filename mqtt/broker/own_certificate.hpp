// Until when the certificate is good by which this program shows a broker who it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

// s since 1970; nothing: the file cannot be read, or is no certificate. Reads the file: not for a publisher
// or driver thread.
std::optional<std::int64_t> certificate_end(const std::string& path);

// For people, from 30 days before its end on; empty: there is time, or nothing is known. `unix_time`: s.
std::string certificate_remark(const std::string& path, std::optional<std::int64_t> end,
                               std::int64_t unix_time);

} // namespace gridbridge
