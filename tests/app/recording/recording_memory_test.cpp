#include "app/recording/recording_memory.hpp"
#include "app/recording/zstd_stream.hpp"
#include "tests/app/recording/recording_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::size_t megabyte = std::size_t{1024} * 1024;

struct MemoryWorld {
    explicit MemoryWorld(std::size_t size) : memory(world_head(), size) { memory.add(line.connection()); }

    void read_for(std::chrono::seconds time) {
        for (const auto end = now + time; now < end; now += 250ms) {
            line.read(now, [this](const Record& record) {
                all.push_back(record);
                memory.add(record);
            });
        }
    }

    RecordingMemory memory;
    Em24Line line{world_connections()[0]};
    Clock::time_point now = at_ns(3'600'000'000'000);
    std::vector<Record> all;
};

Recording cut_of(const RecordingMemory& memory, Clock::time_point from, Clock::time_point to) {
    return read_recording(recording_of(memory.cut(from, to)));
}

std::optional<unsigned> keep(RecordingMemory& memory, Clock::time_point from, Clock::time_point to,
                             const std::string& meter) {
    auto incident = make_incident(memory.cut(from, to), meter, "lost", memory.incident_room());
    return incident ? std::optional(memory.keep(std::move(*incident))) : std::nullopt;
}

TEST(PackedRecords, AreTheSameAndFew) {
    PackedRecords packed;
    AnyRecords any(11); // NOLINT: the same each time
    std::vector<Record> all;
    for (int i = 0; i < 3000; ++i) {
        all.push_back(any.next());
        packed.add(all.back());
    }
    std::vector<Record> read;
    packed.each([&](Record record) { read.push_back(std::move(record)); });
    EXPECT_TRUE(read == all);
    read.clear();
    while (!packed.empty()) {
        packed.drop_oldest_block([&](Record record) { read.push_back(std::move(record)); });
    }
    EXPECT_TRUE(read == all);
    EXPECT_EQ(packed.bytes(), 0U);
}

