#include "app/history/history_file.hpp"

#include "app/history/history_answer.hpp"
#include "tests/app/history/history_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::int64_t for_ever = std::numeric_limits<std::int32_t>::max();
const auto go_on = [] { return false; };

bool is_long() {
    return std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr; // NOLINT(concurrency-mt-unsafe)
}

void write_all(HistoryWorld& world, HistoryFile& file) {
    for (bool more = true; more;) {
        const HistoryBatch batch = world.memory.batch(world.wall());
        file.write(batch);
        world.memory.written(batch);
        more = !batch.is_last;
    }
}

std::uintmax_t size_of(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    return missing ? 0 : size;
}

TEST(HistoryFile, HasWhatWasWritten) {
    const TestFolder folder;
    HistoryWorld world(3);
    for (int i = 0; i < 100; ++i) {
        world.pass_minute();
    }
    const auto minutes = world.memory.minutes(world.serial(1), 0, world.time());
    auto quarters = world.memory.quarters(world.serial(1), 0, world.time());
    quarters.pop_back(); // under way
    ASSERT_THAT(minutes, SizeIs(100));
    ASSERT_THAT(quarters, SizeIs(6));
    HistoryFile file(folder.path("history.db"), HistoryFile::Use::Write);
    write_all(world, file);
    HistoryFile reader(folder.path("history.db"), HistoryFile::Use::Read);
    std::vector<MinuteRow> read;
    reader.minutes(world.serial(1), 0, for_ever, [&](const MinuteRow& row) { read.push_back(row); });
    EXPECT_EQ(read, minutes);
    std::vector<QuarterRow> energy;
    reader.quarters(world.serial(1), 0, for_ever, [&](const QuarterRow& row) { energy.push_back(row); });
    EXPECT_EQ(energy, quarters);
    EXPECT_THAT(reader.counters(), SizeIs(3));
    EXPECT_EQ(reader.serials().front(), world.serial(0));
    EXPECT_EQ(reader.fault(go_on), "");
    for (const char* const name : {"history.db", "history.db-wal"}) {
        EXPECT_EQ(std::filesystem::status(folder.path(name)).permissions(),
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << name;
    }
    EXPECT_EQ(minutes_in(reader, world.serial(1), minutes[40].time), 40U) << "to is not within";
}

TEST(HistoryFile, PartsOfAMinuteBecomeOne) {
    const TestFolder folder;
    HistoryFile file(folder.path("history.db"), HistoryFile::Use::Write);
    MinuteRow a;
    a.time = world_begin;
    a.readings = 3;
    a.spreads[0] = {10, 5, 20};
    a.spreads[2] = {-7, -8, -6};
    MinuteRow b = a;
    b.readings = 2;
    b.spreads[0] = {-30, -31, 4};
    b.spreads[2] = Spread();
    b.spreads[4] = {2300, 2290, 2310};
    HistoryBatch batch;
    batch.serials = {"a"};
    batch.minutes = {{0, a}, {0, b}};
    batch.quarters = {{0, {world_begin, 5, std::nullopt, false}}, {0, {world_begin, 7, 3, false}}};
    file.write(batch);
    file.minutes("a", 0, for_ever, [&](const MinuteRow& row) { EXPECT_EQ(row, merged(a, b)); });
    file.quarters("a", 0, for_ever, [&](const QuarterRow& row) {
        EXPECT_EQ(row, (QuarterRow{world_begin, 12, 3, true}));
    });
}

TEST(HistoryFile, AReaderSeesWhatIsInTheLogOfAWriter) {
    const TestFolder folder;
    const std::string path = folder.path("history.db");
    HistoryWorld world(1);
    world.pass_minute();
    {
        HistoryFile file(path, HistoryFile::Use::Write);
        write_all(world, file);
    }
    EXPECT_GT(size_of(path + "-wal"), 0U) << "closed, and put off";
    HistoryFile reader(path, HistoryFile::Use::Read);
    EXPECT_EQ(minutes_in(reader, world.serial(0), for_ever), 1U);
    world.pass_minute();
    HistoryFile file(path, HistoryFile::Use::Write);
    write_all(world, file);
    EXPECT_EQ(minutes_in(reader, world.serial(0), for_ever), 2U);
}

TEST(HistoryFile, AtTheEndThereIsOneFile) {
    const TestFolder folder;
    const std::string path = folder.path("history.db");
    HistoryWorld world(1);
    world.pass_minute();
    {
        HistoryFile file(path, HistoryFile::Use::Write);
        write_all(world, file);
        file.checkpoint(true);
    }
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    std::filesystem::permissions(folder.path(""),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    HistoryFile reader(path, HistoryFile::Use::Read);
    EXPECT_EQ(minutes_in(reader, world.serial(0), for_ever), 1U);
    std::filesystem::permissions(folder.path(""), std::filesystem::perms::owner_all);
}

TEST(HistoryFile, AFileOfAnotherKindOrANewerVersionIsLeftAlone) {
    const TestFolder folder;
    std::ofstream(folder.path("text.db")) << std::string(5000, 'x');
    try {
        HistoryFile file(folder.path("text.db"), HistoryFile::Use::Write);
        FAIL();
    } catch (const HistoryFileError& error) {
        EXPECT_TRUE(error.is_broken());
        EXPECT_THAT(error.what(), HasSubstr("text.db: "));
    }
    EXPECT_THROW(HistoryFile(folder.path("none/history.db"), HistoryFile::Use::Write), HistoryFileError);
    EXPECT_THROW(HistoryFile(folder.path("history.db"), HistoryFile::Use::Read), HistoryFileError);
    EXPECT_FALSE(std::filesystem::exists(folder.path("history.db"))) << "who reads makes none";
}

TEST(HistoryFile, AClockThatIsWrongForAWhileCostsDaysOnly) {
    const TestFolder folder;
    HistoryWorld world(1);
    HistoryFile file(folder.path("history.db"), HistoryFile::Use::Write);
    for (int i = 0; i < 8 * 24; ++i) {
        for (int minute = 0; minute < 60; minute += 20) { // not each: the days count
            world.pass_minute();
        }
        world.skip(57 * 60);
    }
    write_all(world, file);
    const std::size_t before = minutes_in(file, world.serial(0), for_ever);
    file.expire(world.time() + 1000 * 86400, world.time() + 1000 * 86400, go_on);
    EXPECT_EQ(minutes_in(file, world.serial(0), for_ever), before - 3 * 72);
    file.expire(world.time() - 6 * 86400, 0, go_on);
    EXPECT_EQ(minutes_in(file, world.serial(0), for_ever), before - 3 * 72) << "nothing is older";
}

// What /proc/self/io counts: bytes given to write().
std::uint64_t bytes_written() {
    std::ifstream io("/proc/self/io");
    for (std::string name; io >> name;) {
        std::uint64_t value = 0;
        io >> value;
        if (name == "wchar:") {
            return value;
        }
    }
    return 0;
}

struct Life {
    std::size_t meters;
    int days, minute_days, quarter_days;
    int batch_minutes;
};

// Days of batches, as the writer makes them; returns what the last day has written.
std::uint64_t live(const Life& life, const std::string& path) {
    HistoryWorld world(life.meters);
    std::uint64_t before = bytes_written();
    for (int day = 0; day < life.days; ++day) {
        before = bytes_written();
        for (int minute = 0; minute < 1440; ++minute) {
            world.pass_minute();
            if (minute % life.batch_minutes == 0) {
                HistoryFile file(path, HistoryFile::Use::Write);
                write_all(world, file);
                file.checkpoint(false);
            }
        }
        HistoryFile file(path, HistoryFile::Use::Write);
        file.expire(world.time() - life.minute_days * 86400, world.time() - life.quarter_days * 86400, go_on);
    }
    const std::uint64_t day = bytes_written() - before;
    HistoryFile file(path, HistoryFile::Use::Write);
    write_all(world, file);
    EXPECT_EQ(file.fault(go_on), "");
    EXPECT_EQ(minutes_in(file, world.serial(0), for_ever), static_cast<std::size_t>(life.minute_days) * 1440);
    file.checkpoint(true);
    return day;
}

// app/README.md states 80 MB for 16 meters with 31 and 400 days: 80 bytes a minute, 32 a quarter.
std::uintmax_t stated_size(const Life& life) {
    const auto minutes = static_cast<std::uintmax_t>(life.minute_days + 1) * 1440 * 80;
    const auto quarters = static_cast<std::uintmax_t>(life.quarter_days + 1) * 96 * 32;
    constexpr std::uintmax_t tables = 65536;
    return life.meters * (minutes + quarters) + tables;
}

TEST(HistoryFile, StaysWithinTheStatedSize) {
    const TestFolder folder;
    std::vector<Life> lives{{2, 12, 3, 8, 720}, {1, 2, 1, 1, 5}};
    if (is_long()) {
        lives = {{16, 400, 31, 399, 60}, {1, 400, 31, 399, 60}, {16, 3, 2, 2, 5}, {1, 3, 2, 2, 5}};
    }
    for (const Life& life : lives) {
        const std::string path = folder.path("history-" + std::to_string(life.meters) + "-" +
                                             std::to_string(life.batch_minutes) + ".db");
        const std::uint64_t day = live(life, path);
        EXPECT_LE(size_of(path), stated_size(life));
        if (life.batch_minutes == 5) { // app/README.md: 16 meters 12 MB, one meter 3 MB
            EXPECT_LE(day, life.meters > 8 ? 13'000'000U : 3'500'000U);
        }
        std::cout << life.meters << " meters, " << life.days << " days: " << size_of(path) << " bytes; "
                  << day << " bytes written on the last day, a batch each " << life.batch_minutes << " min\n";
    }
}

// Writes batches until it is killed, and says after each one what is in the file.
[[noreturn]] void write_until_killed(const std::string& path, std::int64_t begin, int pipe) {
    HistoryWorld world(2, begin);
    while (true) {
        for (int i = 0; i < 5; ++i) {
            world.pass_minute();
        }
        try {
            HistoryFile file(path, HistoryFile::Use::Write);
            write_all(world, file);
            file.checkpoint((world.time() / 60) % 7 == 0);
        } catch (const HistoryFileError& error) {
            std::cerr << error.what() << std::endl;
            ::_exit(1);
        }
        const std::int64_t time = world.time();
        if (::write(pipe, &time, sizeof time) != sizeof time) {
            ::_exit(2);
        }
    }
}

TEST(HistoryFile, AKillLosesNothingThatWasWritten) {
    const TestFolder folder;
    const std::string path = folder.path("history.db");
    std::mt19937 random(5); // NOLINT: the same each time
    std::int64_t begin = world_begin;
    std::size_t written = 0;
    for (int round = 0; round < (is_long() ? 200 : 20); ++round) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            write_until_killed(path, begin, ends[1]);
        }
        ::close(ends[1]);
        std::int64_t time = begin;
        std::int64_t newest = begin;
        ASSERT_EQ(::read(ends[0], &newest, sizeof newest), static_cast<ssize_t>(sizeof newest));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000)); // anywhere within a batch
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        while (::read(ends[0], &time, sizeof time) == static_cast<ssize_t>(sizeof time)) {
            newest = time;
        }
        ::close(ends[0]);
        HistoryFile file(path, HistoryFile::Use::Write);
        ASSERT_EQ(file.fault(go_on), "") << round;
        written += static_cast<std::size_t>((newest - begin) / 60);
        const std::size_t found = minutes_in(file, HistoryWorld::serial(0), for_ever);
        ASSERT_GE(found, written) << round;
        ASSERT_LE(found, written + 5) << round << ": the batch under way, whole or not at all";
        EXPECT_EQ(found % 5, 0U);
        EXPECT_EQ(minutes_in(file, HistoryWorld::serial(1), for_ever), found);
        written = found;
        begin += 86400;
    }
}

} // namespace
} // namespace gridbridge
