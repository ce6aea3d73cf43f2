#include "app/recording/recording_files.hpp"

#include "app/recording/recording_file.hpp"
#include "app/recording/recording_folder.hpp"
#include "drivers/waist/guarded.hpp"
#include "tests/app/recording/recording_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto patience = 60s;
constexpr std::uint64_t megabyte = std::uint64_t{1024} * 1024;

class RecordingFilesTest : public testing::Test {
  protected:
    RecordingFilesTest() {
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-recording-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        options_.directory = folder_ + "/recordings";
        options_.total_bytes = 64 * megabyte;
        options_.head = world_head();
        options_.wall_clock = [] { return std::int64_t{1'764'460'800}; };
        options_.on_problem = [problems = problems_](const std::string& problem) {
            problems->with([&](std::vector<std::string>& all) { all.push_back(problem); });
        };
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::vector<std::string> problems() {
        return problems_->with([](const std::vector<std::string>& all) { return all; });
    }
    std::vector<RingFile> files() const { return ring_files(options_.directory); }
    // Also while one of them gets its other name, or goes.
    std::uint64_t size_of_all() const {
        std::map<ino_t, std::uint64_t> sizes;
        for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
            struct stat file {};
            if (::stat(entry.path().c_str(), &file) == 0) {
                sizes[file.st_ino] = static_cast<std::uint64_t>(file.st_size);
            }
        }
        std::uint64_t size = 0;
        for (const auto& [inode, bytes] : sizes) {
            size += bytes;
        }
        return size;
    }
    std::vector<Record> records_in(const std::string& name) const {
        RecordingFile file(options_.directory + "/" + name);
        EXPECT_EQ(file.head().config_digest, world_head().config_digest);
        std::vector<Record> records;
        while (auto record = file.next()) {
            records.push_back(std::move(*record));
        }
        EXPECT_EQ(file.problem(), "") << name;
        return records;
    }
    std::vector<Record> all_records() const {
        std::vector<Record> all;
        for (const RingFile& file : files()) {
            for (Record& record : records_in(file.name)) {
                all.push_back(std::move(record));
            }
        }
        return all;
    }
    // Until it is so, at most a minute.
    template <typename IsSo>
    static bool becomes(IsSo is_so) {
        for (const auto end = Clock::now() + patience; Clock::now() < end;) {
            if (is_so()) {
                return true;
            }
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }
    static Record note(std::int64_t at, std::string text) {
        Record record;
        record.at = at_us(at);
        record.text = std::move(text);
        return record;
    }

    std::string folder_;
    std::shared_ptr<Guarded<std::vector<std::string>>> problems_ =
        std::make_shared<Guarded<std::vector<std::string>>>();
    RecordingFilesOptions options_;
};

TEST_F(RecordingFilesTest, WhatWasOfferedIsInTheFile) {
    Em24Line line(world_connections()[0]);
    std::vector<Record> offered;
    {
        RecordingFiles recording(options_);
        recording.add(line.connection());
        for (int i = 0; i < 40; ++i) {
            line.read(at_ns(1'000'000'000LL * i), [&](const Record& record) {
                offered.push_back(record);
                recording.offer(record);
            });
        }
        EXPECT_TRUE(recording.flush(patience));
        EXPECT_EQ(recording.state().records, offered.size());
        EXPECT_THAT(recording.state().file, HasSubstr("/gridbridge-20251130T000000Z-1.pcapng"));
        EXPECT_TRUE(recording.finish(patience));
    }
    EXPECT_TRUE(all_records() == offered);
    ASSERT_EQ(files().size(), 1U);
    EXPECT_FALSE(files()[0].is_packed);
    {
        RecordingFiles next(options_);
        next.offer(note(1, "the next run"));
        EXPECT_TRUE(next.flush(patience));
        EXPECT_TRUE(becomes([&] {
            const auto now = files();
            return now.size() == 2 && now[0].is_packed;
        }));
        EXPECT_TRUE(next.finish(patience));
    }
    offered.push_back(note(1, "the next run"));
    EXPECT_TRUE(all_records() == offered) << "compressed, it has the same";
    EXPECT_THAT(problems(), ElementsAre());
}

// A writer that is always awake may look between any two things it is told.
TEST_F(RecordingFilesTest, AnEndIsNeverMissed) {
    options_.flush_every = 0ms;
    for (int i = 0; i < 3000; ++i) {
        RecordingFiles recording(options_);
        ASSERT_TRUE(recording.flush(5s)) << "it is awake";
        ASSERT_TRUE(recording.finish(5s)) << i;
    }
}

TEST_F(RecordingFilesTest, TheOldestGoesAndTheRingKeepsItsSize) {
    options_.total_bytes = megabyte;
    options_.max_queued = 64 * megabyte;
    RecordingFiles recording(options_);
    std::mt19937 random(1); // NOLINT: the same each time
    recording.add(world_connections()[2]);
    for (int i = 0; i < 150; ++i) {
        Record record;
        record.kind = Record::Kind::Received;
        record.connection = 3;
        record.at = at_us(i);
        record.bytes.resize(20'000);
        for (auto& byte : record.bytes) {
            byte = static_cast<std::uint8_t>(random()); // nothing is left to compress
        }
        recording.offer(std::move(record));
        ASSERT_TRUE(recording.flush(patience));
        ASSERT_LE(size_of_all(), megabyte) << i;
    }
    EXPECT_TRUE(recording.finish(patience));
    auto kept = all_records();
    const auto is_cut = [](const Record& record) { return record.kind == Record::Kind::Cut; };
    EXPECT_EQ(std::erase_if(kept, is_cut), files().size()) << "each file begins in the middle";
    ASSERT_GT(kept.size(), 20U);
    EXPECT_EQ(kept.back().at, at_us(149));
    for (std::size_t i = 1; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i].at - kept[i - 1].at, 1us) << "no hole";
    }
    EXPECT_THAT(problems(), ElementsAre());
}

TEST_F(RecordingFilesTest, AnHourIsEnoughForOneFileAndItsClockGoesOn) {
    options_.file_at_most = 0ms;
    RecordingFiles recording(options_);
    recording.add(world_connections()[1]);
    Record set;
    set.kind = Record::Kind::ClockSet;
    set.number = 5'000'000'000;
    recording.offer(set);
    EXPECT_TRUE(recording.flush(patience));
    recording.offer(note(7, "second file"));
    EXPECT_TRUE(recording.finish(patience));
    ASSERT_EQ(files().size(), 2U);
    RecordingFile second(options_.directory + "/" + files()[1].name);
    EXPECT_EQ(second.head().wall_minus_monotonic_ns, 5'000'000'000);
    EXPECT_EQ(second.next(), note(7, "second file"));
    EXPECT_EQ(second.connections().at(2), world_connections()[1]);
}

TEST_F(RecordingFilesTest, WhatTheQueueCannotHoldIsLeftOutAndSaidInItsPlace) {
    options_.max_queued = 10'000;
    std::atomic<bool> is_held = true;
    std::atomic<bool> has_first = false;
    options_.wall_clock = [&] { // as a disk that hangs
        has_first = true;
        while (is_held) {
            std::this_thread::sleep_for(1ms);
        }
        return std::int64_t{0};
    };
    RecordingFiles recording(options_);
    recording.offer(note(0, "first"));
    EXPECT_FALSE(recording.flush(50ms));
    ASSERT_TRUE(becomes([&] { return has_first.load(); }));
    for (int i = 1; i <= 100; ++i) {
        recording.offer(note(i, std::string(1000, 'x')));
    }
    EXPECT_GE(recording.state().left_out, 90U);
    is_held = false;
    EXPECT_TRUE(recording.flush(patience));
    recording.offer(note(200, "last"));
    EXPECT_TRUE(recording.finish(patience));
    const auto kept = all_records();
    ASSERT_GE(kept.size(), 4U);
    EXPECT_THAT(kept[kept.size() - 2].text, HasSubstr(" records were left out here"));
    EXPECT_EQ(kept.back().text, "last");
    const auto said = static_cast<std::uint64_t>(std::atoi(kept[kept.size() - 2].text.c_str()));
    EXPECT_EQ(said, recording.state().left_out);
    EXPECT_EQ(kept.size() - 3 + said, 100U) << "first, the note and last are beside them";
}

TEST_F(RecordingFilesTest, AFullDiskIsSaidOnceAndTriedAgain) {
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    options_.retry = 20ms;
    RecordingFiles recording(options_);
    recording.offer(note(0, "before"));
    ASSERT_TRUE(recording.flush(patience));
    const rlimit full{2000, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    for (int i = 1; i < 30; ++i) {
        recording.offer(note(i, std::string(3000, 'x')));
        EXPECT_FALSE(recording.flush(patience));
        std::this_thread::sleep_for(5ms); // some attempts
    }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    ASSERT_EQ(problems().size(), 1U);
    EXPECT_THAT(problems()[0],
                HasSubstr("gridbridge-20251130T000000Z-1.pcapng: File too large; free some space"));
    EXPECT_EQ(recording.state().left_out, 29U);
    EXPECT_THAT(recording.state().problem, HasSubstr("File too large"));
    EXPECT_TRUE(becomes([&] {
        recording.offer(note(100, "after"));
        return recording.flush(patience);
    }));
    EXPECT_TRUE(recording.finish(patience));
    EXPECT_EQ(problems().size(), 2U);
    EXPECT_EQ(problems().back(), "");
    const auto kept = all_records();
    ASSERT_GE(kept.size(), 3U);
    EXPECT_EQ(kept[0].text, "before");
    EXPECT_THAT(kept[1].text, HasSubstr("records were left out here"));
    EXPECT_EQ(kept.back().text, "after");
    std::signal(SIGXFSZ, before);
}

TEST_F(RecordingFilesTest, AFolderThatCannotBeMadeIsSaid) {
    options_.directory = folder_ + "/none/recordings";
    options_.retry = 1ms;
    RecordingFiles recording(options_);
    recording.offer(note(0, "lost"));
    EXPECT_FALSE(recording.flush(patience));
    EXPECT_THAT(
        recording.state().problem,
        HasSubstr("/none/recordings: No such file or directory; let the user of the service write there"));
    std::filesystem::create_directory(folder_ + "/none");
    EXPECT_TRUE(becomes([&] {
        recording.offer(note(1, "kept"));
        return recording.flush(patience);
    }));
}

TEST_F(RecordingFilesTest, AKillLeavesAFileThatCanBeRead) {
#ifdef __SANITIZE_THREAD__
    std::cerr << "SKIPPED: ThreadSanitizer knows no threads behind a fork\n";
    GTEST_SKIP();
#endif
    const int rounds = std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr ? 200 : 20; // NOLINT: one thread
    std::mt19937 random(5);                                                        // NOLINT
    for (int round = 0; round < rounds; ++round) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // it does not outlive a test that is ended
            options_.flush_every = 1ms;
            options_.total_bytes = megabyte;
            RecordingFiles recording(options_);
            recording.add(world_connections()[1]);
            Em24Line line(world_connections()[1]);
            for (std::int64_t i = 0;; ++i) {
                line.read(at_ns(i * 300'000'000), [&](const Record& record) { recording.offer(record); });
                std::this_thread::sleep_for(50us);
            }
        }
        ASSERT_TRUE(becomes([&] { return std::filesystem::exists(options_.directory) && !files().empty(); }));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000)); // anywhere
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        std::uint64_t newest = files().back().number;
        for (const RingFile& file : files()) {
            if (file.size > 0) {
                records_in(file.name);
            } else {
                EXPECT_EQ(file.number, newest) << "killed between its first two calls";
            }
        }
    }
    EXPECT_LE(size_of_all(), megabyte);
}

