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

Bytes unpacked(const Bytes& bytes) {
    ZstdUnpacker unpacker;
    Bytes out;
    std::span<const std::uint8_t> rest(bytes);
    for (std::size_t before = 1; !rest.empty() || before != out.size();) {
        before = out.size();
        unpacker.unpack(rest, out);
    }
    return out;
}

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

TEST(RecordingMemory, AMegabyteHasTheLastMinuteOfAMeterThatIsReadFourTimesASecond) {
    MemoryWorld world(megabyte);
    world.read_for(150s);
    EXPECT_LE(world.memory.bytes(), megabyte);
    const auto from = world.now - 60s;
    const Recording cut = read_recording(world.memory.cut(from, world.now));
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
    EXPECT_EQ(read_recording(memory.cut(at_ns(0), at_ns(3000))).head, world_head());
    EXPECT_EQ(read_recording(memory.cut(at_ns(1500), at_ns(3000))).head.wall_minus_monotonic_ns,
              77'000'000'000);
    note.text = std::string(99'700, 'x'); // nothing else fits
    memory.add(note);
    const Recording cut = read_recording(memory.cut(at_ns(0), at_ns(3000)));
    EXPECT_EQ(cut.records.size(), 1U);
    EXPECT_EQ(cut.head.wall_minus_monotonic_ns, 77'000'000'000);
}

TEST(RecordingMemory, IncidentsAreKeptWithinTheSameLimit) {
    MemoryWorld world(megabyte / 4);
    for (unsigned i = 1; i <= 20; ++i) {
        world.read_for(10s);
        EXPECT_EQ(world.memory.keep(world.now - 10s, world.now, "BQ" + std::to_string(i), "lost"), i);
        EXPECT_LE(world.memory.bytes(), megabyte / 4);
        EXPECT_LE(world.memory.incidents().size(), RecordingMemory::max_incidents);
    }
    EXPECT_GE(world.memory.incidents().size(), 8U) << "a minute of it is about 50 kB";
    EXPECT_EQ(world.memory.incident(1), nullptr);
    const Incident* const newest = world.memory.incident(20);
    ASSERT_NE(newest, nullptr);
    EXPECT_EQ(newest->meter, "BQ20");
    const Recording kept = read_recording(unpacked(newest->recording));
    EXPECT_EQ(kept.records.size(), 10U * 4 * 7);
    const std::string json = incidents_json(world.memory.incidents());
    EXPECT_THAT(json,
                testing::StartsWith(
                    R"([{"id":20,"time":"2025-11-30T01:03:20Z","meter":"BQ20","cause":"lost","bytes":)"));
    EXPECT_THAT(json, HasSubstr(R"("meter":"BQ19")"));
}

TEST(RecordingMemory, AnIncidentThatIsTooLargeLosesItsOlderPart) {
    MemoryWorld world(40'000);
    world.read_for(60s);
    ASSERT_EQ(world.memory.keep(world.now - 60s, world.now, "a", "b"), 1U);
    EXPECT_LE(world.memory.bytes(), 40'000U);
    const Recording kept = read_recording(unpacked(world.memory.incident(1)->recording));
    EXPECT_GT(kept.records.size(), 10U);
    EXPECT_EQ(kept.records.back(), world.all.back());
    MemoryWorld tiny(500);
    EXPECT_EQ(tiny.memory.keep(tiny.now - 60s, tiny.now, "a", "b"), std::nullopt);
}

} // namespace
} // namespace gridbridge
