// Files as one tar archive (POSIX.1-1988, ustar). Pure.
#pragma once

#include "app/recording/record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct TarEntry {
    std::string name; // at most 100 bytes
    Bytes bytes;
};

// Plain files of nobody, which everybody may read. `time`: when they were written, s since 1970. Throws
// std::invalid_argument (name, reason) for a name that is empty or too long.
Bytes tar_of(const std::vector<TarEntry>& entries, std::int64_t time);

} // namespace gridbridge
