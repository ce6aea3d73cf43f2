// What one meter's registers say, at a line that answers what it is told to.
#include "drivers/modbus/meter_transactions.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/poll_cycle.hpp"
#include "tests/fakes/told_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Kind = PollCycle::Result::Kind;

class ToldTransport final : public ModbusTransport {
  public:
    std::function<std::vector<std::uint16_t>(const Request&)> answer = [](const Request& request) {
        return std::vector<std::uint16_t>(request.operand, 0);
    };
    std::vector<Request> requests;

    void open(const std::stop_token&) override {}
    void close() noexcept override {}
    std::vector<std::uint16_t> exchange(const Request& request, std::chrono::milliseconds) override {
        requests.push_back(request);
        return answer(request);
    }
    Clock::time_point last_byte() const override { return {}; }
    std::chrono::microseconds round_trip() const override { return 1ms; }
    std::uint64_t skipped_bytes() const override { return 0; }
};

constexpr std::array rows{std::to_array<RegisterRow>({
    {0x10_reg, Quantity::Power, Encoding::Int32LowFirst, 1, Pace::Fast},
    {0x60_reg, Quantity::EnergyReverseL1, Encoding::Int32LowFirst, 1, Pace::Slow, NoValue::Never, true},
})};
constexpr ModelRow model{.key = "two", .name = "Two", .rows = rows, .map = {0x00_reg, 0x6F_reg}};

struct Cycle {
    Cycle() { cycle.begin(line, model, PhaseUse::Multi, {1s, 10s}); }
    PollCycle::Result read() { return cycle.read(line, cycle.next(Clock::now())); }

    ToldTransport transport;
    MeterCounters counters;
    UnitLine line{transport, 1, 100ms, counters, {}};
    PollCycle cycle;
};

TEST(PollCycle, IsCompleteWhenEveryBlockWasRead) {
    Cycle two;
    two.transport.answer = [](const Request& request) {
        std::vector<std::uint16_t> words(request.operand, 0);
        words[0] = 42;
        return words;
    };
    EXPECT_FALSE(two.read().is_complete);
    EXPECT_TRUE(two.read().is_complete);
    EXPECT_EQ(two.cycle.reading().get(Quantity::Power), 42.0);
    EXPECT_TRUE(two.cycle.reading().has(Quantity::EnergyReverseL1));
    EXPECT_EQ(two.transport.requests.size(), 2U);
}

TEST(PollCycle, OptionalRegistersThatAreRefusedTwiceAreLeftOut) {
    Cycle two;
    two.transport.answer = [](const Request& request) {
        if (request.address == 0x60_reg) {
            throw ExceptionReply(2);
        }
        return std::vector<std::uint16_t>(request.operand, 0);
    };
    EXPECT_EQ(two.read().kind, Kind::Read);
    const auto once = two.read();
    EXPECT_EQ(once.kind, Kind::Refused);
    EXPECT_FALSE(once.error) << "it does not count";
    const auto twice = two.read();
    EXPECT_EQ(twice.kind, Kind::Missing);
    EXPECT_EQ(twice.block.address, 0x60_reg);
    EXPECT_TRUE(twice.is_complete);
    EXPECT_FALSE(two.cycle.reading().has(Quantity::EnergyReverseL1));
}

TEST(PollCycle, OtherErrorsAreReadAgain) {
    Cycle two;
    two.transport.answer = [](const Request&) -> std::vector<std::uint16_t> { throw ExceptionReply(4); };
    const auto refused = two.read();
    EXPECT_EQ(refused.kind, Kind::Refused);
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->code(), 4);
    two.transport.answer = [](const Request&) -> std::vector<std::uint16_t> { throw Timeout("none"); };
    EXPECT_THROW(two.read(), Timeout);
    ASSERT_EQ(two.transport.requests.size(), 2U);
    EXPECT_EQ(two.transport.requests[0].address, two.transport.requests[1].address);
}

// A cycle of two fast blocks, as a meter has that allows short reads only.
constexpr std::array fast_rows{std::to_array<RegisterRow>({
    {0x10_reg, Quantity::Power, Encoding::Int32LowFirst, 1, Pace::Fast},
    {0x60_reg, Quantity::PowerL1, Encoding::Int32LowFirst, 1, Pace::Fast},
})};
constexpr ModelRow fast_model{.key = "fast", .name = "Fast", .rows = fast_rows, .map = {0x00_reg, 0x6F_reg}};

struct FastCycle {
    ToldTime time;
    WithTime with{time};
    ToldTransport transport;
    MeterCounters counters;
    UnitLine line{transport, 1, 100ms, counters, {}};
    PollCycle cycle;

    FastCycle() {
        cycle.begin(line, fast_model, PhaseUse::Multi, {1s, 2500ms});
        while (!read().is_complete) {
        }
        time.time += 1s;
        transport.requests.clear();
    }
    PollCycle::Result read() { return cycle.read(line, cycle.next(Clock::now())); }
    void fails_for(Clock::duration duration) {
        const auto answers = transport.answer;
        transport.answer = [](const Request&) -> std::vector<std::uint16_t> { throw Timeout("none"); };
        for (const auto until = time.time + duration; time.time < until; time.time += 500ms) {
            EXPECT_THROW(read(), Timeout);
        }
        transport.answer = answers;
    }
};

