#include "app/history/history_writer.hpp"

#include "app/history/history_answer.hpp"
#include "app/history/history_file.hpp"
#include "tests/app/history/history_world.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::int64_t for_ever = std::numeric_limits<std::int32_t>::max();
constexpr auto patience = 60s;

class HistoryWriterTest : public testing::Test {
  protected:
    std::shared_ptr<HistoryMemory> memory() { return {world_, &world_->memory}; }
    HistoryWriter writer() {
        HistoryWriterOptions options;
        options.path = path_;
        options.wall_clock = [time = time_] { return time->load(); };
        options.log = book_.log();
        options.pause = 24h; // by flush() alone
        return {memory(), std::move(options)};
    }
    void pass_minutes(int count) {
        for (int i = 0; i < count; ++i) {
            world_->pass_minute();
            *time_ = world_->time() * 1000;
        }
    }
    std::size_t in_file() {
        HistoryFile file(path_, HistoryFile::Use::Read);
        return minutes_in(file, HistoryWorld::serial(0), for_ever);
    }
    std::vector<std::string> set_aside() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path(""))) {
            const std::string name = entry.path().filename().string();
            if (name.find(".broken-") != std::string::npos && !name.ends_with("-wal")) {
                names.push_back(name);
            }
        }
        return names;
    }

    TestFolder folder_;
    std::string path_ = folder_.path("history.db");
    LogBook book_;
    std::shared_ptr<HistoryWorld> world_ = std::make_shared<HistoryWorld>(1);
    std::shared_ptr<std::atomic<std::int64_t>> time_ =
        std::make_shared<std::atomic<std::int64_t>>(world_begin * 1000);
};

TEST_F(HistoryWriterTest, WritesWhatIsFinishedAndAtTheEndTheRest) {
    pass_minutes(10);
    HistoryWriter writer = this->writer();
    EXPECT_TRUE(writer.flush(patience));
    EXPECT_EQ(in_file(), 10U);
    world_->pass_minute(); // under way: our clock has not moved
    EXPECT_TRUE(writer.flush(patience));
    EXPECT_EQ(in_file(), 10U);
    memory()->finish_minutes();
    EXPECT_TRUE(writer.finish(patience));
    EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "one file is left";
    EXPECT_EQ(in_file(), 11U);
    EXPECT_EQ(book_.text(), "");
}

TEST_F(HistoryWriterTest, TheNextRunGoesOn) {
    pass_minutes(40);
    {
        HistoryWriter writer = this->writer();
        EXPECT_TRUE(writer.finish(patience));
    }
    const std::int64_t before = world_->time();
    world_ = std::make_shared<HistoryWorld>(1, before + 600, world_->import_kwh() + 0.5);
    pass_minutes(1);
    HistoryWriter writer = this->writer();
    EXPECT_TRUE(writer.flush(patience)) << "it knows now what was in the file";
    pass_minutes(60);
    EXPECT_TRUE(writer.flush(patience));
    HistoryFile file(path_, HistoryFile::Use::Read);
    std::vector<QuarterRow> rows;
    file.quarters(HistoryWorld::serial(0), 0, for_ever, [&](const QuarterRow& row) { rows.push_back(row); });
    for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].time, rows[i - 1].time + 900) << "no hole";
    }
    EXPECT_GE(rows.size(), 6U);
}

TEST_F(HistoryWriterTest, WhatTheDiskDoesNotTakeIsSaidOnceAndTriedAgain) {
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    pass_minutes(10);
    HistoryWriter writer = this->writer();
    ASSERT_TRUE(writer.flush(patience));
    const rlimit full{64 * 1024, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    pass_minutes(3000);
    EXPECT_FALSE(writer.flush(patience));
    EXPECT_FALSE(writer.flush(patience));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    EXPECT_EQ(book_.count("not saved: " + path_ + ": "), 1U) << book_.text();
    EXPECT_THAT(writer.problem(), HasSubstr("history.db: "));
    EXPECT_TRUE(writer.flush(patience)) << book_.text();
    EXPECT_EQ(in_file(), 3010U) << "nothing was lost";
    EXPECT_EQ(writer.problem(), "");
    EXPECT_EQ(book_.count("saved again"), 1U);
    std::signal(SIGXFSZ, before);
}

TEST_F(HistoryWriterTest, AFolderThatIsNotThereIsSaid) {
    path_ = folder_.path("none/history.db");
    pass_minutes(2);
    HistoryWriter writer = this->writer();
    EXPECT_FALSE(writer.flush(patience));
    EXPECT_THAT(book_.text(), HasSubstr("let the user of the service write the file and its folder"));
    std::filesystem::create_directory(folder_.path("none"));
    EXPECT_TRUE(writer.flush(patience));
    EXPECT_EQ(in_file(), 2U);
}

TEST_F(HistoryWriterTest, ABrokenFileIsSetAsideAndTheNewestThreeStay) {
    for (int round = 0; round < 5; ++round) {
        std::ofstream(path_) << std::string(10000, static_cast<char>('a' + round));
        pass_minutes(1);
        HistoryWriter writer = this->writer();
        EXPECT_TRUE(writer.finish(patience)) << book_.text();
        EXPECT_EQ(in_file(), 1U);
    }
    EXPECT_EQ(book_.count("and the history begins anew"), 5U) << book_.text();
    EXPECT_EQ(set_aside().size(), 3U);
    std::ofstream(path_) << "again, within the same second";
    HistoryWriter writer = this->writer();
    EXPECT_TRUE(writer.finish(patience));
    EXPECT_EQ(set_aside().size(), 3U) << "none was overwritten: the oldest went";
}

TEST_F(HistoryWriterTest, APageThatWasDamagedIsFoundAtTheStart) {
    pass_minutes(3000);
    {
        HistoryWriter writer = this->writer();
        ASSERT_TRUE(writer.finish(patience));
    }
    {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20 * 4096);
        file << std::string(4096, '\x5a');
    }
    pass_minutes(10);
    HistoryWriter writer = this->writer();
    EXPECT_TRUE(writer.flush(patience)) << book_.text();
    EXPECT_THAT(book_.text(), HasSubstr("begins anew"));
    EXPECT_EQ(in_file(), 10U);
    EXPECT_EQ(set_aside().size(), 1U);
}

