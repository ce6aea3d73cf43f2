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
    bool first_reading_done = false;
    Block asked{};

    std::size_t step(bool good = true) {
        const auto task = poll.next(now);
        asked = poll.blocks()[task.block];
        now = std::max(now, task.not_before);
        poll.started(task, now);
        now += cost;
        if (!good) {
            poll.failed(task);
            return task.block;
        }
        if (first_reading_done) {
            read_at[task.block] = now;
        }
        if (poll.succeeded(task, now)) {
            published.push_back(now);
            first_reading_done = true;
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

MeterPoll poll_of(const ModelRow& model, std::chrono::milliseconds interval) {
    const PlanLimits limits = limits_of(model);
    return MeterPoll(plan_first_reading(model.rows, limits), plan_blocks(model.rows, limits), interval);
}

MeterPoll em24_poll(std::chrono::milliseconds interval) {
    return poll_of(em24_rtu, interval);
}

TEST(MeterPoll, FirstReadingIsInTheFewestBlocksThenPublished) {
    SimulatedBus bus{em24_poll(250ms)};
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_TRUE(bus.published.empty());
        bus.step();
    }
    EXPECT_EQ(bus.published.size(), 1U);
    EXPECT_EQ(bus.poll.blocks().size(), 10U);
}

TEST(MeterPoll, CyclesKeepTheIntervalAndSlowValuesStayYoung) {
    SimulatedBus bus{em24_poll(250ms)};
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

// Starts of cycles, `count` of them.
std::vector<Clock::time_point> beats_of(SimulatedBus& bus, std::size_t count) {
    std::vector<Clock::time_point> beats;
    while (beats.size() < count) {
        const auto task = bus.poll.next(bus.now);
        if (task.starts_cycle) {
            beats.push_back(std::max(bus.now, task.not_before));
        }
        bus.step();
    }
    return beats;
}

SimulatedBus bus_with_phase(Clock::duration phase) {
    const PlanLimits limits = limits_of(em24_rtu);
    SimulatedBus bus{MeterPoll(plan_first_reading(em24_rtu.rows, limits), plan_blocks(em24_rtu.rows, limits),
                               1000ms, phase)};
    bus.cost = 10ms;
    return bus;
}

TEST(MeterPoll, BeatsWithAPhaseBeginAtOnceAndThenKeepToIt) {
    for (const auto phase : {0ms, 1ms, 250ms, 999ms}) {
        SimulatedBus bus = bus_with_phase(phase);
        bus.now += 80ms;
        const auto beats = beats_of(bus, 5);
        EXPECT_LT(beats[0], Clock::time_point(1h) + 300ms) << "the first reading waits for nothing";
        EXPECT_LE(beats[1] - beats[0], 1000ms) << "and the second is not later than without";
        EXPECT_GT(beats[1], beats[0]);
        for (std::size_t i = 1; i < beats.size(); ++i) {
            EXPECT_EQ(beats[i].time_since_epoch() % 1000ms, phase);
            EXPECT_TRUE(i == 1 || beats[i] - beats[i - 1] == 1000ms);
        }
    }
}

TEST(MeterPoll, AfterLostTimeThePhaseIsKept) {
    SimulatedBus bus = bus_with_phase(250ms);
    beats_of(bus, 3);
    bus.now += 7321ms;
    const auto beats = beats_of(bus, 4);
    EXPECT_LT(beats[1] - beats[0], 100ms) << "one cycle at once";
    EXPECT_EQ(beats[2].time_since_epoch() % 1000ms, 250ms);
    EXPECT_EQ(beats[3] - beats[2], 1000ms);
}

TEST(MeterPoll, ALineThatIsTooSlowForItsPhaseLeavesNoPause) {
    SimulatedBus bus = bus_with_phase(250ms);
    beats_of(bus, 3);
    bus.cost = 700ms; // a cycle takes longer than its interval
    beats_of(bus, 10);
    const auto begin = bus.now;
    for (int i = 0; i < 100; ++i) {
        bus.step();
    }
    EXPECT_LT(bus.now - begin, 101 * bus.cost);
}

TEST(MeterPoll, BackToBackCyclesLeaveNoPause) {
    SimulatedBus bus{em24_poll(0ms)};
    const auto begin = bus.now;
    for (int i = 0; i < 300; ++i) {
        bus.step();
        EXPECT_LT(bus.oldest(), 4s);
    }
    EXPECT_EQ(bus.now - begin, 300 * bus.cost);
}

// 9600 Bd, 40 ms turnaround: every request at its exact time on the wire.
TEST(MeterPoll, Em24OnARealLineKeepsPowerAndSlowValuesYoung) {
    SimulatedBus bus{em24_poll(0ms)};
    const auto step = [&] {
        const Block block = bus.poll.blocks()[bus.poll.next(bus.now).block];
        bus.cost = std::chrono::microseconds((20 + 2 * block.words) * 10'000'000 / 9600) + 40ms;
        bus.step();
    };
    while (!bus.first_reading_done) {
        step();
    }
    while (bus.now < Clock::time_point(1h) + 5s) {
        step();
    }
    std::map<unsigned, Clock::time_point> last;
    std::map<unsigned, Clock::duration> longest;
    for (int i = 0; i < 2000; ++i) {
        step();
        const unsigned address = number_of(bus.asked.address);
        if (last.contains(address)) {
            longest[address] = std::max(longest[address], bus.now - last[address]);
        }
        last[address] = bus.now;
    }
    EXPECT_EQ(longest.size(), 10U);
    for (const auto& [address, gap] : longest) {
        EXPECT_LT(gap, address == 0x12 || address == 0x28 ? Clock::duration(230ms) : Clock::duration(2s))
            << address;
    }
}

TEST(MeterPoll, SlowBlocksYoungerThanASecondGiveWayToFastOnes) {
    SimulatedBus bus{poll_of(em500, 0ms), 20ms};
    std::map<std::size_t, int> count;
    for (int i = 0; i < 1000; ++i) {
        ++count[bus.step()];
    }
    EXPECT_GT(count[0], 900);
    EXPECT_GE(count[1], 15);
}

TEST(MeterPoll, AnOverloadedBusReadsMoreSlowBlocksPerCycleButNotOnlyThem) {
    SimulatedBus bus{em24_poll(250ms), 300ms};
    std::map<std::size_t, int> count;
    for (int i = 0; i < 600; ++i) {
        ++count[bus.step()];
    }
    EXPECT_GT(count[0], 80);
    EXPECT_LT(bus.oldest(), 5s);
}

TEST(MeterPoll, AFailedBlockIsAskedAgainBeforeAnyOther) {
    SimulatedBus bus{em24_poll(250ms)};
    bus.step();
    bus.step(false);
    const Block failed = bus.asked;
    bus.step();
    EXPECT_EQ(bus.asked, failed);
    while (bus.published.empty()) {
        bus.step();
        EXPECT_NE(bus.asked, failed);
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
    SimulatedBus bus{poll_of(em24_ethernet, 1000ms)};
    bus.step();
    bus.step(false);
    const auto failed_at = bus.now;
    bus.step();
    EXPECT_EQ(bus.now, failed_at + bus.cost);
}

TEST(MeterPoll, WhatIsGivenUpWaitsForTheNextBeatWhichBeginsACycle) {
    SimulatedBus bus{em24_poll(1000ms)};
    bus.step(false);
    const auto first_asked_at = bus.now - bus.cost;
    const Block first = bus.asked;
    bus.poll.give_up(bus.now);
    bus.step();
    EXPECT_EQ(bus.now, first_asked_at + 1000ms + bus.cost);
    EXPECT_EQ(bus.asked, first) << "the first reading goes on";
    while (!bus.first_reading_done) {
        bus.step();
    }
    for (std::size_t fails = 0; fails < 2; ++fails) { // the first fast block, the next one
        while (bus.poll.next(bus.now).not_before <= bus.now) {
            bus.step();
        }
        const auto beat = bus.poll.next(bus.now).not_before;
        for (std::size_t i = 0; i < fails; ++i) {
            bus.step();
        }
        EXPECT_EQ(bus.step(false), fails);
        bus.poll.give_up(bus.now);
        EXPECT_EQ(bus.step(), 0U);
        EXPECT_EQ(bus.now, beat + 1000ms + bus.cost);
    }
}

TEST(MeterPoll, ARemovedBlockIsNeverAskedAgain) {
    SimulatedBus bus{em24_poll(0ms)};
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
    SimulatedBus bus{poll_of(em24_ethernet, 250ms)};
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
