#include "app/recording/recorded_bytes.hpp"

#include "app/recording/recording_file.hpp"
#include "app/recording/zstd_stream.hpp"

#include <array>
#include <fstream>
#include <map>

namespace gridbridge {
namespace {

bool is_recording(const std::string& path) {
    constexpr std::string_view section_header = "\n\r\r\n"; // the first block of every pcapng file
    std::ifstream file(path, std::ios::binary);
    std::array<char, section_header.size()> head{};
    file.read(head.data(), head.size());
    const Bytes bytes(head.begin(), head.end());
    return file && (std::string_view(head.data(), head.size()) == section_header || begins_zstd(bytes));
}

} // namespace

std::optional<std::string> recorded_bytes(const std::string& path, std::string_view dialect) {
    if (!is_recording(path)) {
        return std::nullopt;
    }
    RecordingFile file(path);
    std::map<unsigned, std::string> received; // by connection
    while (const auto record = file.next()) {
        const auto connection = file.connections().find(record->connection);
        if (record->kind != Record::Kind::Received || connection == file.connections().end() ||
            connection->second.dialect == WireDialect::Modbus) {
            continue;
        }
        const std::string_view name = name_in(wire_dialect_names, connection->second.dialect);
        const bool is_named = dialect == "p1" || dialect == "sml" || dialect == "d0";
        if (!is_named || name == dialect) {
            received[record->connection].append(record->bytes.begin(), record->bytes.end());
        }
    }
    std::string all;
    for (const auto& [connection, bytes] : received) {
        all += bytes;
    }
    return all;
}

} // namespace gridbridge
