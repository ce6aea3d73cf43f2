// What a recording says in words: its head, its connections, and whatever is no byte on a wire. Pure.
//
// What is read back is what was written, also where a text is not UTF-8: it is in hexadecimal digits then.
// No text is longer than `max_record_size`.
#pragma once

#include "app/recording/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

std::string head_json(const RecordedHead& head);
std::optional<RecordedHead> head_of(std::string_view json); // nothing: it is none of ours

std::string connection_json(const RecordedConnection& connection);
std::optional<RecordedConnection> connection_of(std::string_view json);

// Everything but time and hash.
std::string event_json(const Record& record);
std::optional<Record> event_of(std::string_view json);
// For the list of packets: "published BQ1234567".
std::string event_info(const Record& record);

} // namespace gridbridge
