// Encrypted P1 telegrams in a recording. Pure.
#pragma once

#include "app/recording/recording_reader.hpp"
#include "drivers/stream/cipher/cipher_frame.hpp"

#include <map>

namespace gridbridge {

// By number of the connection.
using ConnectionKeys = std::map<unsigned, CipherKeys>;

// With its key each telegram stands in place of its frame: as many bytes, line ends in front of it, its last
// one at the same time. What cannot be deciphered becomes line ends. Without a key what was received on the
// connection is left out, and a note says how much. Connections that are not encrypted stay as they are.
Recording deciphered(Recording recording, const ConnectionKeys& keys);

} // namespace gridbridge
