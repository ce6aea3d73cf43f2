// The real bus driver finds simulated SunSpec devices at the two ends of a real line.
#include "tests/drivers/modbus/sunspec/sunspec_line.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;
using namespace std::chrono_literals;

class SunSpecLine : public testing::TestWithParam<Line> {};

TEST_P(SunSpecLine, InverterAndMeterOfOneChainShareAConnection) {
    TestSlave slave(slave_options(GetParam(), {chain_of_two().image()}));
    TestDriver driver({sunspec_on(slave, GetParam()), sunspec_on(slave, GetParam(), "grid")});
    ASSERT_TRUE(driver.until_readings(3, 0));
    ASSERT_TRUE(driver.until_readings(3, 1));
    const MeterInfo& inverter = *driver.seen(0).info;
    EXPECT_EQ(inverter.kind, "sunspec");
    EXPECT_EQ(inverter.serial, "7E0A1234");
    EXPECT_TRUE(inverter.serial_is_stable);
    EXPECT_EQ(inverter.product_name, "SolarEdge SE10K");
    EXPECT_EQ(inverter.manufacturer, "SolarEdge");
    EXPECT_EQ(inverter.model, "SE10K");
    EXPECT_EQ(inverter.firmware, "1.4.2");
    EXPECT_EQ(inverter.default_role, "pvinverter");
    EXPECT_TRUE(inverter.role_is_fixed) << "an inverter is nothing else";
    EXPECT_FALSE(driver.seen(1).info->role_is_fixed);
    EXPECT_EQ(inverter.phases, 3);
    EXPECT_EQ(inverter.refresh_time, 1000ms);
    EXPECT_FALSE(inverter.supports_multiphase);
    EXPECT_EQ(driver.seen(1).info->serial, "4001");
    EXPECT_EQ(driver.seen(1).info->product_name, "WattNode WNC-3Y");
    EXPECT_EQ(driver.seen(1).info->manufacturer, "WattNode");
    EXPECT_EQ(driver.seen(0).reading->get(Power), 2300.0);
    EXPECT_EQ(driver.seen(0).reading->get(MaxPower), 10000.0);
    EXPECT_EQ(driver.seen(0).reading->get(StatusCode), 7.0);
    EXPECT_EQ(driver.seen(1).reading->get(Power), -1500.0);
    EXPECT_EQ(driver.seen(1).reading->get(EnergyReverse), 7000.0);
    EXPECT_FALSE(driver.seen(1).reading->has(StatusCode));
    EXPECT_TRUE(slave.writes().empty()) << "a SunSpec device is never written to";
    EXPECT_TRUE(slave.reads_of(0x000B).empty()) << "nor asked for an identification code";
    EXPECT_GE(slave.reads_of(40070 + 14).size(), 3U);
    for (const auto& read : slave.reads_of(40070 + 14)) {
        EXPECT_EQ(read, std::make_pair(40070, 52)) << "the whole model in one request";
    }
}

INSTANTIATE_TEST_SUITE_P(Lines, SunSpecLine, testing::Values(Line::Pty, Line::Tcp, Line::SerialOverTcp),
                         [](const auto& tested) { return name_of_line(tested.param); });

TEST(SunSpecDriver, SaysThatOnlyOneOfSeveralMetersIsServed) {
    SunSpecDevice two = chain_of_two();
    SunSpecDevice device;
    device.common("SolarEdge", "Export", "4001").model(203, 105);
    device.common("SolarEdge", "Production", "4002").model(203, 105).end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp, "grid")});
    ASSERT_TRUE(driver.until([&] { return driver.seen().info.has_value(); }));
    EXPECT_EQ(driver.seen().info->serial, "4001");
    EXPECT_NE(driver.log().find("have 2 meters: only number 1 is served; meter=1 to meter=2 chooses"),
              std::string::npos)
        << driver.log();
    TestSlave single(slave_options(Line::Tcp, {two.image()}));
    TestDriver other({sunspec_on(single, Line::Tcp, "grid")});
    ASSERT_TRUE(other.until_readings(1));
    EXPECT_EQ(other.log().find("is served"), std::string::npos) << other.log();
}

class SunSpecPlace : public testing::TestWithParam<unsigned> {};

