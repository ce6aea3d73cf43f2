#include "app/recording/byte_order.hpp"
#include "app/recording/wire_record.hpp"
#include "tests/app/recording/recording_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;

Record of_bytes(Record::Kind kind, unsigned connection, std::int64_t at, Bytes bytes) {
    Record record;
    record.kind = kind;
    record.connection = connection;
    record.at = at_ns(at);
    record.bytes = std::move(bytes);
    return record;
}

RecordingWriter world_writer() {
    RecordingWriter writer(world_head());
    for (const RecordedConnection& connection : world_connections()) {
        writer.add(connection);
    }
    return writer;
}

Bytes file_of(const std::vector<Record>& records) {
    RecordingWriter writer = world_writer();
    for (const Record& record : records) {
        EXPECT_TRUE(writer.add(record));
    }
    writer.finish();
    return writer.take();
}

std::size_t packets_in(std::span<const std::uint8_t> file) {
    std::size_t packets = 0;
    pcapng::Block block;
    while (pcapng::first_block(file, block) == pcapng::Missing::Nothing) {
        packets += pcapng::packet_of(block) ? 1U : 0U;
        file = file.subspan(block.size);
    }
    EXPECT_TRUE(file.empty());
    return packets;
}

TEST(Recording, WhatComesBackIsWhatWasWritten) {
    for (unsigned seed = 0; seed < 25; ++seed) {
        AnyRecords any(seed);
        std::vector<Record> records;
        RecordingWriter writer = world_writer();
        Bytes file;
        for (int i = 0; i < 400; ++i) {
            records.push_back(any.next());
            ASSERT_TRUE(writer.add(records.back()));
            if (i % 37 == 0) {
                writer.flush(records.back().at);
                const Bytes part = writer.take();
                file.insert(file.end(), part.begin(), part.end());
            }
        }
        writer.finish();
        const Bytes part = writer.take();
        file.insert(file.end(), part.begin(), part.end());
        EXPECT_EQ(writer.size(), file.size());
        const Recording read = read_recording(file);
        ASSERT_EQ(read.problem, "");
        EXPECT_EQ(read.unread_bytes, 0U);
        EXPECT_EQ(read.head, world_head());
        ASSERT_EQ(read.connections.size(), world_connections().size());
        for (const RecordedConnection& connection : world_connections()) {
            EXPECT_EQ(read.connections.at(connection.number), connection);
        }
        ASSERT_EQ(read.records.size(), records.size()) << seed;
        for (std::size_t i = 0; i < records.size(); ++i) {
            ASSERT_TRUE(read.records[i] == records[i]) << "seed " << seed << ", record " << i;
        }
    }
}

TEST(Recording, PiecesOfAnAnswerAreOnePacketAlsoWhenAnotherLineSpeaksBetweenThem) {
    constexpr std::int64_t ms = 1'000'000;
    const std::vector<Record> records{of_bytes(Record::Kind::Sent, 2, 0, {1, 3, 0, 0}),
                                      of_bytes(Record::Kind::Received, 2, 10 * ms, {1, 3}),
                                      of_bytes(Record::Kind::Received, 3, 11 * ms, {'/'}),
                                      of_bytes(Record::Kind::Received, 2, 12 * ms, {2, 0, 7}),
                                      of_bytes(Record::Kind::Received, 3, 13 * ms, {'I', 'S'}),
                                      of_bytes(Record::Kind::Received, 2, 62 * ms, {9}),
                                      of_bytes(Record::Kind::Received, 2, 113 * ms, {8})};
    const Bytes file = file_of(records);
    EXPECT_EQ(packets_in(file), 4U) << "the request, the answer, the line of P1, what came 51 ms later";
    const Recording read = read_recording(file);
    EXPECT_TRUE(read.records == records);
}

TEST(Recording, AStreamWithoutAPauseIsWrittenWithinASecond) {
    RecordingWriter writer = world_writer();
    writer.take();
    for (std::int64_t i = 0; i <= 40; ++i) {
        writer.add(of_bytes(Record::Kind::Received, 3, i * 30'000'000, {'x'}));
    }
    EXPECT_EQ(packets_in(writer.take()), 1U);
    writer.flush(at_ns(40 * 30'000'000LL + 50'000'001));
    EXPECT_EQ(packets_in(writer.take()), 1U);
}

TEST(Recording, ARecordThatIsTooLargeIsRefused) {
    RecordingWriter writer = world_writer();
    EXPECT_TRUE(writer.add(of_bytes(Record::Kind::Message, 0, 1, Bytes(max_record_size))));
    EXPECT_FALSE(writer.add(of_bytes(Record::Kind::Message, 0, 1, Bytes(max_record_size + 1))));
    writer.finish();
    const Recording read = read_recording(writer.take());
    ASSERT_EQ(read.records.size(), 1U);
    EXPECT_EQ(read.records[0].bytes.size(), max_record_size);
}

TEST(Recording, AFileThatWasCutAnywhereIsReadUpToThere) {
    AnyRecords any(3);
    std::vector<Record> records;
    for (int i = 0; i < 12; ++i) {
        records.push_back(any.next());
        records.back().bytes.resize(std::min<std::size_t>(records.back().bytes.size(), 60));
    }
    const Bytes file = file_of(records);
    std::size_t before = 0;
    for (std::size_t size = 0; size <= file.size(); ++size) {
        const Recording read = read_recording(std::span(file).first(size));
        ASSERT_EQ(read.problem, "") << size;
        ASSERT_LE(read.unread_bytes, size);
        ASSERT_GE(read.records.size(), before) << size;
        before = read.records.size();
        for (std::size_t i = 0, at = 0; i < read.records.size(); ++i, ++at) {
            while (at < records.size() && !(records[at] == read.records[i])) {
                ++at; // its packet comes later in the file
            }
            ASSERT_LT(at, records.size()) << size;
        }
    }
    EXPECT_EQ(before, records.size());
}

