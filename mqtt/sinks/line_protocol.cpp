#include "mqtt/sinks/line_protocol.hpp"

#include "mqtt/outlet/venus_table.hpp"

namespace gridbridge {

std::string tag_text(std::string_view text) {
    std::string tag;
    for (const char c : text) {
        if (c == ',' || c == '=' || c == ' ') {
            tag += '\\';
        }
        tag += c == '\\' || static_cast<unsigned char>(c) < ' ' ? '_' : c;
    }
    return tag;
}

std::string line_text(const ToldReading& told, std::string_view portal_id, std::string_view serial) {
    std::string line = "gridbridge";
    const auto add_tag = [&line](std::string_view name, std::string_view value) {
        if (!value.empty()) { // an empty one is an error in the protocol
            line.append(",").append(name).append("=").append(tag_text(value));
        }
    };
    add_tag("portal", portal_id);
    add_tag("role", told.role);
    add_tag("serial", serial);
    line += told.live ? " live=true" : " live=false";
    for (const VenusRow& row : venus_table) {
        if (told.reading.has(row.quantity)) {
            line.append(",").append(quantity_table.at(index_of(row.quantity)).name).append("=");
            line += row_text(row, told.reading.get(row.quantity));
        }
    }
    return line;
}

void append_line(std::string& lines, const QueuedPoint& point, std::int64_t unix_ms) {
    lines.append(point.text).append(" ").append(std::to_string(unix_ms)).append("000000\n");
}

} // namespace gridbridge
