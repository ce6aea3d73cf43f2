// Checksums of telegrams in which something was replaced. Pure.
//
// `before` and `after` are one stream, equally long. A checksum that fitted fits again; one that did not has
// the same bits wrong.
#pragma once

#include "app/bundle/place.hpp"

namespace gridbridge {

// Of P1: four digits behind "!", CRC-16/ARC or X-25.
void repair_p1(ByteView before, Bytes& after);
// Of D0: the octet behind ETX, over what lies behind STX. Of bytes without bit 7.
void repair_d0(ByteView before, Bytes& after);

} // namespace gridbridge