TEST(PackedRecords, AMinuteOfAMeterReadEachSecondTakesLittle) {
    PackedRecords packed;
    Em24Line line(world_connections()[0]);
    auto now = at_ns(3'600'000'000'000);
    std::size_t most = 0;
    for (int i = 0; i < 600; ++i, now += 1s) {
        line.read(now, [&](const Record& record) { packed.add(record); });
        while (packed.oldest_block_ends() < now - RecordingMemory::kept_time) {
            packed.drop_oldest_block([](const Record&) {});
        }
        most = std::max(most, packed.bytes());
    }
    EXPECT_LT(most, 64'000U);
}

TEST(RecordingMemory, AMegabyteHasTheLastMinuteOfAMeterThatIsReadFourTimesASecond) {
    MemoryWorld world(megabyte);
    world.read_for(150s);
    EXPECT_LE(world.memory.bytes(), megabyte);
    const auto from = world.now - 60s;
    Recording cut = cut_of(world.memory, from, world.now);
    ASSERT_EQ(cut.records.front().kind, Record::Kind::Cut);
    cut.records.erase(cut.records.begin());
    std::vector<Record> expected;
    for (const Record& record : world.all) {
        if (record.at >= from && record.at <= world.now) {
            expected.push_back(record);
        }
    }
    EXPECT_EQ(expected.size(), 60U * 4 * 7);
    EXPECT_TRUE(cut.records == expected);
    EXPECT_EQ(cut.connections.at(1), world.line.connection());
    EXPECT_EQ(cut.problem, "");
}

TEST(RecordingMemory, ItsClockIsThatOfItsFirstRecord) {
    RecordingMemory memory(world_head(), 100'000);
    Record set;
    set.kind = Record::Kind::ClockSet;
    set.at = at_ns(1000);
    set.number = 77'000'000'000;
    memory.add(set);
    Record note;
    note.at = at_ns(2000);
    memory.add(note);
    EXPECT_EQ(cut_of(memory, at_ns(0), at_ns(3000)).head, world_head());
    EXPECT_EQ(cut_of(memory, at_ns(1500), at_ns(3000)).head.wall_minus_monotonic_ns, 77'000'000'000);
    note.text = std::string(20'000, 'x'); // a block of its own
    for (int i = 0; i < 2; ++i) {
        note.at += RecordingMemory::kept_time + 1s;
        memory.add(note);
    }
    const Recording cut = cut_of(memory, at_ns(0), note.at);
    EXPECT_EQ(cut.records.size(), 1U);
    EXPECT_EQ(cut.head.wall_minus_monotonic_ns, 77'000'000'000);
}

TEST(RecordingMemory, IncidentsAreKeptWithinTheSameLimit) {
    MemoryWorld world(megabyte / 4);
    for (unsigned i = 1; i <= 20; ++i) {
        world.read_for(10s);
        EXPECT_EQ(keep(world.memory, world.now - 10s, world.now, "BQ" + std::to_string(i)), i);
        EXPECT_LE(world.memory.bytes(), megabyte / 4);
        EXPECT_LE(world.memory.incidents().size(), RecordingMemory::max_incidents);
    }
    EXPECT_GE(world.memory.incidents().size(), 8U) << "a minute of it is about 50 kB";
    EXPECT_EQ(world.memory.incident(1), nullptr);
    const Incident* const newest = world.memory.incident(20);
    ASSERT_NE(newest, nullptr);
    EXPECT_EQ(newest->meter, "BQ20");
    const Recording kept = read_recording(unpacked(newest->recording));
    EXPECT_EQ(kept.records.size(), 10U * 4 * 7 + 1) << "and the Cut";
    const std::string json = incidents_json(world.memory.incidents());
    EXPECT_THAT(json,
                testing::StartsWith(
                    R"([{"id":20,"time":"2025-11-30T01:03:20Z","meter":"BQ20","cause":"lost","bytes":)"));
    EXPECT_THAT(json, HasSubstr(R"("meter":"BQ19")"));
}

TEST(RecordingMemory, AnIncidentThatIsTooLargeLosesItsOlderPart) {
    MemoryWorld world(40'000);
    world.read_for(60s);
    ASSERT_EQ(keep(world.memory, world.now - 60s, world.now, "a"), 1U);
    EXPECT_LE(world.memory.bytes(), 40'000U);
    const Recording kept = read_recording(unpacked(world.memory.incident(1)->recording));
    EXPECT_GT(kept.records.size(), 10U);
    EXPECT_EQ(kept.records.back(), world.all.back());
    MemoryWorld tiny(500);
    EXPECT_EQ(keep(tiny.memory, tiny.now - 60s, tiny.now, "a"), std::nullopt);
}

TEST(RecordingMemory, ACutBeginsWithHowTheConnectionBegan) {
    RecordingMemory memory(world_head());
    const RecordedConnection modbus = world_connections()[0];
    const RecordedConnection stream = world_connections()[2];
    memory.add(modbus);
    memory.add(stream);
    const auto add = [&](unsigned connection, Record::Kind kind, std::chrono::seconds at, const char* text) {
        memory.add(Record{kind, connection, Clock::time_point(at), {}, text, 0, 0});
    };
    using Kind = Record::Kind;
    for (const unsigned number : {modbus.number, stream.number}) {
        add(number, Kind::Opened, 100s, "port");
        add(number, Kind::Received, 102s, "who I am");
    }
    add(modbus.number, Kind::Received, 120s, "a value");
    add(modbus.number, Kind::Received, 300s, "another value");
    const auto texts = [&](std::chrono::seconds from) {
        std::string all;
        for (const Record& record :
             cut_of(memory, Clock::time_point(from), Clock::time_point(1000s)).records) {
            all +=
                record.kind == Kind::Cut ? (record.number == 1 ? "cut," : "cut closed,") : record.text + ",";
        }
        return all;
    };
    EXPECT_EQ(texts(110s), "port,who I am,cut,port,cut,a value,another value,");
    EXPECT_EQ(texts(200s), "port,who I am,cut,port,cut,another value,");
    add(stream.number, Kind::Closed, 310s, "closed");
    EXPECT_EQ(texts(310s), "port,who I am,cut,port,cut,closed,");
    EXPECT_EQ(texts(311s), "port,who I am,cut,cut closed,");
}

} // namespace
} // namespace gridbridge
