// A recording in place of a file with what a meter has sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// What was received on its streams, one connection after the other; `dialect`: "p1", "sml" or "d0", those of
// this one only, else all. Nothing: the file is no recording. Throws std::runtime_error (path, reason, fix).
std::optional<std::string> recorded_bytes(const std::string& path, std::string_view dialect);

} // namespace gridbridge
