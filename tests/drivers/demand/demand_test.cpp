#include "tests/drivers/demand/demand_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr int minute = 60, quarter = 900;

TEST(Demand, AtMinuteFiveTheForecastOfAConstantLoadIsRight) {
    for (const auto length : {15min, 30min, 60min}) {
        for (const double pace : {1.0, 10.0}) {
            DemandWorld world;
            world.options.interval = length;
            world.pace = pace;
            world.watts = [](int) { return 3700.0; };
            const int begin = 3600;
            world.second = begin - 60;
            world.run_until(begin + 5 * minute + 1);
            const double share = 300.0 / std::chrono::duration<double>(length).count();
            EXPECT_NEAR(*world.newest.get(Quantity::DemandForecast), 3700, 0.05 * 3700);
            EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 3.7 * 300 / 3600, 0.0021);
            EXPECT_NEAR(*world.newest.get(Quantity::PowerDemand), share * 3700, 0.02 * 3700 * share);
        }
    }
}

TEST(Demand, ExportTakesNothingOffTheImport) {
    DemandWorld world;
    world.watts = [](int second) { return second % quarter < 300 ? 3000.0 : -3000.0; };
    world.run_until(2 * quarter);
    EXPECT_NEAR(*world.newest.get(Quantity::PowerDemand), 1000, 5);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandForecast), 1000, 5);
}

TEST(Demand, IsUnknownUntilAnIntervalBeginsUnderItsEyes) {
    DemandWorld world;
    world.second = 100;
    world.run_until(quarter);
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
    EXPECT_FALSE(world.newest.has(Quantity::PowerDemand));
    EXPECT_FALSE(world.newest.has(Quantity::DemandForecast));
    world.run_until(quarter + 10);
    EXPECT_TRUE(world.newest.has(Quantity::DemandEnergy));
    EXPECT_FALSE(world.newest.has(Quantity::DemandMonthPeak)) << "no interval is complete";
    world.run_until(2 * quarter + 1);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandMonthPeak), 1000, 5);
    EXPECT_NEAR(world.demand->finished()->watts, 1000, 5);
}

TEST(Demand, TheMetersOwnReckoningIsKnownInTheMiddleToo) {
    DemandWorld world;
    world.options.meter_reckons = true;
    world.second = 450;
    world.say([](Reading& reading) {
        reading.set(Quantity::PowerDemand, 501);
        reading.set(Quantity::PowerDemandMax, 3716);
    });
    EXPECT_EQ(world.newest.get(Quantity::PowerDemand), 501.0);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 0.12525, 1e-9);
    EXPECT_EQ(world.newest.get(Quantity::DemandMonthPeak), 3716.0);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandForecast), 1001, 1);
}

TEST(Demand, TheMetersOwnReckoningIsOfQuarters) {
    DemandWorld world;
    world.options.meter_reckons = true;
    world.options.interval = 60min;
    world.second = 450;
    world.say([](Reading& reading) { reading.set(Quantity::PowerDemand, 501); });
    EXPECT_FALSE(world.newest.has(Quantity::PowerDemand));
}

TEST(Demand, AReckoningThatTheCounterContradictsIsOfSomethingElse) {
    DemandWorld world;
    world.options.meter_reckons = true;
    world.run_until(quarter + 600, [](Reading& reading) { reading.set(Quantity::PowerDemand, 1000); });
    EXPECT_NEAR(*world.newest.get(Quantity::PowerDemand), 1000.0 * 600 / quarter, 8);
}

TEST(Demand, ACounterThatIsHeldBackLeavesNothing) {
    DemandWorld world;
    world.run_until(quarter + 100);
    world.run_until(quarter + 110, [](Reading& reading) { reading.clear(Quantity::EnergyForward); });
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
    EXPECT_FALSE(world.newest.has(Quantity::PowerDemand));
    world.run_until(quarter + 120);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 119.0 / 3600, 0.0011) << "it was right";
    world.run_until(quarter + 130, [](Reading& reading) { reading.clear(Quantity::EnergyForward); });
    world.run_until(quarter + 140, [](Reading& reading) {
        reading.set(Quantity::EnergyForward, *reading.get(Quantity::EnergyForward) + 7);
    });
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy)) << "another counter";
}

