// What a bundle takes from the recordings on disk.
#pragma once

#include "app/recording/record.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// The files of a ring that were written to `since` (Unix time, s), the oldest first, as far as a bundle has
// room for them; also while somebody else writes, compresses and removes them. Waits for the disk. Throws
// std::runtime_error (path, reason, fix).
std::vector<std::pair<std::string, Bytes>> newest_recordings(const std::string& directory,
                                                             std::int64_t since);

} // namespace gridbridge
