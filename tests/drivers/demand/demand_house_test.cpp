// Demands in simulated houses.
#include "tests/drivers/demand/demand_world.hpp"
#include "tests/fakes/golden.hpp"
#include "tests/fakes/simulated_house.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace gridbridge {
namespace {

constexpr int minute = 60, quarter = 900;

// Whatever is said of a complete interval is what the load was.
TEST(DemandHouse, CompleteIntervalsAreThoseOfTheLoad) {
    for (const double pace : {1.0, 5.0, 10.0}) {
        for (const double step : {1e-4, 1e-3, 1e-2, 0.1}) {
            HouseOptions house;
            house.seed = static_cast<unsigned>(pace * 10 + step * 1000);
            const HouseCurves curves = simulate_house(house);
            DemandWorld world;
            world.pace = pace;
            world.counter_step = step;
            world.watts = [&](int second) { return curves.grid[static_cast<std::size_t>(second)]; };
            double joules = 0;
            for (int end = quarter; end < house.seconds; end += quarter) {
                world.run_until(end);
                const double truth = (world.joules - joules) / quarter;
                joules = world.joules;
                world.run_until(end + 1);
                if (end > quarter) {
                    ASSERT_TRUE(world.demand->finished());
                    EXPECT_NEAR(world.demand->finished()->watts, truth, 8 + 0.004 * pace * truth)
                        << "every " << pace << " s, step " << step << " kWh";
                }
            }
        }
    }
}

std::string cell(const Reading& reading, Quantity quantity, int decimals) {
    std::array<char, 32> text{};
    const auto value = reading.get(quantity);
    std::snprintf(text.data(), text.size(), "%10.*f", decimals, value.value_or(0));
    return value ? text.data() : "         -";
}

TEST(DemandHouse, GoldenHours) {
    HouseOptions house;
    house.seed = 6;
    house.pv_watts = 2000;
    house.battery_watts = 1500;
    house.car_watts = 7400;
    const HouseCurves curves = simulate_house(house);
    DemandWorld world;
    world.options.limit_watts = 4000;
    world.watts = [&](int second) { return curves.grid[static_cast<std::size_t>(second)]; };
    std::string text = "# minute, kWh and W of the running quarter, forecast, month peak, alarm\n";
    for (int at = 5 * minute; at < house.seconds; at += minute) {
        world.run_until(at + 1);
        std::array<char, 16> when{};
        std::snprintf(when.data(), when.size(), "%4d", at / minute);
        text += when.data() + cell(world.newest, Quantity::DemandEnergy, 3) +
                cell(world.newest, Quantity::PowerDemand, 0) +
                cell(world.newest, Quantity::DemandForecast, 0) +
                cell(world.newest, Quantity::DemandMonthPeak, 0) +
                cell(world.newest, Quantity::DemandAlarm, 0) + "\n";
    }
    expect_golden("demand.txt", text);
}

} // namespace
} // namespace gridbridge
