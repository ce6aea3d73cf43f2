// What one meter's registers say, at a line that answers what it is told to.
#include "drivers/modbus/meter_transactions.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/poll_cycle.hpp"

#include <gtest/gtest.h>

#include <functional>
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
    Cycle() { cycle.begin(line, model, PhaseUse::Multi, 1s); }
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
