// The message for dbus-mqtt-grid, checked by the rules of that driver.
#include "mqtt/gx/gx_grid.hpp"

#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

// What the driver demands: known members, numbers that are numbers, a power within its limits.
void expect_valid(const std::string& payload) {
    const Json json = Json::parse(payload, nullptr, false);
    ASSERT_TRUE(json.is_object() && json.size() == 1 && json.contains("grid")) << payload;
    const std::set<std::string> totals{"power",          "voltage", "current", "energy_forward",
                                       "energy_reverse", "L1",      "L2",      "L3"};
    const std::set<std::string> phases{"power",        "voltage",        "current",       "frequency",
                                       "power_factor", "energy_forward", "energy_reverse"};
    ASSERT_TRUE(json["grid"].contains("power"));
    EXPECT_LE(std::abs(json["grid"]["power"].get<double>()), 69000);
    for (const auto& [name, value] : json["grid"].items()) {
        EXPECT_TRUE(totals.contains(name)) << name;
        EXPECT_TRUE(name.starts_with("L") ? value.is_object() : value.is_number()) << name;
        if (value.is_object()) {
            EXPECT_TRUE(value.contains("power"));
            for (const auto& [part, number] : value.items()) {
                EXPECT_TRUE(phases.contains(part) && number.is_number()) << part;
            }
        }
    }
}

TEST(GxGridPayload, HasWhatTheMeterKnows) {
    Reading reading = grid_reading({});
    reading.set(Quantity::Frequency, 49.987);
    reading.set(Quantity::PowerFactorL2, -0.98765);
    const auto payload = gx_grid_payload(reading);
    ASSERT_TRUE(payload);
    expect_valid(*payload);
    EXPECT_EQ(Json::parse(*payload), Json::parse(R"({"grid":{"power":-629.0,"energy_forward":5276.4,
        "energy_reverse":8742.1,"L1":{"power":938.6,"voltage":229.9,"frequency":49.99},
        "L2":{"power":-1780.3,"power_factor":-0.988,"frequency":49.99},
        "L3":{"power":212.7,"frequency":49.99}}})"));
}

TEST(GxGridPayload, NothingWithoutATotal) {
    Reading reading;
    EXPECT_FALSE(gx_grid_payload(reading));
    reading.set(Quantity::PowerL1, 5.0);
    EXPECT_FALSE(gx_grid_payload(reading));
    reading.set(Quantity::Power, 5.0);
    expect_valid(gx_grid_payload(reading).value_or(""));
}

TEST(GxGrid, OnceASecondTheNewestAndNothingWhileLost) {
    GxGrid outlet("gx/meter", "");
    Meter meter;
    meter.info = em24_info();
    meter.role = "grid";
    outlet.added(meter);
    Clock::time_point now{1h};
    Messages out;
    const auto read = [&](double power) {
        meter.reading = Reading{};
        meter.reading.set(Quantity::Power, power);
        outlet.reading(meter, now, out);
    };
    read(1.0);
    EXPECT_THAT(out, IsEmpty()) << "no broker yet";
    outlet.connected(now, out);
    EXPECT_EQ(as_text(out), "gx/meter {\"grid\":{\"power\":1.0,\"L1\":{\"power\":1.0}}}\n");
    EXPECT_EQ(out[0].link, gx_link);
    out.clear();
    for (int i = 0; i < 4; ++i, now += 200ms) {
        read(2.0 + i);
    }
    EXPECT_THAT(out, IsEmpty());
    now = outlet.next_tick(now);
    outlet.tick(now, out);
    EXPECT_EQ(as_text(out), "gx/meter {\"grid\":{\"power\":5.0,\"L1\":{\"power\":5.0}}}\n");
    out.clear();
    read(6.0);
    outlet.lost(meter, now, out);
    EXPECT_THAT(out, ElementsAre(taken_back("gx/meter", gx_link)))
        << "what waits for a line that stands still";
    out.clear();
    now += 10s;
    outlet.tick(now, out);
    outlet.connected(now, out);
    EXPECT_THAT(out, IsEmpty());
    read(7.0);
    EXPECT_EQ(as_text(out), "gx/meter {\"grid\":{\"power\":7.0,\"L1\":{\"power\":7.0}}}\n");
}

} // namespace
} // namespace gridbridge
