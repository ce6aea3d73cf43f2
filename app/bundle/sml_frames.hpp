// Transport frames of a stream of SML, and the messages in them. Pure.
#pragma once

#include "app/bundle/place.hpp"

namespace gridbridge {

// Found as SmlDecoder does; whether it is whole and right is not looked at.
struct SmlFrame {
    std::size_t begin = 0, end = 0; // with escapes and checksum
};

// `escapes`: positions of all octets of escapes and what they announce, which nobody may change.
std::vector<SmlFrame> sml_frames(ByteView stream, std::vector<std::size_t>& escapes);

// Positions of the octets of the file in a frame, without what announces literal escapes, and without fill.
std::vector<std::size_t> sml_payload(const SmlFrame& frame, ByteView stream);

// By position in the file.
struct SmlMessage {
    std::size_t begin = 0, end = 0; // what the checksum is of
    std::size_t crc = 0;            // value of the checksum
    std::size_t crc_size = 0;       // 1 or 2: a zero in front may be left out
    std::size_t id = 0;             // octets of the transaction id
    std::size_t id_size = 0;
};

// Up to what cannot be read.
std::vector<SmlMessage> sml_messages(ByteView file);

} // namespace gridbridge
