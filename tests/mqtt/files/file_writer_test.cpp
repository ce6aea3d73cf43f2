#include "mqtt/files/file_writer.hpp"

#include "mqtt/files/synced_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto long_enough = 30s;

// Counts results as they come.
class Woken {
  public:
    std::function<void()> wake() {
        return [this] {
            const std::lock_guard lock(mutex_);
            ++count_;
            changed_.notify_all();
        };
    }
    bool reaches(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, long_enough, [&] { return count_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

TEST(FileWriter, WritesInOrderAndTellsWhatTheJobSaid) {
    Woken woken;
    ThreadedFileWriter writer(woken.wake());
    std::vector<std::string> order; // of the writer's thread, read after its results
    std::vector<FileResult> results;
    for (const char* name : {"a", "b", "c"}) {
        ASSERT_TRUE(writer.put(
            name,
            [&order, name] {
                order.emplace_back(name);
                return std::string("wrote ") + name;
            },
            [&results](const FileResult& result) { results.push_back(result); }));
    }
    ASSERT_TRUE(woken.reaches(3));
    EXPECT_THAT(order, ElementsAre("a", "b", "c"));
    EXPECT_THAT(results, IsEmpty()) << "told on the thread that asks";
    writer.deliver();
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[1].key, "b");
    EXPECT_EQ(results[1].text, "wrote b");
    EXPECT_EQ(results[1].error, "");
    writer.deliver();
    EXPECT_EQ(results.size(), 3U);
}

TEST(FileWriter, ASlowDiskHoldsUpNobodyAndOnlyTheNewestStateIsWritten) {
    std::promise<void> disk;
    auto released = disk.get_future().share();
    std::promise<void> reached;
    Woken woken;
    ThreadedFileWriter writer(woken.wake());
    writer.put("slow", [&] {
        reached.set_value();
        released.wait();
        return std::string();
    });
    ASSERT_EQ(reached.get_future().wait_for(long_enough), std::future_status::ready);
    std::vector<int> written;
    for (int state = 1; state <= 50; ++state) { // returns although the disk stands still
        ASSERT_TRUE(writer.put("settings", [&written, state] {
            written.push_back(state);
            return std::string();
        }));
    }
    disk.set_value();
    ASSERT_TRUE(writer.finish(long_enough));
    EXPECT_THAT(written, ElementsAre(50));
}

TEST(FileWriter, WhatFailedIsTriedAgainUntilItSucceeds) {
    Woken woken;
    ThreadedFileWriter writer(woken.wake());
    int attempts = 0; // of the writer's thread, read after its results
    std::vector<FileResult> results;
    writer.put(
        "settings",
        [&attempts]() -> std::string {
            if (++attempts < 3) {
                throw std::runtime_error("/state/settings.json: disk full: make room");
            }
            return {};
        },
        [&results](const FileResult& result) { results.push_back(result); });
    ASSERT_TRUE(woken.reaches(1));
    EXPECT_THAT(writer.failing(), ElementsAre("/state/settings.json: disk full: make room"));
    ASSERT_TRUE(woken.reaches(2)) << "the same failure is told once, then the success";
    EXPECT_THAT(writer.failing(), IsEmpty());
    writer.deliver();
    ASSERT_EQ(results.size(), 2U);
    EXPECT_NE(results[0].error, "");
    EXPECT_EQ(results[1].error, "");
}

TEST(FileWriter, NewerStateReplacesAFailedOne) {
    Woken woken;
    ThreadedFileWriter writer(woken.wake());
    writer.put(
        "settings", []() -> std::string { throw std::runtime_error("no"); }, [](const FileResult&) {});
    ASSERT_TRUE(woken.reaches(1));
    bool newest = false;
    writer.put("settings", [&newest] {
        newest = true;
        return std::string();
    });
    ASSERT_TRUE(writer.finish(long_enough));
    EXPECT_TRUE(newest);
    EXPECT_THAT(writer.failing(), IsEmpty());
}

TEST(FileWriter, FinishTriesWhatFailedOnceMoreAndTellsWhenItDoesNot) {
    Woken woken;
    ThreadedFileWriter writer(woken.wake());
    std::atomic<int> attempts = 0;
    writer.put(
        "settings",
        [&attempts]() -> std::string {
            ++attempts;
            throw std::runtime_error("no");
        },
        [](const FileResult&) {});
    ASSERT_TRUE(woken.reaches(1));
    EXPECT_FALSE(writer.finish(long_enough));
    EXPECT_EQ(attempts, 2);
}

TEST(FileWriter, AHangingDiskDoesNotHoldUpTheEnd) {
    auto released = std::make_shared<std::promise<void>>();
    auto done = std::make_shared<std::promise<void>>();
    auto is_done = done->get_future();
    {
        ThreadedFileWriter writer([] {});
        writer.put("settings", [released, done] {
            released->get_future().wait();
            done->set_value();
            return std::string();
        });
        EXPECT_FALSE(writer.finish(50ms));
    } // returns
    released->set_value();
    EXPECT_EQ(is_done.wait_for(long_enough), std::future_status::ready);
}

TEST(FileWriter, BoundsWhatWaits) {
    auto released = std::make_shared<std::promise<void>>();
    auto gate = released->get_future().share();
    ThreadedFileWriter writer([] {});
    std::size_t taken = 0;
    for (std::size_t i = 0; i < ThreadedFileWriter::max_waiting + 10; ++i) {
        taken += writer.put("job " + std::to_string(i), [gate] {
            gate.wait();
            return std::string();
        });
    }
    EXPECT_LE(taken, ThreadedFileWriter::max_waiting + 1); // one is under way
    EXPECT_GE(taken, ThreadedFileWriter::max_waiting);
    released->set_value();
    EXPECT_TRUE(writer.finish(long_enough));
}

TEST(FileWriter, KeepsARealFileWhole) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("gridbridge-writer-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "settings.json").string();
    {
        ThreadedFileWriter writer([] {});
        for (int i = 0; i < 20; ++i) {
            writer.put(path, [path, i] {
                replace_synced(path, "state " + std::to_string(i), path + ".bak");
                return std::string();
            });
        }
        ASSERT_TRUE(writer.finish(long_enough));
    }
    EXPECT_EQ(read_whole(path), "state 19");
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace gridbridge
