// Set-up, refusal, several units, options: driver and simulator on a line without faults.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

TEST(BusSession, WrongSettingsAreWrittenOnceInOrder) {
    ModbusImage em24 = *built_in_image("em24");
    em24.registers[0x1101] = 0;
    em24.registers[0x1102] = 3;
    TestSlave slave(slave_options(Line::Pty, {em24}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_EQ(slave.writes(), (Writes{{0x1101, 7}, {0x1102, 0}}));
    EXPECT_EQ(driver.seen().info->error_code, 0);
}

TEST(BusSession, Em540IsSetToModeC) {
    ModbusImage em540 = *built_in_image("em540");
    em540.registers[0x1103] = 0;
    TestSlave slave(slave_options(Line::SerialOverTcp, {em540}));
    TestDriver driver({meter_on(slave, Line::SerialOverTcp)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(slave.writes(), (Writes{{0x1103, 2}}));
}

TEST(BusSession, SetupOffWritesNothing) {
    ModbusImage em24 = *built_in_image("em24");
    em24.registers[0x1101] = 0;
    TestSlave slave(slave_options(Line::Pty, {em24}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.setup = false;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_TRUE(slave.writes().empty());
    EXPECT_NE(driver.log().find("application"), std::string::npos) << driver.log();
}

TEST(BusSession, ALockedSelectorIsAnErrorAndNothingIsWritten) {
    ModbusImage em24 = *built_in_image("em24");
    em24.registers[0x1101] = 0;
    em24.registers[0x0304] = 3;
    TestSlave slave(slave_options(Line::Pty, {em24}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_EQ(driver.seen().info->error_code, 1);
    EXPECT_TRUE(slave.writes().empty());
}

TEST(BusSession, AnUnlockedSelectorIsNoticedAndTheSettingWritten) {
    ModbusImage em24 = *built_in_image("em24");
    em24.registers[0x1101] = 0;
    em24.registers[0x0304] = 3;
    em24.move = [](ModbusImage& image, double seconds) { image.registers[0x0304] = seconds < 1 ? 3 : 1; };
    TestSlave slave(slave_options(Line::Pty, {em24}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until([&] { return driver.seen().info && driver.seen().info->error_code == 1; }));
    ASSERT_TRUE(driver.until([&] { return driver.seen().info->error_code == 0; }));
    EXPECT_EQ(slave.writes(), (Writes{{0x1101, 7}}));
    EXPECT_TRUE(driver.seen().losses.empty());
}

TEST(BusSession, ALockedSelectorWithTheRightSettingsIsFine) {
    ModbusImage em24 = *built_in_image("em24");
    em24.registers[0x0304] = 3;
    TestSlave slave(slave_options(Line::Pty, {em24}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->error_code, 0);
    EXPECT_TRUE(slave.reads_of(0x0304).empty());
}

TEST(BusSession, AMeterThatRefusesItsSettingIsReadAllTheSame) {
    ModbusImage em540 = *built_in_image("em540");
    em540.registers[0x1103] = 0;
    em540.writable.clear();
    TestSlave slave(slave_options(Line::Pty, {em540}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->error_code, 1);
    EXPECT_EQ(slave.writes(), (Writes{{0x1103, 2}, {0x1103, 2}, {0x1103, 2}}));
}

TEST(BusSession, TheCodeIsOnlyReadAlone) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em540")}));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(slave.reads_of(0x000B).front(), std::pair(0x000B, 1));
    EXPECT_EQ(driver.seen().info->device_type, 1760);
}

TEST(BusSession, AnUnknownCodeIsRefusedByName) {
    ModbusImage image = *built_in_image("em24");
    image.single[0x000B] = 340;
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("340 (EM340 AV2)"), std::string::npos) << *driver.seen().lost;
    EXPECT_EQ(slave.requests(), 1U);
}

TEST(BusSession, TheModelOptionOverridesTheCode) {
    ModbusImage image = *built_in_image("em540");
    image.single[0x000B] = 2096;
    TestSlave slave(slave_options(Line::Pty, {image}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.model = "em540";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->device_type, 2096);
}

TEST(BusSession, AMeterWithoutSerialNumberIsNamedAfterItsUri) {
    ModbusImage image = *built_in_image("em24");
    image.registers.erase(0x1300);
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->serial.size(), 16U);
    EXPECT_FALSE(driver.seen().info->serial_is_stable);
}

TEST(BusSession, MissingOptionalRegistersAreLeftOutForGood) {
    ModbusImage image = *built_in_image("em24");
    image.move = nullptr;
    image.registers.erase(0x005C);
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(15));
    EXPECT_FALSE(driver.seen().reading->has(Quantity::EnergyReverse));
    EXPECT_TRUE(driver.seen().reading->has(Quantity::EnergyForward));
    EXPECT_EQ(slave.reads_of(0x005C).size(), 2U);
    EXPECT_TRUE(driver.seen().losses.empty());
}

TEST(BusSession, TwoUnitsShareALineAndADeadOneDoesNotStopThem) {
    ModbusImage first = *built_in_image("em24");
    ModbusImage second = *built_in_image("em540");
    second.unit = 2;
    TestSlave slave(slave_options(Line::Pty, {first, second}));
    std::vector<MeterConfig> meters(3, meter_on(slave, Line::Pty));
    meters[1].unit = 2;
    meters[2].unit = 3; // nobody
    TestDriver driver(meters);
    ASSERT_TRUE(driver.until([&] {
        return driver.seen(0).readings >= 20 && driver.seen(1).readings >= 20 &&
               driver.seen(2).lost.has_value();
    }));
    EXPECT_EQ(driver.seen(0).info->device_type, 71);
    EXPECT_EQ(driver.seen(1).info->device_type, 1760);
    EXPECT_EQ(driver.seen(2).readings, 0U);
    EXPECT_TRUE(driver.seen(0).losses.empty());
}

TEST(BusSession, AbsentPhasesOfTheEthernetMeterAreNotPublished) {
    ModbusImage image = *built_in_image("em540");
    image.single[0x000B] = 1648;
    image.max_words = 125;
    image.one_word.clear();
    for (const std::uint16_t address :
         {std::uint16_t{0xA000}, std::uint16_t{0xA100}, std::uint16_t{0x0304}}) {
        image.registers[address] = 7;
    }
    image.registers[0x1002] = 3; // 1P
    TestSlave slave(slave_options(Line::Tcp, {image}));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().info->phases, 1);
    EXPECT_TRUE(driver.seen().reading->has(Quantity::PowerL1));
    EXPECT_FALSE(driver.seen().reading->has(Quantity::PowerL2));
    EXPECT_FALSE(driver.seen().reading->has(Quantity::PhaseSequence));
}

TEST(BusSession, HostsAreFoundByName) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.host = "localhost";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->connection, "Modbus TCP localhost");
}

TEST(BusSession, AnUnknownHostIsNamed) {
    MeterConfig meter;
    meter.transport = Transport::Tcp;
    meter.host = "gridbridge.invalid";
    meter.port = 502;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("gridbridge.invalid"), std::string::npos) << *driver.seen().lost;
    EXPECT_LT(driver.stop(), std::chrono::seconds(1));
}

TEST(BusSession, CountersAndTimesAreFilledIn) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_GE(driver.seen().counters.good, 3U);
    EXPECT_GT(driver.seen().counters.round_trip.count(), 0);
    EXPECT_GT(driver.seen().reading->received, Clock::now() - 5s);
    EXPECT_EQ(driver.seen().info->connection, "Modbus TCP 127.0.0.1");
}

} // namespace
} // namespace gridbridge