TEST(Recording, WhereItsPiecesAreFedDoesNotMatter) {
    AnyRecords any(9);
    std::vector<Record> records;
    records.reserve(100);
    for (int i = 0; i < 100; ++i) {
        records.push_back(any.next());
    }
    const Bytes file = file_of(records);
    RecordingReader reader;
    std::vector<Record> read;
    for (std::size_t at = 0; at < file.size(); at += 7) {
        reader.feed(std::span(file).subspan(at, std::min<std::size_t>(7, file.size() - at)));
        while (auto record = reader.next()) {
            read.push_back(std::move(*record));
        }
    }
    reader.finish();
    while (auto record = reader.next()) {
        read.push_back(std::move(*record));
    }
    EXPECT_TRUE(read == records);
    EXPECT_EQ(reader.unread_bytes(), 0U);
}

TEST(Recording, WithoutAWallClockTimesAreThoseOfTheMonotonicOne) {
    RecordedHead head = world_head();
    head.wall_minus_monotonic_ns.reset();
    RecordingWriter writer(head);
    Record note;
    note.text = "before";
    note.at = at_us(12);
    writer.add(note);
    Record set;
    set.kind = Record::Kind::ClockSet;
    set.at = at_us(20);
    set.number = 1'764'460'800'000'000'000;
    writer.add(set);
    note.at = at_us(31);
    writer.add(note);
    const Bytes file = writer.take();
    const Recording read = read_recording(file);
    EXPECT_EQ(read.head, head);
    ASSERT_EQ(read.records.size(), 3U);
    EXPECT_EQ(read.records[0].at, at_us(12));
    EXPECT_EQ(read.records[1], set);
    EXPECT_EQ(read.records[2].at, at_us(31));
    std::vector<std::uint64_t> times;
    pcapng::Block block;
    for (std::span<const std::uint8_t> rest = file;
         pcapng::first_block(rest, block) == pcapng::Missing::Nothing; rest = rest.subspan(block.size)) {
        if (const auto packet = pcapng::packet_of(block)) {
            times.push_back(packet->time);
        }
    }
    EXPECT_THAT(times, testing::ElementsAre(12, 20, 1'764'460'800'000'031));
}

// One that was made by another program, or by an older version.
TEST(Recording, TimesOfAnotherResolutionAreRefused) {
    Bytes file = file_of({});
    const Bytes said{9, 0, 1, 0, 6}; // if_tsresol
    const auto at = std::search(file.begin(), file.end(), said.begin(), said.end());
    ASSERT_NE(at, file.end());
    *(at + 4) = 9;
    EXPECT_THAT(read_recording(file).problem, HasSubstr("resolution"));
}

TEST(Recording, WhatIsNoneIsRefusedWithTheReason) {
    const std::string text = "plain text that goes on for a while";
    EXPECT_THAT(
        read_recording(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())).problem,
        HasSubstr("no pcapng file"));
    Bytes other;
    pcapng::append_section(other, {"dumpcap", "a walk in the park"});
    EXPECT_THAT(read_recording(other).problem, HasSubstr("no recording of gridbridge"));
    Bytes two = file_of({});
    const Bytes again = two;
    two.insert(two.end(), again.begin(), again.end());
    EXPECT_THAT(read_recording(two).problem, HasSubstr("second section"));
    Bytes damaged = file_of({of_bytes(Record::Kind::Sent, 1, 1, {1, 2, 3})});
    const std::size_t whole = damaged.size();
    damaged.insert(damaged.end(), 32, 0xFF);
    const Recording read = read_recording(damaged);
    EXPECT_THAT(read.problem, HasSubstr("damaged"));
    EXPECT_EQ(read.records.size(), 1U) << "what is before it";
    EXPECT_EQ(read.unread_bytes, damaged.size() - whole);
}

TEST(Recording, AChangedConnectionIsTheNewOneFromThenOn) {
    RecordingWriter writer = world_writer();
    writer.add(of_bytes(Record::Kind::Sent, 1, 1, {1}));
    RecordedConnection changed = world_connections()[0];
    changed.meters = std::string(200'000, 'm') + "\n"; // longer than a comment
    changed.kind = WireKind::ModbusRtuOverTcp;
    writer.add(changed);
    writer.add(of_bytes(Record::Kind::Sent, 1, 2, {2}));
    writer.finish();
    const Recording read = read_recording(writer.take());
    EXPECT_EQ(read.connections.at(1), changed);
    EXPECT_EQ(read.records.size(), 2U);
}

TEST(Recording, HasWhatATapHears) {
    const Bytes bytes{1, 2};
    const Record record = record_of({WireEvent::Kind::Received, at_ns(4), bytes, {}, 0}, 3);
    EXPECT_EQ(record, of_bytes(Record::Kind::Received, 3, 4, {1, 2}));
    const Record speed = record_of({WireEvent::Kind::Speed, at_ns(4), {}, {}, 9600}, 3);
    EXPECT_EQ(speed.kind, Record::Kind::Speed);
    EXPECT_EQ(speed.number, 9600);
    const Record failed = record_of({WireEvent::Kind::Failed, at_ns(4), {}, "gone", 0}, 3);
    EXPECT_EQ(failed.text, "gone");
    EXPECT_EQ(record_of({WireEvent::Kind::Closed, at_ns(4), {}, {}, 0}, 3).kind, Record::Kind::Closed);
}

} // namespace
} // namespace gridbridge