TEST(PollCycle, WhatWasReadBeforeALongOutageIsReadAgain) {
    FastCycle two;
    EXPECT_FALSE(two.read().is_complete);
    two.fails_for(3s);
    two.transport.requests.clear();
    EXPECT_FALSE(two.read().is_complete) << "its first block is too old";
    int reads = 1;
    while (!two.read().is_complete) {
        ++reads;
        ASSERT_LT(reads, 10);
    }
    std::set<RegisterAddress> again;
    for (const Request& request : two.transport.requests) {
        again.insert(request.address);
    }
    EXPECT_TRUE(again.contains(0x10_reg));
    EXPECT_EQ(two.cycle.lateness(), 0s);
}

TEST(PollCycle, AShortOutageCostsNothing) {
    FastCycle two;
    EXPECT_FALSE(two.read().is_complete);
    two.fails_for(1s);
    EXPECT_TRUE(two.read().is_complete);
}

// One damaged answer of 65,536 has a right CRC.
struct DamagedCycle : FastCycle {
    static std::vector<std::uint16_t> words_of(std::int32_t watts, const Request& request) {
        const auto bits = static_cast<std::uint32_t>(watts);
        std::vector<std::uint16_t> words(request.operand, 0);
        words.at(0) = static_cast<std::uint16_t>(bits);
        words.at(1) = static_cast<std::uint16_t>(bits >> 16U);
        return words;
    }
    // The answers to requests for the power, in turn; then the last one for ever.
    void powers(std::vector<std::int32_t> watts) {
        transport.requests.clear();
        transport.answer = [watts = std::move(watts),
                            asked = std::size_t{0}](const Request& request) mutable {
            const bool is_power = request.address == 0x10_reg;
            return words_of(is_power ? watts[std::min(asked++, watts.size() - 1)] : 0, request);
        };
    }
    std::optional<double> power() const { return cycle.reading().get(Quantity::Power); }
};

TEST(PollCycle, AnAnswerThatCannotFollowIsAskedForAgainAtOnce) {
    DamagedCycle two;
    two.powers({-54007712, 500});
    EXPECT_FALSE(two.read().is_complete) << "the other block";
    const auto damaged = two.read();
    EXPECT_EQ(damaged.kind, Kind::Read);
    EXPECT_FALSE(damaged.is_complete);
    EXPECT_EQ(two.power(), 0.0) << "as it was";
    EXPECT_LE(two.cycle.next(two.time.time).not_before, two.time.time);
    EXPECT_TRUE(two.read().is_complete);
    EXPECT_EQ(two.power(), 500.0);
    ASSERT_EQ(two.transport.requests.size(), 3U);
    EXPECT_EQ(two.transport.requests[1].address, 0x10_reg);
    EXPECT_EQ(two.transport.requests[2].address, 0x10_reg);
    EXPECT_EQ(two.cycle.take_implausible(), 1U);
}

TEST(PollCycle, WhatTwoAnswersSayIsBelieved) {
    DamagedCycle two;
    two.powers({80000, 81000, 95000});
    EXPECT_FALSE(two.read().is_complete);
    EXPECT_FALSE(two.read().is_complete);
    EXPECT_TRUE(two.read().is_complete);
    EXPECT_EQ(two.power(), 81000.0);
    two.time.time += 1s;
    EXPECT_FALSE(two.read().is_complete);
    EXPECT_TRUE(two.read().is_complete) << "it was beyond before";
    EXPECT_EQ(two.power(), 95000.0);
    EXPECT_EQ(two.cycle.take_implausible(), 1U);
}

TEST(PollCycle, WhatTheFuseCarriesIsBelievedAtOnce) {
    DamagedCycle two;
    two.cycle.begin(two.line, fast_model, PhaseUse::Multi, {1s, 2500ms}, 400);
    while (!two.read().is_complete) {
    }
    two.time.time += 1s;
    two.powers({250000});
    two.read();
    EXPECT_TRUE(two.read().is_complete);
    EXPECT_EQ(two.power(), 250000.0);
    EXPECT_EQ(two.cycle.take_implausible(), 0U);
}

TEST(PollCycle, ADeviceThatAlwaysSaysSomethingElseDoesNotKeepTheLine) {
    DamagedCycle two;
    std::vector<std::int32_t> noise;
    for (std::int32_t i = 1; i < 100; ++i) {
        noise.push_back((i % 2 == 0 ? 1 : -1) * i * 1000000);
    }
    two.powers(noise);
    for (const auto until = two.time.time + 10s; two.time.time < until; two.time.time += 10ms) {
        if (two.cycle.next(two.time.time).not_before <= two.time.time) {
            EXPECT_FALSE(two.read().is_complete);
        }
    }
    EXPECT_LE(two.transport.requests.size(), 33U) << "three a second";
    EXPECT_EQ(two.power(), 0.0);
}

