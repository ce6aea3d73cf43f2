#include "drivers/modbus/meter_poll.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <map>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A bus where every request takes `cost`, in simulated time.
struct SimulatedBus {
    MeterPoll poll;
    Clock::duration cost = 60ms;
    Clock::time_point now = Clock::time_point(1h);
    std::map<std::size_t, Clock::time_point> read_at{};
    std::vector<Clock::time_point> published{};

    std::size_t step(bool good = true) {
        const auto task = poll.next(now);
        now = std::max(now, task.not_before);
        poll.started(task, now);
        now += cost;
        if (!good) {
            poll.failed(task);
            return task.block;
        }
        read_at[task.block] = now;
        if (poll.succeeded(task, now)) {
            published.push_back(now);
        }
        return task.block;
    }

    Clock::duration oldest() const {
        Clock::duration age{};
        for (const auto& [block, at] : read_at) {
            age = std::max(age, now - at);
        }
        return age;
    }
};

std::vector<Block> em24_blocks() {
    return plan_blocks(em24_rtu.rows, limits_of(em24_rtu));
}

TEST(MeterPoll, FirstReadingIsEveryBlockOnceThenPublished) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 250ms)};
    for (std::size_t block = 0; block < 10; ++block) {
        EXPECT_TRUE(bus.published.empty());
        EXPECT_EQ(bus.step(), block);
    }
    EXPECT_EQ(bus.published.size(), 1U);
}

TEST(MeterPoll, CyclesKeepTheIntervalAndSlowValuesStayYoung) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 250ms)};
    for (int i = 0; i < 10; ++i) {
        bus.step();
    }
    const auto begin = bus.now;
    bus.published.clear();
    while (bus.now < begin + 20s) {
        bus.step();
        EXPECT_LT(bus.oldest(), 4s);
    }
    EXPECT_NEAR(static_cast<double>(bus.published.size()), 80, 2);
}

TEST(MeterPoll, BackToBackCyclesLeaveNoPause) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 0ms)};
    const auto begin = bus.now;
    for (int i = 0; i < 300; ++i) {
        bus.step();
        EXPECT_LT(bus.oldest(), 4s);
    }
    EXPECT_EQ(bus.now - begin, 300 * bus.cost);
}

TEST(MeterPoll, SlowBlocksYoungerThanASecondGiveWayToFastOnes) {
    SimulatedBus bus{MeterPoll(plan_blocks(em500.rows, limits_of(em500)), 0ms), 20ms};
    std::map<std::size_t, int> count;
    for (int i = 0; i < 1000; ++i) {
        ++count[bus.step()];
    }
    EXPECT_GT(count[0], 900);
    EXPECT_GE(count[1], 15);
}

TEST(MeterPoll, AnOverloadedBusReadsMoreSlowBlocksPerCycleButNotOnlyThem) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 250ms), 300ms};
    std::map<std::size_t, int> count;
    for (int i = 0; i < 600; ++i) {
        ++count[bus.step()];
    }
    EXPECT_GT(count[0], 80);
    EXPECT_LT(bus.oldest(), 5s);
}

TEST(MeterPoll, AFailedBlockIsAskedAgainBeforeAnyOther) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 250ms)};
    EXPECT_EQ(bus.step(), 0U);
    EXPECT_EQ(bus.step(false), 1U);
    EXPECT_EQ(bus.step(), 1U);
    while (bus.published.empty()) {
        bus.step();
    }
    EXPECT_EQ(bus.step(false), 0U);
    EXPECT_EQ(bus.step(), 0U);
    EXPECT_EQ(bus.step(false), 1U);
    EXPECT_EQ(bus.step(), 1U);
    EXPECT_EQ(bus.published.size(), 2U);
    bus.now += 1s; // slow values are old enough now
    const std::size_t slow = bus.step(false);
    EXPECT_GE(slow, 2U);
    EXPECT_EQ(bus.step(), slow);
}

TEST(MeterPoll, AFailedFirstFastBlockDoesNotWaitForTheNextBeat) {
    SimulatedBus bus{MeterPoll(plan_blocks(em24_ethernet.rows, limits_of(em24_ethernet)), 1000ms)};
    bus.step();
    bus.step(false);
    const auto failed_at = bus.now;
    bus.step();
    EXPECT_EQ(bus.now, failed_at + bus.cost);
}

TEST(MeterPoll, ARemovedBlockIsNeverAskedAgain) {
    SimulatedBus bus{MeterPoll(em24_blocks(), 0ms)};
    std::size_t removed = 0;
    for (int i = 0; i < 200; ++i) {
        const auto task = bus.poll.next(bus.now);
        if (bus.poll.blocks()[task.block].optional) {
            bus.poll.started(task, bus.now);
            bus.poll.remove(task);
            ++removed;
        } else {
            bus.step();
        }
    }
    EXPECT_EQ(removed, 1U);
    EXPECT_EQ(bus.poll.blocks().size(), 9U);
    EXPECT_GT(bus.published.size(), 50U);
}

TEST(MeterPoll, TimeLostIsNotCaughtUp) {
    SimulatedBus bus{MeterPoll(plan_blocks(em24_ethernet.rows, limits_of(em24_ethernet)), 250ms)};
    bus.step();
    bus.step();
    bus.now += 10s;
    const auto before = bus.published.size();
    const auto begin = bus.now;
    while (bus.now < begin + 1s) {
        bus.step();
    }
    EXPECT_LE(bus.published.size() - before, 6U);
}

} // namespace
} // namespace gridbridge
