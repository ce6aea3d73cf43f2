// When the clock of the meter is set.
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum TransactionReason;

std::vector<OcmfMeter::Words> clock_writes(const TransactionWorld& world, std::uint16_t address) {
    std::vector<OcmfMeter::Words> found;
    for (const auto& [at, words] : world.meter.writes) {
        if (at == address) {
            found.push_back(words);
        }
    }
    return found;
}

TEST(TransactionClock, IsSetAfterTwoSecondsAndEveryHour) {
    TransactionWorld world;
    const auto begin = world.now;
    world.run_for(1900ms);
    EXPECT_TRUE(world.meter.writes.empty());
    ASSERT_TRUE(world.until([&] { return world.meter.writes.size() == 2; }, 10s));
    EXPECT_LT(world.now - begin, 3s);
    EXPECT_EQ(world.meter.writes[0].first, 0x7032);
    EXPECT_EQ(world.meter.writes[1], (std::pair<std::uint16_t, OcmfMeter::Words>{0x7031, {60}}));
    const std::int64_t seconds = 1790000000 + 3602;
    EXPECT_EQ(world.meter.writes[0].second,
              (OcmfMeter::Words{static_cast<std::uint16_t>(seconds & 0xFFFF),
                                static_cast<std::uint16_t>(seconds >> 16), 0, 0}));
    world.run_for(3550s);
    EXPECT_EQ(world.meter.writes.size(), 2U);
    world.run_for(60s);
    EXPECT_EQ(world.meter.writes.size(), 4U);
}

TEST(TransactionClock, WaitsForTheEndOfATransaction) {
    TransactionWorld world;
    EXPECT_EQ(world.request(start_of(first_id)).reason, None);
    EXPECT_EQ(clock_writes(world, 0x7032).size(), 1U)
        << "before the transaction, although it was asked for at once";
    world.run_for(2h);
    EXPECT_EQ(clock_writes(world, 0x7032).size(), 1U);
    world.request(StopTransaction{first_id});
    world.run_for(1s);
    EXPECT_EQ(clock_writes(world, 0x7032).size(), 2U);
    EXPECT_FALSE(world.meter.clock_was_set_while_running);

    TransactionWorld restarted;
    leave_running(restarted.meter, "<=>" + std::string(first_id));
    restarted.run_for(10s);
    EXPECT_TRUE(clock_writes(restarted, 0x7032).empty());
}

TEST(TransactionClock, AnUnsetWallClockIsNotPassedOn) {
    TransactionWorld world;
    world.wall_seconds = 0; // 1970
    EXPECT_EQ(world.request(start_of(first_id)).reason, None);
    EXPECT_TRUE(clock_writes(world, 0x7032).empty());
}

TEST(TransactionClock, TheOffsetOfTheConfigurationWins) {
    TransactionOptions options;
    options.utc_offset = -210;
    TransactionWorld world({}, options);
    world.run_for(5s);
    EXPECT_EQ(clock_writes(world, 0x7031),
              (std::vector<OcmfMeter::Words>{{static_cast<std::uint16_t>(-210)}}));
}

TEST(TransactionClock, ARefusedClockHoldsUpNothing) {
    TransactionWorld world({.refuses_register = 0x7032});
    EXPECT_EQ(world.request(start_of(first_id)).reason, None);
    EXPECT_EQ(world.messages.size(), 1U);
}

} // namespace
} // namespace gridbridge