TEST(PollCycle, ASlowLineIsNoOutageButItsReadingIsAsOldAsItsFirstRequest) {
    FastCycle two;
    two.transport.answer = [&](const Request& request) {
        two.time.time += 2s;
        return std::vector<std::uint16_t>(request.operand, 0);
    };
    EXPECT_FALSE(two.read().is_complete);
    EXPECT_TRUE(two.read().is_complete);
    EXPECT_EQ(two.cycle.lateness(), 4s);
    two.time.time += 1s;
    two.transport.answer = [&](const Request& request) {
        two.time.time += 4s;
        return std::vector<std::uint16_t>(request.operand, 0);
    };
    while (!two.read().is_complete) {
    }
    EXPECT_GE(two.cycle.lateness(), 4s);
}

// A fast block and slow ones that are read in turns, one per cycle when each answer takes its time.
constexpr std::array turn_rows{std::to_array<RegisterRow>({
    {0x10_reg, Quantity::Power, Encoding::Int32LowFirst, 1, Pace::Fast},
    {0x60_reg, Quantity::VoltageL1, Encoding::Int32LowFirst, 1, Pace::Slow},
    {0x200_reg, Quantity::VoltageL2, Encoding::Int32LowFirst, 1, Pace::Slow},
    {0x300_reg, Quantity::VoltageL3, Encoding::Int32LowFirst, 1, Pace::Slow},
})};
constexpr ModelRow turn_model{.key = "turn", .name = "Turn", .rows = turn_rows, .map = {0x00_reg, 0x3FF_reg}};

TEST(PollCycle, WhatIsReadInTurnsIsUnknownWhenItsTurnWasLongAgo) {
    ToldTime time;
    const WithTime with{time};
    ToldTransport transport;
    Clock::duration cost = 10ms;
    std::map<RegisterAddress, Clock::time_point> read_at;
    transport.answer = [&](const Request& request) {
        time.time += cost;
        read_at[request.address] = time.time;
        return std::vector<std::uint16_t>(request.operand, 0);
    };
    MeterCounters counters;
    UnitLine line{transport, 1, 100ms, counters, {}};
    PollCycle cycle;
    cycle.begin(line, turn_model, PhaseUse::Multi, {1s, 10s});
    bool was_unknown = false;
    const auto read_for = [&](Clock::duration duration) {
        for (const auto until = time.time + duration; time.time < until;) {
            const auto task = cycle.next(time.time);
            time.time = std::max(time.time, task.not_before);
            if (!cycle.read(line, task).is_complete || read_at.size() < turn_rows.size()) {
                continue;
            }
            for (const RegisterRow& row : turn_rows) {
                const bool is_old = time.time - read_at[row.address] > 15s;
                EXPECT_EQ(cycle.reading().has(row.quantity), !is_old) << number_of(row.address);
                was_unknown = was_unknown || is_old;
            }
        }
    };
    read_for(20s);
    EXPECT_FALSE(was_unknown);
    cost = 6s;
    read_for(120s);
    EXPECT_TRUE(was_unknown);
    cost = 10ms;
    read_for(5s);
    EXPECT_TRUE(cycle.reading().has(Quantity::VoltageL2)) << "it comes back";
}

TEST(MeterTransactions, AreServedAFewRequestsATurn) {
    Cycle two;
    two.transport.requests.clear();
    MeterConfig meter;
    meter.driver = DriverKind::Em580;
    Orders orders;
    MeterTransactions transactions({0, 0}, meter, orders);
    EXPECT_FALSE(transactions.is_wanted());
    orders.transactions().ask({0, 0}, StopTransaction{"0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01"});
    EXPECT_TRUE(transactions.is_wanted());
    transactions.meter_found("S", Clock::now(), true);
    transactions.serve(two.line);
    ASSERT_EQ(two.transport.requests.size(), 3U);
    EXPECT_EQ(two.transport.requests[0].address, 0x24FF_reg);
    const auto now = Clock::now();
    EXPECT_LE(transactions.due(now + 1h, now), now + 250ms);
}

TEST(MeterTransactions, AMeterThatCannotSignIsAskedNothing) {
    Cycle two;
    two.transport.requests.clear();
    Orders orders;
    MeterTransactions transactions({0, 0}, MeterConfig{}, orders);
    orders.transactions().ask({0, 0}, StopTransaction{"0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01"});
    EXPECT_FALSE(transactions.is_wanted());
    transactions.meter_found("S", Clock::now(), true);
    EXPECT_TRUE(transactions.serve(two.line).empty());
    EXPECT_TRUE(two.transport.requests.empty());
    const auto now = Clock::now();
    EXPECT_EQ(transactions.due(now + 1h, now), now + 1h);
    EXPECT_EQ(orders.transactions().take_events().size(), 1U) << "answered: it is not supported";
}

} // namespace
} // namespace gridbridge
