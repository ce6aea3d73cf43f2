// The data block of an IEC 62056-21 readout, without its framing.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <cstddef>
#include <string_view>

namespace gridbridge {

// Parses the data sets between the identification and '!', seven bits per character, several to a line. Sets
// objects, serial number and firmware of `out`, reusing its memory; `out.ident` is that of the readout.
// Returns the number of malformed lines; what stands before the fault on such a line is kept. At most 1024
// objects; a line has at most 1024 characters, an id 32, an object 64 groups.
//
// A value that is malformed gives an object without one. F = 00 is the current value where none is sent
// without F. A-B left out is 1-0, E left out is 0, E = 255 is 0 (EasyMeter). Ids that are not numbers (F.F,
// C.1.0) and history (*01, &01) get a code that no quantity has; `id` keeps what was sent. Without a unit the
// unit of the quantity is meant (implied_unit). Of a heat or cooling meter A left out is 6.
std::size_t parse_d0_text(std::string_view data, Telegram& out);

} // namespace gridbridge
