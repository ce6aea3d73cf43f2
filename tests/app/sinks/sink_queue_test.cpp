#include "app/sinks/point_stamps.hpp"
#include "tests/app/sinks/sink_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(last - first + 1));
    std::iota(all.begin(), all.end(), first);
    return all;
}

void append(SinkQueue& queue, int first, int count, std::size_t bytes = 20) {
    auto points = numbered(first, count, bytes);
    queue.append(points);
}

std::vector<std::filesystem::path> segments(const SinkFolder& folder) {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        if (entry.path().extension() == ".points") {
            all.push_back(entry.path());
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

TEST(SinkQueue, KeepsOrderAndWhatIsNotAcknowledgedOverRestarts) {
    const SinkFolder folder;
    {
        SinkQueue queue = folder.open();
        append(queue, 1, 10);
        EXPECT_EQ(queue.waiting(), 10U);
        const auto taken = queue.read(4, 100'000);
        ASSERT_THAT(taken, SizeIs(4));
        EXPECT_EQ(taken.front().point.seq, 1U);
        queue.acknowledge(taken[2].after);
        EXPECT_EQ(queue.waiting(), 7U);
    }
    SinkQueue queue = folder.open(64'000'000, 1, "another");
    EXPECT_EQ(queue.run(), "r") << "it belongs to the queue";
    EXPECT_EQ(numbers_in(queue), from_to(4, 10));
    append(queue, 11, 1);
    queue.rewind();
    const auto taken = queue.read(100, 100'000);
    EXPECT_EQ(taken.back().point.seq, 11U);
    queue.acknowledge(taken.back().after);
    EXPECT_EQ(queue.waiting(), 0U);
    EXPECT_THAT(numbers_in(queue), IsEmpty());
}

TEST(SinkQueue, ALostFolderBeginsAnotherRun) {
    const SinkFolder folder;
    EXPECT_EQ(folder.open(64'000'000, 1, "first").run(), "first");
    std::filesystem::remove_all(folder.path());
    EXPECT_EQ(folder.open(64'000'000, 1, "second").run(), "second");
}

TEST(SinkQueue, ReadsAtMostSoManyBytesButAtLeastOnePoint) {
    const SinkFolder folder;
    SinkQueue queue = folder.open();
    append(queue, 1, 10, 1000);
    EXPECT_THAT(queue.read(100, 3'300), SizeIs(3));
    EXPECT_THAT(queue.read(100, 1), SizeIs(1));
    EXPECT_THAT(queue.read(2, 1'000'000), SizeIs(2));
}

// A kill leaves the file at any length.
TEST(SinkQueue, ATornEndIsCutOffWhereverItIs) {
    const SinkFolder folder;
    {
        SinkQueue queue = folder.open();
        append(queue, 1, 3);
    }
    const auto file = segments(folder).front();
    const auto whole = std::filesystem::file_size(file);
    const auto record = whole / 3;
    for (std::uintmax_t size = whole; size-- > 2 * record;) {
        std::filesystem::resize_file(file, size);
        SinkQueue queue = folder.open();
        EXPECT_EQ(numbers_in(queue), from_to(1, 2)) << size;
        EXPECT_EQ(queue.damaged(), 0U) << "it is what a kill leaves";
        append(queue, 3, 1);
        EXPECT_EQ(numbers_in(queue), from_to(1, 3));
        queue.rewind();
        EXPECT_EQ(queue.read(3, 100'000).back().point.seq, 3U);
    }
}

TEST(SinkQueue, DamageCostsTheRestOfItsSegmentOnly) {
    const SinkFolder folder;
    {
        SinkQueue queue = folder.open(1'000'000);
        append(queue, 1, 3000, 100); // some segments
    }
    const auto files = segments(folder);
    ASSERT_GE(files.size(), 3U);
    const auto second = std::stoll(files[1].stem().string());
    const auto third = std::stoll(files[2].stem().string());
    {
        std::fstream file(files[1], std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(1000);
        file.put('\xFF');
    }
    SinkQueue queue = folder.open(1'000'000);
    EXPECT_EQ(queue.damaged(), 1U);
    const auto numbers = numbers_in(queue);
    EXPECT_LT(numbers.size(), 3000U);
    EXPECT_GT(numbers.size(), 2000U);
    EXPECT_EQ(numbers.back(), 3000);
    EXPECT_TRUE(std::count(numbers.begin(), numbers.end(), second) == 1);
    EXPECT_TRUE(std::count(numbers.begin(), numbers.end(), third) == 1);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(SinkQueue, DamageThatComesWhileItIsOpenHoldsNothingUp) {
    const SinkFolder folder;
    SinkQueue queue = folder.open(1'000'000);
    append(queue, 1, 3000, 100);
    {
        std::fstream file(segments(folder)[1], std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(1000);
        file.put('\xFF');
    }
    std::filesystem::resize_file(segments(folder)[2], 0);
    const auto numbers = numbers_in(queue);
    EXPECT_EQ(numbers.back(), 3000);
    EXPECT_EQ(queue.damaged(), 2U);
    EXPECT_EQ(numbers.size() + queue.dropped(), 3000U);
}

TEST(SinkQueue, TheOldestGoAndAreCounted) {
    const SinkFolder folder;
    SinkQueue queue = folder.open(1'000'000);
    std::uint64_t acknowledged = 0;
    for (int i = 1; i <= 20'000; ++i) {
        append(queue, i, 1, 100);
        EXPECT_LE(queue.size(), 1'000'000U);
        if (i == 5'000) { // of these none is lost
            queue.rewind();
            const auto taken = queue.read(500, 1'000'000);
            acknowledged = taken.size();
            queue.acknowledge(taken.back().after);
        }
    }
    const auto numbers = numbers_in(queue);
    EXPECT_EQ(numbers, from_to(numbers.front(), 20'000)) << "what is left has no gap";
    EXPECT_EQ(numbers.size(), queue.waiting());
    EXPECT_EQ(numbers.size() + queue.dropped() + acknowledged, 20'000U);
    EXPECT_GT(numbers.size() * 150, 900'000U) << "a sixteenth goes at once, not more";
    std::uintmax_t on_disk = 0;
    for (const auto& file : segments(folder)) {
        on_disk += std::filesystem::file_size(file);
    }
    EXPECT_EQ(on_disk, queue.size());
}

TEST(SinkQueue, APointThatIsSentWhileItsSegmentGoesIsAcknowledgedAllTheSame) {
    const SinkFolder folder;
    SinkQueue queue = folder.open(1'000'000);
    append(queue, 1, 100, 100);
    const auto taken = queue.read(10, 1'000'000);
    for (int i = 101; i <= 20'000; ++i) {
        append(queue, i, 1, 100);
    }
    queue.acknowledge(taken.back().after);
    const auto numbers = numbers_in(queue);
    EXPECT_EQ(numbers, from_to(numbers.front(), 20'000));
}

// The last seconds before a power cut are not on the disk: what was sent of them must not get its key again.
TEST(SinkQueue, AfterTheMachineStoppedNoSeqIsGivenTwice) {
    const SinkFolder folder;
    std::set<std::pair<std::string, std::uint64_t>> sent;
    for (std::uint64_t boot = 1; boot <= 4; ++boot) {
        SinkQueue queue = folder.open(64'000'000, boot, "run " + std::to_string(boot));
        append(queue, 1, 50);
        queue.rewind();
        for (const TakenPoint& taken : queue.read(1000, 1'000'000)) {
            EXPECT_TRUE(sent.insert({queue.run(), taken.point.seq}).second)
                << taken.point.seq << " in boot " << boot;
        }
        for (const auto& file : segments(folder)) { // nothing of it was synced
            std::filesystem::remove(file);
        }
        if (boot == 2) {
            EXPECT_EQ(queue.run(), "run 1");
            std::filesystem::remove(folder.path() + "/position");
        }
    }
    EXPECT_EQ(sent.rbegin()->first, "run 3");
}

TEST(SinkQueue, AFolderIsOfOneQueueAtATime) {
    const SinkFolder folder;
    const SinkQueue queue = folder.open();
    EXPECT_THROW(folder.open(), std::runtime_error);
}

// A store that fails when told to.
class FailingStore final : public QueueStore {
  public:
    explicit FailingStore(const bool& fails) : fails_(fails) {}
    std::vector<std::string> names() override { return store_->names(); }
    std::string read(const std::string& name, std::uint64_t from, std::size_t most) override {
        return store_->read(name, from, most);
    }
    void write(const std::string& name, std::uint64_t from, std::string_view bytes) override {
        if (fails_) { // part of it may be there
            store_->write(name, from, bytes.substr(0, bytes.size() / 2));
            throw std::runtime_error("/q: No space left on device");
        }
        store_->write(name, from, bytes);
    }
    void cut(const std::string& name, std::uint64_t size) override { store_->cut(name, size); }
    void remove(const std::string& name) override { store_->remove(name); }
    void sync(const std::string& name) override { store_->sync(name); }
    void replace(const std::string& name, const std::string& text) override { store_->replace(name, text); }

  private:
    const bool& fails_;
    std::unique_ptr<QueueStore> store_ = make_memory_store();
};

TEST(SinkQueue, WhatAFullDiskDidNotTakeIsAppendedLater) {
    bool fails = false;
    SinkQueue queue(std::make_unique<FailingStore>(fails), {1'000'000, 1});
    append(queue, 1, 5);
    fails = true;
    auto points = numbered(6, 5);
    EXPECT_THROW(queue.append(points), std::runtime_error);
    EXPECT_EQ(numbers_in(queue), from_to(1, 5));
    EXPECT_TRUE(std::all_of(points.begin(), points.end(), [](const QueuedPoint& p) { return p.seq == 0; }));
    fails = false;
    queue.append(points);
    EXPECT_EQ(numbers_in(queue), from_to(1, 10));
}

// Of somebody else, who keeps it when the queue is gone.
class BorrowedStore final : public QueueStore {
  public:
    explicit BorrowedStore(QueueStore& store) : store_(store) {}
    std::vector<std::string> names() override { return store_.names(); }
    std::string read(const std::string& name, std::uint64_t from, std::size_t most) override {
        return store_.read(name, from, most);
    }
    void write(const std::string& name, std::uint64_t from, std::string_view bytes) override {
        store_.write(name, from, bytes);
    }
    void cut(const std::string& name, std::uint64_t size) override { store_.cut(name, size); }
    void remove(const std::string& name) override { store_.remove(name); }
    void sync(const std::string& name) override { store_.sync(name); }
    void replace(const std::string& name, const std::string& text) override { store_.replace(name, text); }

  private:
    QueueStore& store_;
};

// Random operations on a queue, and what they must come to.
class RandomQueue {
  public:
    explicit RandomQueue(unsigned seed) : random_(seed) { open(); }

    void step() {
        switch (random_() % 6) {
        case 0:
        case 1:
            make(static_cast<int>(random_() % 300));
            break;
        case 2:
            take();
            break;
        case 3:
            queue_->sync();
            break;
        case 4:
            kill();
            break;
        default:
            look();
            break;
        }
        ASSERT_EQ(queue_->damaged(), 0U);
        ASSERT_LE(queue_->size(), max_size);
    }

  private:
    static constexpr std::uint64_t max_size = 200'000;

    void open() {
        queue_ = std::make_unique<SinkQueue>(std::make_unique<BorrowedStore>(*store_),
                                             SinkQueueOptions{max_size, 1});
    }
    void make(int count) {
        append(*queue_, made_ + 1, count, random_() % 200);
        made_ += count;
    }
    void take() {
        queue_->rewind();
        const auto taken = queue_->read(random_() % 400 + 1, random_() % 50'000);
        if (taken.empty()) {
            return;
        }
        ASSERT_GT(taken.front().point.time_ms, acknowledged_) << "twice";
        if (dropped_ + queue_->dropped() == 0) {
            ASSERT_EQ(taken.front().point.time_ms, acknowledged_ + 1) << "a gap";
        }
        acknowledged_ = taken.back().point.time_ms;
        queue_->acknowledge(taken.back().after);
    }
    void kill() { // a torn record may lie at the end
        dropped_ += queue_->dropped();
        queue_.reset();
        auto names = store_->names();
        std::sort(names.begin(), names.end());
        std::erase_if(names, [](const std::string& name) { return !name.ends_with(".points"); });
        if (!names.empty() && random_() % 2 == 0) {
            const std::size_t size = store_->read(names.back(), 0, max_size).size();
            store_->write(names.back(), size, std::string("\x50\0\0", 3));
        }
        open();
    }
    void look() {
        const auto numbers = numbers_in(*queue_);
        ASSERT_EQ(numbers.size(), queue_->waiting());
        if (!numbers.empty()) {
            ASSERT_EQ(numbers, from_to(numbers.front(), made_));
        }
    }

    std::minstd_rand random_;
    std::unique_ptr<QueueStore> store_ = make_memory_store();
    std::unique_ptr<SinkQueue> queue_;
    int made_ = 0;
    std::int64_t acknowledged_ = 0;
    std::uint64_t dropped_ = 0; // of queues before
};

TEST(SinkQueue, AnySequenceOfOperationsKeepsItsPromises) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(seed);
        RandomQueue queue(seed);
        for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i) {
            queue.step();
        }
    }
}

// What is said in the manual: four meters with a point every 10 s, away for a day.
TEST(SinkQueue, ADayOfFourMetersFits) {
    const SinkFolder folder;
    SinkQueue queue = folder.open();
    constexpr int per_day = 4 * 24 * 3600 / 10;
    constexpr std::size_t full_point = 880; // bytes of the text of an EM24 with all it measures
    for (int i = 0; i < per_day; i += 360) {
        append(queue, i + 1, 360, full_point);
    }
    EXPECT_EQ(queue.dropped(), 0U);
    const auto bytes = queue.size();
    std::cout << "[ measured ] a day of 4 meters at 10 s: " << per_day << " points, " << bytes / 1000
              << " kB; 64 MB hold " << 64'000'000.0 * 24 / static_cast<double>(bytes) << " h\n";
    EXPECT_EQ(numbers_in(queue), from_to(1, per_day));
}

TEST(PointStamps, TheTimeOfAPointNeverChanges) {
    const auto store = make_memory_store();
    const QueuedPoint unset{1, 5'000, 7, "S", ""};
    PointStamps stamps(7, *store);
    EXPECT_EQ(stamps.of(unset, std::nullopt, *store).kind, Stamp::Kind::NotYet);
    const Stamp first = stamps.of(unset, 1'000'000, *store);
    EXPECT_EQ(first.kind, Stamp::Kind::Known);
    EXPECT_EQ(first.unix_ms, 1'005'000);
    EXPECT_EQ(stamps.of(unset, 1'000'017, *store).unix_ms, 1'005'000) << "the clock was slewed meanwhile";
    PointStamps after_kill(7, *store);
    EXPECT_EQ(after_kill.of(unset, 999'000, *store).unix_ms, 1'005'000);
    PointStamps after_boot(8, *store);
    EXPECT_EQ(after_boot.of(unset, 5, *store).unix_ms, 1'005'000) << "it was fixed before";
    EXPECT_EQ(after_boot.of({2, 1, 9, "S", ""}, 5, *store).kind, Stamp::Kind::Never);
    EXPECT_EQ(after_boot.of({3, 42, 0, "S", ""}, std::nullopt, *store).unix_ms, 42);
}

TEST(PointStamps, BootsWithTheHighestBitAreReadBack) {
    const auto store = make_memory_store();
    const std::uint64_t boot = 0xF000'0000'0000'0001U;
    PointStamps(boot, *store).of({1, 1, boot, "S", ""}, 100, *store);
    EXPECT_EQ(PointStamps(2, *store).of({1, 1, boot, "S", ""}, std::nullopt, *store).unix_ms, 101);
}

} // namespace
} // namespace gridbridge