// What waits and what is on disk are one answer, before, while and after it is written.
TEST_F(HistoryWriterTest, AnAnswerIsCompleteUpToNow) {
    pass_minutes(200);
    HistoryWriter writer = this->writer();
    ASSERT_TRUE(writer.flush(patience));
    pass_minutes(100);
    const HistorySources sources{&world_->memory, path_, Clock::now(), world_->time() * 1000};
    const std::string question = "meter=" + HistoryWorld::serial(0) + "&resolution=";
    const HistoryReply minutes = history_reply(question + "minute", sources);
    EXPECT_EQ(minutes.code, 200);
    EXPECT_EQ(std::count(minutes.body.begin(), minutes.body.end(), '['), 1 + 1 + 300)
        << minutes.body.substr(0, 300);
    const HistoryReply quarters = history_reply(question + "quarter", sources);
    EXPECT_EQ(std::count(quarters.body.begin(), quarters.body.end(), '['), 1 + 1 + 20);
    ASSERT_TRUE(writer.flush(patience));
    EXPECT_EQ(history_reply(question + "minute", sources).body, minutes.body);
    EXPECT_EQ(history_reply(question + "quarter", sources).body, quarters.body);
    EXPECT_THAT(history_reply(question + "day", sources).body, HasSubstr("\"import_kwh\""));
    EXPECT_EQ(history_reply("meter=nobody", sources).code, 404);
    EXPECT_EQ(history_reply("meter=", sources).code, 400);
    std::filesystem::remove(path_ + "-wal");
    std::ofstream(path_) << std::string(9000, 'x');
    EXPECT_EQ(history_reply(question + "minute", sources).code, 503);
}

TEST_F(HistoryWriterTest, PublisherWriterAndReadersAgree) {
    pass_minutes(1);
    HistoryWriter writer = this->writer();
    std::atomic<bool> is_over = false;
    std::thread publisher([&] {
        pass_minutes(400);
        is_over = true;
    });
    const std::string question = "points=10000&meter=" + HistoryWorld::serial(0);
    while (!is_over) {
        EXPECT_TRUE(writer.flush(patience));
        const HistoryReply reply =
            history_reply(question, {&world_->memory, path_, Clock::now(), time_->load()});
        EXPECT_EQ(reply.code, 200) << reply.body;
        EXPECT_EQ(reply.body.find("null"), std::string::npos) << "no minute is missing, wherever it is";
    }
    publisher.join();
    EXPECT_TRUE(writer.flush(patience));
    EXPECT_EQ(in_file(), 401U);
}

TEST(HistoryDays, AreThoseOfLocalTime) {
    ::setenv("TZ", "Europe/Amsterdam", 1); // NOLINT(concurrency-mt-unsafe)
    ::tzset();
    const Period summer_ends = local_day(1'761'436'800); // 26 October 2025, 02:00
    EXPECT_EQ(summer_ends.end - summer_ends.begin, 25 * 3600);
    EXPECT_EQ(local_time_text(1'761'436'800'250), "2025-10-26T02:00:00.250+02:00");
    EXPECT_EQ(local_time_text(1'764'500'400'000), "2025-11-30T12:00:00+01:00");
    ::unsetenv("TZ"); // NOLINT(concurrency-mt-unsafe)
    ::tzset();
}

} // namespace
} // namespace gridbridge
