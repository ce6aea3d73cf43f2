// One phase, two devices on one meter, and what clients ask for while it runs: driver and simulator.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr PhaseMode multi_phase{true, false};
constexpr PhaseMode single_phase{false, false};
constexpr PhaseMode pv_on_l2{false, true};

void put(ModbusImage& image, int address, std::int64_t value, int words = 2) {
    for (int i = 0; i < words; ++i) {
        image.registers[static_cast<std::uint16_t>(address + i)] =
            static_cast<std::uint16_t>(value >> (16 * i));
    }
}

// Phase 1 exports 340 W, phases 2 and 3 import 560 W and 70 W; every value differs from every other.
ModbusImage still(const char* name) {
    ModbusImage image = *built_in_image(name);
    image.move = nullptr;
    for (int phase = 0; phase < 3; ++phase) {
        put(image, 2 * phase, 2301 - 10 * phase);                                                       // V
        put(image, 0x0C + 2 * phase, 1500 + 1000 * phase);                                              // A
        put(image, 0x12 + 2 * phase, std::array{-3400, 5600, 700}.at(static_cast<std::size_t>(phase))); // W
    }
    put(image, 0x28, 2900);
    if (image.model == "et340") {
        put(image, 0x34, 40000);
        put(image, 0x40, 11000);
        put(image, 0x42, 12000);
        put(image, 0x4E, 9000);
        put(image, 0x60, 6000);
        put(image, 0x62, 2000);
        put(image, 0x64, 1000);
    } else if (image.model == "em540" || image.model == "em580") {
        put(image, 0x500, 4000000, 4);
        put(image, 0x510, 1100000, 4);
        put(image, 0x514, 1200000, 4);
        put(image, 0x51C, 900000, 4);
    } else {
        put(image, 0x3E, 40000);
        put(image, 0x46, 11000);
        put(image, 0x48, 12000);
        put(image, 0x5C, 9000);
    }
    return image;
}

std::string device_id_of(const char* name) {
    const std::map<std::string, std::string> serials{{"em24", "BX1230010001S"},
                                                     {"et340", "123002S"},
                                                     {"em340_s27", "123003T"},
                                                     {"em540", "KY1230010001S"},
                                                     {"em580", "KZ1230010001S"}};
    return "cgwacs_" + serials.at(name);
}

struct UseCase {
    const char* image;
    Writes single; // on a meter set up for three phases
    Writes pv;
    double single_power;
    std::optional<double> export_l1, export_l2; // kWh, with PV on L2
};

class PhaseUseOf : public testing::TestWithParam<UseCase> {};

