// A recording may stand in the corpus in place of the bytes it has.
#include "tests/drivers/stream/capture.hpp"

#include "app/recording/recording_reader.hpp"
#include "app/recording/zstd_stream.hpp"
#include "tests/drivers/stream/io_support.hpp"
#include "tests/drivers/stream/recognise/fixtures.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

struct Line {
    WireDialect dialect;
    MakeDecoder make;
    Bytes bytes;
};

std::vector<Line> lines() {
    return {{WireDialect::P1, make_p1, bytes::p1()},
            {WireDialect::Sml, make_sml, bytes::sml()},
            {WireDialect::D0, make_d0, bytes::d0()}};
}

// All lines beside each other, each read in pieces of any size, with what was sent to it.
Bytes recording_of(const std::vector<Line>& lines) {
    std::mt19937 random(7);
    Recording recording;
    std::vector<std::span<const std::uint8_t>> rest;
    for (unsigned i = 0; i < lines.size(); ++i) {
        recording.connections[i + 1] = {i + 1, "line", WireKind::StreamSerial, lines[i].dialect, ""};
        rest.emplace_back(lines[i].bytes);
    }
    for (int ms = 0; std::any_of(rest.begin(), rest.end(), [](auto left) { return !left.empty(); }); ++ms) {
        const auto i = static_cast<unsigned>(random() % lines.size());
        const std::size_t size = std::min<std::size_t>(1 + random() % 300, rest[i].size());
        Record record;
        record.connection = i + 1;
        record.at = Clock::time_point(std::chrono::milliseconds(ms));
        if (size == 0) {
            record.kind = Record::Kind::Sent;
            record.bytes = bytes_of("/?!\r\n");
        } else {
            record.kind = Record::Kind::Received;
            record.bytes = Bytes(rest[i].begin(), rest[i].begin() + static_cast<std::ptrdiff_t>(size));
        }
        rest[i] = rest[i].subspan(size);
        recording.records.push_back(record);
    }
    return write_recording(recording);
}

TEST(Capture, IsTheSameAsBytesAndAsARecording) {
    const TemporaryFolder folder;
    const auto put = [&](const std::string& name, const Bytes& content) {
        std::ofstream(folder.file(name), std::ios::binary)
            .write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
        return std::filesystem::path(folder.file(name));
    };
    const Bytes recording = recording_of(lines());
    const auto plain = put("meter.pcapng", recording);
    const auto small = put("meter.pcapng.zst", packed(recording, Packed::Small));
    for (const Line& line : lines()) {
        const std::string dialect(name_in(wire_dialect_names, line.dialect));
        SCOPED_TRACE(dialect);
        const auto raw = put("meter.bin", line.bytes);
        EXPECT_FALSE(decode_whole(line.make, line.bytes).telegrams.empty());
        for (const auto& path : {raw, plain, small}) {
            EXPECT_EQ(capture_name(path), "meter");
            EXPECT_EQ(captured_bytes(path, dialect), line.bytes) << path;
        }
    }
}

} // namespace
} // namespace gridbridge::test
