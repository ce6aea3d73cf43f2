// gzip, RFC 1952.
#pragma once

#include <string>
#include <string_view>

namespace gridbridge {

// Any thread. Throws std::bad_alloc.
std::string gzip(std::string_view bytes);

} // namespace gridbridge
