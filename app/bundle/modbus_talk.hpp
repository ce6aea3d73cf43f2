// What was said on a connection to Modbus meters: frames, and which registers are in them. Pure.
#pragma once

#include "app/bundle/place.hpp"

#include <cstdint>
#include <vector>

namespace gridbridge {

// Bytes as they were sent or received at once.
struct TalkPiece {
    bool is_sent = false;
    ByteView bytes;
};

struct TalkFrame {
    std::size_t begin = 0, size = 0; // with checksum
};

// Registers that were read or written, and where their octets are, two each.
struct TalkRegisters {
    bool is_sent = false; // written: in `sent`; else read: in `received`
    std::uint16_t first = 0;
    std::size_t at = 0, size = 0;

    unsigned end() const { return first + static_cast<unsigned>(size / 2); }
};

struct ModbusTalk {
    Bytes sent, received;
    std::vector<TalkFrame> sent_frames, received_frames; // of RTU, those with a checksum; good or bad
    std::vector<TalkRegisters> registers;                // in the order of the talk
};

// Of TCP an answer belongs to the request of its transaction. Of RTU to the newest of the eight before it
// that it fits; what has no good checksum is an answer when it has unit, function and length of one to the
// newest two.
ModbusTalk modbus_talk(bool is_tcp, const std::vector<TalkPiece>& pieces);

} // namespace gridbridge
