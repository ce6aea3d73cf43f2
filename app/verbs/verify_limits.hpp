// `gridbridge verify` for a log of limits.
#pragma once

#include <iosfwd>
#include <string>

namespace gridbridge {

// Whether the file begins as a log of limits does; false when it cannot be read.
bool is_limit_log(const std::string& path);

// Says what the log has and whether it is sound. Returns the exit code.
int verify_limits(const std::string& path, std::ostream& out);

} // namespace gridbridge