TEST_P(SunSpecPlace, TheMarkerIsFound) {
    TestSlave slave(slave_options(Line::Tcp, {chain_of_two(GetParam()).image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().reading->get(Power), 2300.0);
}

INSTANTIATE_TEST_SUITE_P(Bases, SunSpecPlace, testing::Values(40000U, 50000U, 0U));

TEST(SunSpecDriver, SilenceAtOneBaseDoesNotEndTheSearchOfAKnownUnit) {
    ModbusImage image = chain_of_two(0).image();
    image.silent = {40000, 50000};
    TestSlave slave(slave_options(Line::Tcp, {image}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp);
    meter.unit = 1;
    meter.timeout = 300ms;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().reading->get(Power), 2300.0);
}

class SunSpecUnit : public testing::TestWithParam<int> {};

TEST_P(SunSpecUnit, IsFoundWhenItIsNotConfigured) {
    TestSlave slave(slave_options(Line::Tcp, {chain_of_two().image(GetParam())}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, "grid");
    meter.timeout = 500ms;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().info->serial, "4001");
}

INSTANTIATE_TEST_SUITE_P(Units, SunSpecUnit, testing::Values(126, 240, 247, 200, 71, 204));

TEST(SunSpecDriver, AConfiguredUnitIsTheOnlyOneAsked) {
    TestSlave slave(slave_options(Line::Tcp, {chain_of_two().image(1), chain_of_two().image(7)}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp);
    meter.unit = 7;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_NE(driver.log().find("unit 7: found SE10K"), std::string::npos) << driver.log();
}

TEST(SunSpecDriver, TheUnitWithTheRightDeviceIsTaken) {
    SunSpecDevice inverter;
    inverter.common("Fronius", "Symo 8.2-3-M", "29301000");
    add_inverter(inverter);
    inverter.end();
    SunSpecDevice meter;
    meter.common("Fronius", "Smart Meter 63A", "17410021");
    add_meter(meter);
    meter.end();
    TestSlave slave(slave_options(Line::Tcp, {inverter.image(1), meter.image(240)}));
    MeterConfig grid = sunspec_on(slave, Line::Tcp, "grid");
    grid.timeout = 500ms;
    TestDriver driver({sunspec_on(slave, Line::Tcp), grid});
    ASSERT_TRUE(driver.until_readings(2, 0));
    ASSERT_TRUE(driver.until_readings(2, 1));
    EXPECT_EQ(driver.seen(0).info->serial, "29301000");
    EXPECT_EQ(driver.seen(1).info->serial, "17410021");
}

// Its reads go on although the meter that belongs to it is looked for at units that are silent.
TEST(SunSpecDriver, AMeterThatIsNotThereHoldsUpNobody) {
    SunSpecDevice device;
    device.common("Fronius", "Symo 8.2-3-M", "29301000");
    add_inverter(device);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    MeterConfig inverter = sunspec_on(slave, Line::Tcp);
    MeterConfig grid = sunspec_on(slave, Line::Tcp, "grid");
    grid.timeout = 500ms;
    TestDriver driver({inverter, grid});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until([&] { return driver.seen(1).counters.timeouts >= 3; }));
    EXPECT_TRUE(driver.seen(0).losses.empty());
    EXPECT_EQ(driver.seen(1).readings, 0U);
}

TEST(SunSpecDriver, AChainMayEndInAnExceptionAndHoldUnknownModels) {
    SunSpecDevice device;
    device.common("SMA", "STP 8000", "3005").model(11, 13).model(64110, 40);
    add_inverter(device);
    TestSlave slave(slave_options(Line::Tcp, {device.image(126)}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp);
    meter.unit = 126;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().info->serial, "3005");
    EXPECT_FALSE(driver.seen().reading->has(MaxPower));
}

std::string refusal_for(const SunSpecDevice& device, const std::string& role) {
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, role);
    meter.unit = 1;
    TestDriver driver({meter});
    EXPECT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_EQ(driver.seen().readings, 0U);
    return driver.seen().lost.value_or("");
}

TEST(SunSpecDriver, AnotherKindOfDeviceIsNeverTakenInstead) {
    SunSpecDevice meter;
    meter.common("A", "B", "C1");
    add_meter(meter);
    meter.end();
    EXPECT_NE(refusal_for(meter, "").find("a meter but no inverter"), std::string::npos);
    SunSpecDevice inverter;
    inverter.common("A", "B", "C1");
    add_inverter(inverter);
    inverter.end();
    EXPECT_NE(refusal_for(inverter, "grid").find("an inverter but no meter"), std::string::npos);
    SunSpecDevice neither;
    neither.common("A", "B", "C1").model(802, 62).end();
    EXPECT_NE(refusal_for(neither, "").find("neither inverter"), std::string::npos);
}

TEST(SunSpecDriver, WithoutMarkerNothingIsFound) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp);
    meter.unit = 1;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("no SunSpec marker"), std::string::npos) << *driver.seen().lost;
}

TEST(SunSpecDriver, WithoutSerialNumbersEachDeviceStillHasItsIdentity) {
    SunSpecDevice device;
    device.common("Kostal", "Plenticore", "");
    add_inverter(device);
    add_meter(device);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp), sunspec_on(slave, Line::Tcp, "grid")});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until_readings(1, 1));
    EXPECT_FALSE(driver.seen(0).info->serial_is_stable);
    EXPECT_EQ(driver.seen(0).info->serial.size(), 16U);
    EXPECT_EQ(driver.seen(1).info->serial, driver.seen(0).info->serial + "_meter");
}

TEST(SunSpecDriver, AMeterWithTheNumberOfItsInverterHasAnother) {
    SunSpecDevice device;
    device.common("SMA", "STP", "3005");
    add_inverter(device);
    add_meter(device);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp), sunspec_on(slave, Line::Tcp, "grid")});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until_readings(1, 1));
    EXPECT_EQ(driver.seen(0).info->serial, "3005");
    EXPECT_EQ(driver.seen(1).info->serial, "3005_meter");
}

TEST(SunSpecDriver, InvertTurnsAMeterThatCountsTheOtherWay) {
    TestSlave slave(slave_options(Line::Tcp, {chain_of_two().image()}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp, "grid");
    meter.invert = {1, 2, 3};
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().reading->get(Power), 1500.0);
    EXPECT_EQ(driver.seen().reading->get(CurrentL1), 3.0);
    EXPECT_EQ(driver.seen().reading->get(EnergyForward), 7000.0);
    EXPECT_EQ(driver.seen().reading->get(EnergyReverse), 4000.0);
}

} // namespace
} // namespace gridbridge
