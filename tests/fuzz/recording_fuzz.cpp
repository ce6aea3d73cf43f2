// Any bytes as a recording: no crash, bounded memory, and what is read can be written and read again.
#include "app/recording/recording_reader.hpp"
#include "app/recording/recording_writer.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace gridbridge;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

// Whole, and in pieces whose sizes come from the input: both are the same.
std::vector<Record> records_in_pieces(std::span<const std::uint8_t> bytes) {
    RecordingReader reader;
    std::vector<Record> records;
    const auto drain = [&] {
        while (auto record = reader.next()) {
            records.push_back(std::move(*record));
        }
    };
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t size = std::min<std::size_t>(bytes[at] + std::size_t{1}, bytes.size() - at);
        reader.feed(bytes.subspan(at, size));
        at += size;
        drain();
    }
    reader.finish();
    drain();
    require(reader.unread_bytes() <= bytes.size());
    return records;
}

void write_again(const Recording& read) {
    RecordingWriter writer(read.head);
    for (const auto& [number, connection] : read.connections) {
        writer.add(connection);
    }
    for (const Record& record : read.records) {
        require(writer.add(record) || record.bytes.size() + record.text.size() > max_record_size);
    }
    writer.finish();
    const Recording again = read_recording(writer.take());
    require(again.problem.empty() && again.unread_bytes == 0);
    require(again.records.size() <= read.records.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    const Recording read = read_recording(bytes);
    require(read.unread_bytes <= size);
    require(records_in_pieces(bytes).size() == read.records.size());
    write_again(read);
    return 0;
}