TEST_P(PhaseUseOf, ASinglePhaseMeterReadsOnlyItsPhaseAndTheTotals) {
    TestSlave slave(slave_options(Line::Pty, {still(GetParam().image)}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.multiphase = false;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(10));
    EXPECT_EQ(slave.writes(), GetParam().single);
    const MeterInfo& info = *driver.seen().info;
    EXPECT_TRUE(info.supports_multiphase);
    EXPECT_FALSE(info.multiphase);
    EXPECT_EQ(info.phases, 1);
    EXPECT_FALSE(info.estimate_reverse_per_phase);
    const Reading& reading = *driver.seen().reading;
    EXPECT_EQ(reading.get(Power), GetParam().single_power);
    EXPECT_EQ(reading.get(Voltage), 230.1);
    EXPECT_EQ(reading.get(Current), GetParam().single_power < 0 ? -1.5 : 1.5);
    EXPECT_EQ(reading.get(EnergyForward), 4000.0);
    EXPECT_EQ(reading.get(EnergyReverse), 900.0);
    EXPECT_TRUE(reading.has(Frequency));
    for (const Quantity total : {Power, Voltage, Current, EnergyForward, EnergyReverse}) {
        EXPECT_EQ(reading.get(of_phase(total, 1)), reading.get(total));
        EXPECT_FALSE(reading.has(of_phase(total, 2)));
        EXPECT_FALSE(reading.has(of_phase(total, 3)));
    }
    EXPECT_FALSE(reading.has(PhaseSequence));
    EXPECT_EQ(driver.second().readings, 0U);
}

TEST_P(PhaseUseOf, PvOnL2IsADeviceOfItsOwn) {
    TestSlave slave(slave_options(Line::Pty, {still(GetParam().image)}));
    TestDriver driver({meter_on(slave, Line::Pty)}, {{device_id_of(GetParam().image), pv_on_l2}});
    ASSERT_TRUE(driver.until([&] { return driver.seen().readings >= 10 && driver.second().readings >= 10; }));
    EXPECT_EQ(slave.writes(), GetParam().pv);
    const MeterInfo& info = *driver.second().info;
    EXPECT_EQ(info.serial, driver.seen().info->serial + "_S");
    EXPECT_EQ(info.kind, "cgwacs");
    EXPECT_EQ(info.default_role, "pvinverter");
    EXPECT_EQ(info.phases, 1);
    EXPECT_FALSE(info.supports_multiphase);
    EXPECT_TRUE(driver.seen().info->supports_multiphase);
    EXPECT_FALSE(driver.seen().info->multiphase);
    EXPECT_FALSE(driver.seen().info->estimate_reverse_per_phase);
    const auto expect = [](const Reading& reading, double power, double voltage, double current,
                           double import, std::optional<double> exported) {
        for (const int phase : {0, 1}) {
            EXPECT_EQ(reading.get(of_phase(Power, phase)), power);
            EXPECT_EQ(reading.get(of_phase(Voltage, phase)), voltage);
            EXPECT_EQ(reading.get(of_phase(Current, phase)), current);
            EXPECT_EQ(reading.get(of_phase(EnergyForward, phase)), import);
            EXPECT_EQ(reading.get(of_phase(EnergyReverse, phase)), exported);
        }
        for (const Quantity absent : {PowerL2, PowerL3, VoltageL2, CurrentL2, EnergyForwardL2,
                                      EnergyReverseL2, Frequency, PhaseSequence}) {
            EXPECT_FALSE(reading.has(absent)) << quantity_table[index_of(absent)].name;
        }
    };
    expect(*driver.seen().reading, -340.0, 230.1, -1.5, 1100.0, GetParam().export_l1);
    expect(*driver.second().reading, 560.0, 229.1, 2.5, 1200.0, GetParam().export_l2);
}

// The whole way, there and back, without ever losing the meter.
TEST_P(PhaseUseOf, TheModeChangesWhileTheMeterRuns) {
    const std::string device_id = device_id_of(GetParam().image);
    TestSlave slave(slave_options(Line::Pty, {still(GetParam().image)}));
    TestDriver driver({meter_on(slave, Line::Pty)}, {{device_id, multi_phase}});
    ASSERT_TRUE(driver.until([&] { return driver.seen().reading && driver.seen().reading->has(PowerL3); }));
    driver.orders().set_phase_mode(device_id, pv_on_l2);
    ASSERT_TRUE(driver.until([&] { return driver.second().readings >= 3; }));
    EXPECT_EQ(slave.writes(), GetParam().pv);
    driver.orders().set_phase_mode(device_id, single_phase);
    ASSERT_TRUE(driver.until([&] { return !driver.second().losses.empty(); }));
    driver.orders().set_phase_mode(device_id, multi_phase);
    ASSERT_TRUE(driver.until([&] { return driver.seen().reading && driver.seen().reading->has(PowerL3); }));
    EXPECT_TRUE(driver.seen().info->multiphase);
    EXPECT_EQ(driver.seen().info->phases, 3);
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_EQ(driver.second().losses.size(), 1U);
    EXPECT_FALSE(driver.second().reading.has_value());
    for (const Reading& reading : driver.seen().all) {
        const bool three = reading.has(PowerL3);
        EXPECT_TRUE(reading.empty() || three == (reading.get(Power) == 290.0) ||
                    GetParam().single_power == 290.0)
            << "no snapshot of one mode carries values of another";
    }
}

INSTANTIATE_TEST_SUITE_P(Models, PhaseUseOf,
                         testing::Values(UseCase{"em24", {{0x1102, 3}}, {}, -340.0, 900.0, {}},
                                         UseCase{"et340", {}, {{0x1002, 2}}, -340.0, 600.0, 200.0},
                                         UseCase{"em340_s27", {}, {{0x1002, 2}}, 290.0, 900.0, {}},
                                         UseCase{"em540", {}, {{0x1103, 1}}, -340.0, 900.0, {}}),
                         [](const auto& tested) { return std::string(tested.param.image); });

TEST(PhaseChoice, AClientsChoiceStandsBeforeTheConfiguration) {
    TestSlave slave(slave_options(Line::Pty, {still("em24")}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.multiphase = false;
    TestDriver driver({meter}, {{device_id_of("em24"), multi_phase}});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_TRUE(driver.seen().info->multiphase);
    EXPECT_TRUE(slave.writes().empty()) << "known before the set-up";
}

TEST(PhaseChoice, TheEm580KnowsNoPvOnL2) {
    TestSlave slave(slave_options(Line::Pty, {still("em580")}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.model = "em580";
    TestDriver driver({meter}, {{device_id_of("em580"), pv_on_l2}});
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_EQ(driver.seen().reading->get(Power), -340.0);
    EXPECT_EQ(driver.second().readings, 0U);
    EXPECT_TRUE(slave.writes().empty());
}

TEST(PhaseChoice, AMeterOfOnePhaseHasNone) {
    TestSlave slave(slave_options(Line::Pty, {*built_in_image("et112")}));
    TestDriver driver({meter_on(slave, Line::Pty)}, {{"cgwacs_123001X", multi_phase}});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_FALSE(driver.seen().info->supports_multiphase);
    EXPECT_FALSE(driver.seen().info->multiphase);
    EXPECT_EQ(driver.seen().reading->get(Power), driver.seen().reading->get(PowerL1));
}

TEST(PhaseChoice, AnEm340WithoutCountersPerPhaseGivesAllExportToPhase1) {
    ModbusImage image = still("et340");
    std::erase_if(image.registers,
                  [](const auto& entry) { return entry.first >= 0x60 && entry.first < 0x66; });
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)}, {{device_id_of("et340"), pv_on_l2}});
    ASSERT_TRUE(driver.until([&] { return driver.second().readings >= 2; }));
    EXPECT_EQ(driver.seen().reading->get(EnergyReverse), 900.0);
    EXPECT_FALSE(driver.second().reading->has(EnergyReverse));
    EXPECT_FALSE(driver.seen().info->estimate_reverse_per_phase);
}

TEST(PhaseChoice, ALostMeterTakesItsSecondDeviceWithIt) {
    SlaveOptions options = slave_options(Line::Pty, {still("em24")});
    ASSERT_EQ(parse_fault("silence=1000@2", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.timeout = std::chrono::milliseconds(150);
    TestDriver driver({meter}, {{device_id_of("em24"), pv_on_l2}});
    ASSERT_TRUE(driver.until([&] { return driver.second().readings > 0; }));
    ASSERT_TRUE(driver.until([&] { return driver.second().losses.size() == 1; }));
    EXPECT_EQ(driver.seen().losses, driver.second().losses);
}

// A change that the meter does not let through at once is tried again; values stay unknown meanwhile.
TEST(PhaseChoice, AChangeSurvivesALossyLine) {
    SlaveOptions options = slave_options(Line::Pty, {still("et340")});
    ASSERT_EQ(parse_fault("drop=3", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.timeout = std::chrono::milliseconds(150);
    TestDriver driver({meter}, {{device_id_of("et340"), multi_phase}});
    ASSERT_TRUE(driver.until_readings(2));
    driver.orders().set_phase_mode(device_id_of("et340"), pv_on_l2);
    ASSERT_TRUE(driver.until([&] { return driver.second().readings >= 2; }));
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_EQ(driver.second().reading->get(Power), 560.0);
}

// The EM24 Ethernet has its data where the EM540 has them.
ModbusImage em24_ethernet_image() {
    ModbusImage image = *built_in_image("em540");
    image.move = nullptr;
    image.single[0x000B] = 1648;
    image.max_words = 125;
    image.one_word.clear();
    image.registers[0xA000] = 7;
    image.registers[0xA100] = 1;
    image.registers[0x0304] = 0x1803;
    image.registers[0x1002] = 0;
    image.writable = {{0x1002, {0, 4}}};
    return image;
}

TEST(PhaseConfig, IsWrittenOnOrderAndTheMeterReadAnew) {
    TestSlave slave(slave_options(Line::Tcp, {em24_ethernet_image()}));
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.setup = false; // is about what the program writes by itself
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(driver.seen().info->phase_config, 0);
    EXPECT_TRUE(driver.seen().reading->has(PowerL2));
    ASSERT_TRUE(driver.orders().put({0, 0}, SetPhaseConfig{3}));
    ASSERT_TRUE(driver.until([&] { return driver.seen().info->phase_config == 3; }));
    const std::size_t before = driver.seen().readings;
    ASSERT_TRUE(driver.until_readings(before + 3));
    EXPECT_EQ(driver.seen().info->phases, 1);
    EXPECT_FALSE(driver.seen().reading->has(PowerL2));
    EXPECT_EQ(slave.writes(), (Writes{{0x1002, 3}}));
    EXPECT_EQ(slave.reads_of(0x5000).size(), 2U);
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
}

TEST(PhaseConfig, IsRefusedWhereThereIsNone) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em540")}));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1));
    ASSERT_TRUE(driver.orders().put({0, 0}, SetPhaseConfig{3}));
    const std::size_t before = driver.seen().readings;
    ASSERT_TRUE(driver.until_readings(before + 4));
    EXPECT_TRUE(slave.writes().empty());
    EXPECT_NE(driver.log().find("phase configuration"), std::string::npos) << driver.log();
}

TEST(PhaseConfig, AnOrderToAMeterThatIsNotThereIsNotKept) {
    SlaveOptions options = slave_options(Line::Tcp, {em24_ethernet_image()});
    ASSERT_EQ(parse_fault("silence=2", options.faults), "");
    TestSlave slave(std::move(options));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.orders().put({0, 0}, SetPhaseConfig{3}));
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_TRUE(slave.writes().empty());
    EXPECT_NE(driver.log().find("not carried out"), std::string::npos) << driver.log();
}

} // namespace
} // namespace gridbridge