TEST(Demand, AFallOfTheCounterIsAnotherMeter) {
    DemandWorld world;
    world.run_until(quarter + 100);
    world.run_until(quarter + 110, [](Reading& reading) { reading.set(Quantity::EnergyForward, 3.25); });
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
}

TEST(Demand, TheCounterBridgesWhatIsMissingInsideAnInterval) {
    DemandWorld world;
    world.run_until(quarter + 100);
    while (world.second < quarter + 500) {
        world.pass();
    }
    world.say();
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 500.0 / 3600, 0.0011);
}

TEST(Demand, WhatIsMissingOverABoundaryIsNotGuessed) {
    DemandWorld world;
    world.run_until(2 * quarter - 50);
    while (world.second < 2 * quarter + 50) {
        world.pass();
    }
    world.run_until(2 * quarter + 60);
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
    EXPECT_FALSE(world.newest.has(Quantity::DemandMonthPeak));
}

TEST(Demand, AClockThatWasSetLeavesNothingUntilTheNextInterval) {
    DemandWorld world;
    world.run_until(quarter + 100);
    world.say([](Reading& reading) { *reading.meter_second += 120; });
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
}

TEST(Demand, WithoutAClockNothingIsKnown) {
    DemandWorld world;
    world.has_clock = false;
    world.run_until(2 * quarter);
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
    world.offset = 1'800'000'000.0;
    world.run_until(3 * quarter + 10);
    EXPECT_TRUE(world.newest.has(Quantity::DemandEnergy));
}

// 2000 s at 1 kW are 0.56 kWh; the counter alone would be wrong by 0.1.
TEST(Demand, ACoarseCounterIsRefinedByThePower) {
    DemandWorld world;
    world.counter_step = 0.1;
    world.watts = [](int second) { return second % 40 < 20 ? 4000.0 : 500.0; };
    world.run_until(quarter + 1);
    const double before = world.joules;
    world.run_until(quarter + 700);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), (world.joules - before) / joules_in_kwh, 0.003);
}

TEST(Demand, NeverContradictsTheCounter) {
    DemandWorld world;
    world.watts = [](int) { return 2000.0; };
    world.run_until(quarter + 1);
    world.run_until(quarter + 600,
                    [](Reading& reading) { reading.set(Quantity::Power, 2600); }); // reads too much
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 2.0 * 599 / 3600, 0.0031);
}

TEST(Demand, WithoutACounterThePowerIsIntegrated) {
    DemandWorld world;
    world.counter_step = 0;
    world.run_until(quarter + 300);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandEnergy), 299.0 / 3600, 0.001);
    while (world.second < quarter + 400) {
        world.pass();
    }
    world.say();
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy)) << "100 s that nobody saw";
}

TEST(Demand, GoesOnAfterARestartWithinTheInterval) {
    DemandWorld before;
    before.offset = 1'800'000'000.0;
    before.run_until(2 * quarter + 300);
    before.say();
    const double was = *before.newest.get(Quantity::DemandEnergy);
    DemandWorld after = before;
    after.kept = before.demand->kept();
    after.demand.reset();
    for (int i = 0; i < 60; ++i) {
        after.pass();
    }
    after.run_until(after.second + 5);
    EXPECT_NEAR(*after.newest.get(Quantity::DemandEnergy), was + 64.0 / 3600, 0.0011);
    EXPECT_EQ(after.newest.get(Quantity::DemandMonthPeak), before.newest.get(Quantity::DemandMonthPeak));
}

