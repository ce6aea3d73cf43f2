// The text of a P1 telegram, without its framing.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gridbridge {

// Parses "XXX5ident" and the data lines behind it, all between '/' and '!'. Replaces `out`, reusing its
// memory. Returns the number of malformed lines; of those
// only the code is kept. At most 512 objects of at most 64
// groups.
std::size_t parse_p1_text(std::string_view text, Telegram& out);

} // namespace gridbridge
