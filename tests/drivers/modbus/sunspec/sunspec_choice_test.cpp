// Several meters or inverters in one chain: which of them is served.
#include "drivers/modbus/sunspec/meter_use.hpp"
#include "tests/drivers/modbus/sunspec/sunspec_line.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;
using sunspec::MeterUse;

TEST(SunSpecMeterUse, IsSaidByTheOptions) {
    for (const char* text : {"Export+Import", "export", "IMPORT", "Export/Import"}) {
        EXPECT_EQ(sunspec::meter_use(text), MeterUse::Grid) << text;
    }
    EXPECT_EQ(sunspec::meter_use("Consumption"), MeterUse::Consumption);
    EXPECT_EQ(sunspec::meter_use("PRODUCTION"), MeterUse::Production);
    for (const char* text : {"", "opt", "Storage", "1.2.3"}) {
        EXPECT_EQ(sunspec::meter_use(text), MeterUse::Unknown) << text;
    }
}

TEST(SunSpecMeterUse, TheGridIsNeverAProductionMeter) {
    using enum MeterUse;
    const auto chosen = [](const std::vector<MeterUse>& uses) { return sunspec::grid_meter(uses); };
    EXPECT_EQ(chosen({Production, Grid}), 1U);
    EXPECT_EQ(chosen({Consumption, Unknown, Grid, Grid}), 2U);
    EXPECT_EQ(chosen({Unknown, Consumption}), 1U);
    EXPECT_EQ(chosen({Production, Unknown, Unknown}), 1U);
    EXPECT_EQ(chosen({Production, Production}), std::nullopt);
    EXPECT_EQ(chosen({}), std::nullopt);
}

void add_meter_of(SunSpecDevice& device, std::string_view serial, std::string_view options, int watts) {
    device.common("SolarEdge", "SE-RGMTR", serial).options(options);
    add_meter(device);
    device.words(18, {watts, 0x8000, 0x8000, 0x8000, 0});
}

SunSpecDevice house(std::string_view first, std::string_view second) {
    SunSpecDevice device;
    device.common("SolarEdge", "SE10K", "7E0A1234");
    add_inverter(device);
    add_meter_of(device, "4001", first, 4800);
    add_meter_of(device, "4002", second, -350);
    device.end();
    return device;
}

struct Choice {
    const char *name, *first, *second, *role;
    std::optional<int> number;
    double watts;
};

class SunSpecChoice : public testing::TestWithParam<Choice> {};

TEST_P(SunSpecChoice, OfTwoMeters) {
    const Choice& choice = GetParam();
    TestSlave slave(slave_options(Line::Tcp, {house(choice.first, choice.second).image()}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, choice.role);
    meter.unit = 1;
    meter.chain_number = choice.number;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().reading->get(Power), choice.watts);
    EXPECT_EQ(driver.seen().info->serial, choice.watts > 0 ? "4001" : "4002");
    EXPECT_EQ(driver.log().find("2 meters: only number") == std::string::npos, choice.number.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Chains, SunSpecChoice,
    testing::Values(Choice{"GridBehindProduction", "Production", "Export+Import", "grid", {}, -350},
                    Choice{"GridInFront", "Export+Import", "Production", "grid", {}, 4800},
                    Choice{"ConsumptionBehindProduction", "Production", "Consumption", "grid", {}, -350},
                    Choice{"NothingIsSaid", "", "", "grid", {}, 4800},
                    Choice{"SecondByKey", "Export+Import", "Production", "grid", 2, -350},
                    Choice{"ProductionByKey", "Production", "Export+Import", "grid", 1, 4800},
                    Choice{"AnotherRole", "Production", "Export+Import", "acload", {}, 4800}),
    [](const auto& tested) { return std::string(tested.param.name); });

std::string refusal_of(const SunSpecDevice& device, std::optional<int> number, std::string_view role) {
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, std::string(role));
    meter.unit = 1;
    meter.chain_number = number;
    TestDriver driver({meter});
    EXPECT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_EQ(driver.seen().readings, 0U);
    return driver.seen().lost.value_or("");
}

TEST(SunSpecDriver, MetersOfTheProductionAloneAreNoGrid) {
    EXPECT_NE(refusal_of(house("Production", "Production"), {}, "grid").find("measures production"),
              std::string::npos);
    EXPECT_NE(refusal_of(house("", ""), 3, "grid").find("have only 2 meters: set meter=2 or less"),
              std::string::npos);
    EXPECT_NE(refusal_of(house("", ""), 2, "").find("have only 1 inverter"), std::string::npos);
}

TEST(SunSpecDriver, SeveralInvertersOfOneChainAreChosenByNumber) {
    SunSpecDevice device;
    for (const char* serial : {"7E01", "7E02"}) {
        device.common("SolarEdge", "SE10K", serial);
        add_inverter(device);
    }
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    MeterConfig first = sunspec_on(slave, Line::Tcp);
    first.chain_number = 1;
    TestDriver driver({first, sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until_readings(1, 1));
    EXPECT_EQ(driver.seen(0).info->serial, "7E01");
    EXPECT_EQ(driver.seen(1).info->serial, "7E02") << "the last, where nothing chooses";
}

TEST(SunSpecDriver, MetersWithOneNumberAreTwoDevices) {
    SunSpecDevice device;
    add_meter_of(device, "", "", 4800);
    add_meter_of(device, "", "", -350);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    MeterConfig first = sunspec_on(slave, Line::Tcp, "grid");
    first.chain_number = 1;
    MeterConfig second = first;
    second.chain_number = 2;
    TestDriver driver({first, second});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until_readings(1, 1));
    EXPECT_EQ(driver.seen(1).info->serial, driver.seen(0).info->serial + "_2");
}

TEST(SunSpecDriver, AMeterIsAPvInverterWhereItsUnitIsNamed) {
    SunSpecDevice device;
    add_meter_of(device, "4001", "", 900);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image(201)}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, "pvinverter");
    meter.unit = 201;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().reading->get(Power), 900.0);
    EXPECT_FALSE(driver.seen().info->role_is_fixed);
}

} // namespace
} // namespace gridbridge