TEST_F(RecordingFilesTest, ACutOrDamagedFileIsReadAsFarAsItGoes) {
    constexpr std::size_t all = 3000;
    AnyRecords any(4);
    RecordingWriter writer(world_head());
    for (const RecordedConnection& connection : world_connections()) {
        writer.add(connection);
    }
    for (std::size_t i = 0; i < all; ++i) {
        ASSERT_TRUE(writer.add(any.next()));
    }
    writer.finish();
    const Bytes plain = writer.take();
    Bytes small = packed(plain, Packed::Small);
    const auto put = [&](const Bytes& bytes, std::size_t size) {
        std::ofstream(folder_ + "/f", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
    };
    for (const Bytes& bytes : {plain, small}) {
        put(bytes, bytes.size() / 2);
        RecordingFile file(folder_ + "/f");
        std::size_t records = 0;
        while (file.next()) {
            ++records;
        }
        EXPECT_GT(records, 20U);
        EXPECT_LT(records, all);
    }
    small[small.size() / 4 * 3] ^= 0x55U;
    put(small, small.size());
    RecordingFile damaged(folder_ + "/f");
    while (damaged.next()) {
    }
    EXPECT_NE(damaged.problem(), "");
    put({}, 0);
    EXPECT_THROW(RecordingFile(folder_ + "/f"), std::runtime_error);
    EXPECT_THROW(RecordingFile(folder_ + "/not there"), std::runtime_error);
}

// Prints what a day of one meter takes whose registers all change from one reading to the next.
TEST_F(RecordingFilesTest, ADayOfAMeterFourTimesASecondFitsOnACard) {
    constexpr int minutes = 5;
    constexpr int per_day = 24 * 60 / minutes;
    Em24Line line(world_connections()[0]);
    RecordingWriter writer(world_head());
    writer.add(line.connection());
    for (int i = 0; i < minutes * 60 * 4; ++i) {
        line.read(at_ns(3'600'000'000'000 + i * 250'000'000LL),
                  [&](const Record& record) { writer.add(record); });
    }
    writer.finish();
    const Bytes plain = writer.take();
    const double size = static_cast<double>(packed(plain, Packed::Small).size()) * per_day / 1e6;
    std::cout << "one EM24 at 4 Hz: " << size << " MB in a day, "
              << static_cast<double>(plain.size()) * per_day / 1e6 << " MB before it is compressed\n";
    EXPECT_LT(size, 35);
}

} // namespace
} // namespace gridbridge
