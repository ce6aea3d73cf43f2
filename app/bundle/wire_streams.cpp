#include "app/bundle/wire_streams.hpp"

#include <algorithm>

namespace gridbridge {

Bytes stream_of(const std::vector<Record>& records, unsigned connection, Record::Kind kind) {
    Bytes stream;
    for (const Record& record : records) {
        if (record.connection == connection && record.kind == kind) {
            stream.insert(stream.end(), record.bytes.begin(), record.bytes.end());
        }
    }
    return stream;
}

void put_stream(ByteView stream, unsigned connection, Record::Kind kind, std::vector<Record>& records) {
    for (Record& record : records) {
        if (record.connection == connection && record.kind == kind) {
            std::copy_n(stream.begin(), record.bytes.size(), record.bytes.begin());
            stream = stream.subspan(record.bytes.size());
        }
    }
}

} // namespace gridbridge