TEST(Demand, AnIntervalThatEndedMeanwhileIsNotGuessed) {
    DemandWorld before;
    before.offset = 1'800'000'000.0;
    before.run_until(2 * quarter + 300);
    DemandWorld after = before;
    after.kept = before.demand->kept();
    after.demand.reset();
    while (after.second < 3 * quarter + 20) {
        after.pass();
    }
    after.say();
    EXPECT_FALSE(after.newest.has(Quantity::DemandEnergy));
    EXPECT_NEAR(*after.newest.get(Quantity::DemandMonthPeak), 1000, 5);
}

TEST(Demand, WhatWasKeptOfAnotherLengthIsOfNoUse) {
    DemandWorld world;
    world.kept = {30, 0, 0, 0, 12 * 2026, 5000};
    world.say();
    EXPECT_FALSE(world.newest.has(Quantity::DemandMonthPeak));
}

TEST(Demand, ThePeakIsThatOfTheMonth) {
    DemandWorld world;
    world.second = DemandWorld::month - 2 * quarter - 10;
    world.watts = [](int second) { return second < DemandWorld::month - quarter ? 4000.0 : 1000.0; };
    world.run_until(DemandWorld::month - 1);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandMonthPeak), 4000, 5);
    world.run_until(DemandWorld::month + 1);
    EXPECT_FALSE(world.newest.has(Quantity::DemandMonthPeak)) << "none of January is complete";
    world.run_until(DemandWorld::month + quarter + 1);
    EXPECT_NEAR(*world.newest.get(Quantity::DemandMonthPeak), 1000, 5);
}

TEST(Demand, TheAlarmEndsWithTheInterval) {
    DemandWorld world;
    world.options.limit_watts = 2500;
    world.watts = [](int second) { return second < 2 * quarter ? 6000.0 : 300.0; };
    world.run_until(quarter + 200);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 1.0);
    world.run_until(quarter + 500);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 2.0);
    world.run_until(2 * quarter + 1);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 0.0);
    world.options.limit_watts.reset();
    world.demand.reset();
    world.run_until(3 * quarter + 5);
    EXPECT_FALSE(world.newest.has(Quantity::DemandAlarm));
    EXPECT_TRUE(world.newest.has(Quantity::DemandForecast));
}

TEST(Demand, ACoarseCounterDoesNotBridgeAGap) {
    DemandWorld world;
    world.counter_step = 0.1;
    world.run_until(quarter + 100);
    while (world.second < quarter + 200) {
        world.pass();
    }
    world.say();
    EXPECT_FALSE(world.newest.has(Quantity::DemandEnergy));
}

TEST(Demand, APowerThatReadsTooMuchMovesNoCoarseCounterFurther) {
    DemandWorld world;
    world.counter_step = 0.1;
    world.watts = [](int) { return 300.0; };
    world.run_until(quarter + 1);
    world.run_until(2 * quarter, [](Reading& reading) { reading.set(Quantity::Power, 9000); });
    EXPECT_LE(*world.newest.get(Quantity::DemandEnergy), 0.075 + 0.2);
}

TEST(Demand, TheAlarmEndsWithTheLoad) {
    DemandWorld world;
    world.options.limit_watts = 2500;
    world.watts = [](int second) { return second < quarter + 200 ? 6000.0 : 300.0; };
    world.run_until(quarter + 200);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 1.0);
    world.run_until(quarter + 205);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 1.0) << "not at once";
    world.run_until(quarter + 500);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 0.0);
}

TEST(Demand, ALoadThatIsSwitchedOnLateIsSeenAtOnce) {
    DemandWorld world;
    world.options.limit_watts = 3000;
    world.watts = [](int second) { return second < quarter + 600 ? 2000.0 : 8000.0; };
    world.run_until(quarter + 600);
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 0.0);
    world.run_until(quarter + 615); // 172 s before the breach
    EXPECT_EQ(world.newest.get(Quantity::DemandAlarm), 1.0);
}

} // namespace
} // namespace gridbridge
