// Bytes of one direction of a connection as one stream, and back into their records. Pure.
#pragma once

#include "app/bundle/place.hpp"

namespace gridbridge {

// `kind`: Received or Sent.
Bytes stream_of(const std::vector<Record>& records, unsigned connection, Record::Kind kind);

// `stream` is as long as that above.
void put_stream(ByteView stream, unsigned connection, Record::Kind kind, std::vector<Record>& records);

} // namespace gridbridge
