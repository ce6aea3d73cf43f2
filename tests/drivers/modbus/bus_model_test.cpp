// What is particular to one model, through driver and simulator: set-up, variants, export per phase.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gridbridge {
namespace {

struct SetUpCase {
    const char* image;
    Writes wrong;    // registers before the start
    Writes expected; // in order
};

class ModelSetUp : public testing::TestWithParam<SetUpCase> {};

TEST_P(ModelSetUp, WritesWhatIsWrongAndNothingElse) {
    ModbusImage image = *built_in_image(GetParam().image);
    for (const auto& [address, value] : GetParam().wrong) {
        image.registers[static_cast<std::uint16_t>(address)] = static_cast<std::uint16_t>(value);
    }
    TestSlave slave(slave_options(Line::Pty, {image}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.model = image.model == "em580" ? image.model : "";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_EQ(slave.writes(), GetParam().expected);
    EXPECT_EQ(driver.seen().info->error_code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Models, ModelSetUp,
    testing::Values(SetUpCase{"em24", {{0x1101, 4}, {0x1102, 3}}, {{0x1101, 7}, {0x1102, 0}}},
                    SetUpCase{"et112", {{0x1103, 0}}, {{0x1103, 1}}}, SetUpCase{"et112", {}, {}},
                    SetUpCase{"et340", {{0x1103, 0}, {0x1002, 2}}, {{0x1103, 1}, {0x1002, 0}}},
                    SetUpCase{"em340_s27", {{0x1103, 0}, {0x1002, 3}}, {{0x1103, 1}, {0x1002, 0}}},
                    SetUpCase{"em540", {{0x1103, 1}, {0x1002, 1}}, {{0x1103, 2}, {0x1002, 0}}},
                    SetUpCase{"em580", {{0x1103, 0}, {0x1002, 1}}, {}}),
    [](const auto& test) {
        return std::string(test.param.image) + (test.param.wrong.empty() ? "_in_order" : "_wrong");
    });

ModbusImage em340_of(std::uint16_t code, std::uint16_t year, bool has_wh) {
    ModbusImage image = *built_in_image("et340");
    image.move = nullptr;
    image.single[0x000B] = code;
    image.registers[0x0034] = 104227 & 0xFFFF;
    image.registers[0x0035] = 104227 >> 16;
    image.registers[0x004E] = 21;
    image.registers[0x004F] = 0;
    if (year != 0) {
        image.registers[0x5010] = year;
    }
    if (has_wh) {
        const std::array<std::uint16_t, 12> words{10422, 0, 753, 0, 0, 0, 0, 0, 2, 0, 123, 0};
        for (std::size_t i = 0; i < words.size(); ++i) {
            image.registers[static_cast<std::uint16_t>(0x0400 + i)] = words[i];
        }
    }
    return image;
}

struct TotalsCase {
    const char* name;
    std::uint16_t code, year;
    bool has_wh;
    double import, exported;
};

class TotalsOfAnEm340 : public testing::TestWithParam<TotalsCase> {};

TEST_P(TotalsOfAnEm340, AreInWhWhereItTellsItsYearAndHasThem) {
    const TotalsCase& wanted = GetParam();
    TestSlave slave(slave_options(Line::Pty, {em340_of(wanted.code, wanted.year, wanted.has_wh)}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(2)) << driver.log();
    EXPECT_DOUBLE_EQ(driver.seen().reading->get(Quantity::EnergyForward).value_or(-1), wanted.import);
    EXPECT_DOUBLE_EQ(driver.seen().reading->get(Quantity::EnergyReverse).value_or(-1), wanted.exported);
    EXPECT_TRUE(driver.seen().losses.empty());
}

INSTANTIATE_TEST_SUITE_P(Meters, TotalsOfAnEm340,
                         testing::Values(TotalsCase{"Younger", 341, 2019, true, 10422.753, 2.123},
                                         TotalsCase{"Em341", 346, 2021, true, 10422.753, 2.123},
                                         TotalsCase{"WithoutThem", 341, 2019, false, 10422.7, 2.1},
                                         TotalsCase{"Older", 341, 0, true, 10422.7, 2.1},
                                         TotalsCase{"AnotherModel", 345, 2019, true, 10422.7, 2.1}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// A certified meter confirms the write and stays in mode A.
ModbusImage stays_in_mode_a(const char* name) {
    ModbusImage image = *built_in_image(name);
    image.move = [](ModbusImage& moved, double) { moved.registers[0x1103] = 0; };
    image.registers[0x1103] = 0;
    return image;
}

struct PfaCase {
    const char* name;
    ModbusImage (*image)();
    const char* reason;
};

class PfaVariant : public testing::TestWithParam<PfaCase> {};

TEST_P(PfaVariant, IsRefusedForTheGridAndSaysWhy) {
    TestSlave slave(slave_options(Line::Pty, {GetParam().image()}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find(GetParam().reason), std::string::npos) << *driver.seen().lost;
    EXPECT_NE(driver.seen().lost->find("role grid is not possible"), std::string::npos)
        << *driver.seen().lost;
    EXPECT_NE(driver.seen().lost->find("PFA"), std::string::npos) << *driver.seen().lost;
    EXPECT_EQ(driver.seen().readings, 0U);
}

TEST_P(PfaVariant, ServesAnotherRoleWithAWarning) {
    TestSlave slave(slave_options(Line::Pty, {GetParam().image()}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.role = "pvinverter";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_NE(driver.log().find("PFA"), std::string::npos) << driver.log();
}

ModbusImage em24_with_version_10() {
    ModbusImage image = *built_in_image("em24");
    image.registers[0x0302] = 10;
    return image;
}
ModbusImage em540_pfa() {
    ModbusImage image = *built_in_image("em540");
    image.single[0x000B] = 1761;
    return image;
}
ModbusImage et340_in_mode_a() {
    return stays_in_mode_a("et340");
}
ModbusImage et112_in_mode_a() {
    return stays_in_mode_a("et112");
}

INSTANTIATE_TEST_SUITE_P(Meters, PfaVariant,
                         testing::Values(PfaCase{"Em24", em24_with_version_10, "version code 10"},
                                         PfaCase{"Em540", em540_pfa, "1761 (EM540DINAV23XS1PFA)"},
                                         PfaCase{"Et340", et340_in_mode_a, "measurement mode stays A"},
                                         PfaCase{"Et112", et112_in_mode_a, "measurement mode stays A"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ModelVariant, PfbOfTheEm540IsServedWithAWarning) {
    ModbusImage image = *built_in_image("em540");
    image.single[0x000B] = 1762;
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_NE(driver.log().find("PFB"), std::string::npos) << driver.log();
}

ModbusImage still_et340() {
    ModbusImage image = *built_in_image("et340");
    image.move = nullptr;
    image.registers[0x004E] = 20473; // 2047.3 kWh
    image.registers[0x0060] = 18005;
    return image;
}

TEST(PhaseExport, IsReadWhereTheMeterCountsIt) {
    TestSlave slave(slave_options(Line::Pty, {still_et340()}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_FALSE(driver.seen().info->estimate_reverse_per_phase);
    EXPECT_EQ(driver.seen().reading->get(Quantity::EnergyReverseL1), 1800.5);
}

TEST(PhaseExport, AnExceptionProvesThatItIsEstimated) {
    ModbusImage image = still_et340();
    std::erase_if(image.registers,
                  [](const auto& entry) { return entry.first >= 0x60 && entry.first < 0x66; });
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(5));
    EXPECT_TRUE(driver.seen().info->estimate_reverse_per_phase);
    EXPECT_FALSE(driver.seen().reading->has(Quantity::EnergyReverseL1));
    EXPECT_EQ(driver.seen().reading->get(Quantity::EnergyReverse), 2047.3);
    EXPECT_EQ(slave.reads_of(0x0060).size(), 2U) << "asked for good, then never again";
}

TEST(PhaseExport, ALostAnswerProvesNothing) {
    SlaveOptions options = slave_options(Line::Pty, {still_et340()});
    ASSERT_EQ(parse_fault("drop=3", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.timeout = std::chrono::milliseconds(150);
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(4));
    EXPECT_FALSE(driver.seen().info->estimate_reverse_per_phase);
    EXPECT_EQ(driver.seen().reading->get(Quantity::EnergyReverseL1), 1800.5);
}

TEST(PhaseExport, CountersThatStayZeroAreNotBelieved) {
    ModbusImage image = still_et340();
    for (const std::uint16_t address : {std::uint16_t{0x60}, std::uint16_t{0x62}, std::uint16_t{0x64}}) {
        image.registers[address] = 0;
    }
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_TRUE(driver.seen().info->estimate_reverse_per_phase);
    EXPECT_FALSE(driver.seen().reading->has(Quantity::EnergyReverseL1));
}

TEST(SinglePhase, ValuesOfThePhaseAreTheTotals) {
    TestSlave slave(slave_options(Line::Pty, {*built_in_image("et112")}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.invert = {1};
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    const Reading& reading = *driver.seen().reading;
    EXPECT_EQ(driver.seen().info->phases, 1);
    EXPECT_GT(*reading.get(Quantity::Power), 0) << "turned before the totals are made";
    for (const Quantity total : {Quantity::Power, Quantity::Current, Quantity::Voltage,
                                 Quantity::EnergyForward, Quantity::EnergyReverse}) {
        EXPECT_TRUE(reading.has(total));
        EXPECT_EQ(reading.get(total), reading.get(of_phase(total, 1)));
        EXPECT_FALSE(reading.has(of_phase(total, 2)));
    }
    EXPECT_EQ(slave.reads_of(0x0004).back(), std::pair(0x0000, 36));
}

TEST(Em580, ReadsOnlyItsDocumentedRegisters) {
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em580")}));
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.model = "em580";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(5));
    for (const int absent : {0x0304, 0x1002, 0x1101, 0x1103, 0xA000}) {
        EXPECT_TRUE(slave.reads_of(absent).empty()) << absent;
    }
    EXPECT_TRUE(slave.writes().empty());
    EXPECT_EQ(driver.seen().info->model, "EM580");
    EXPECT_EQ(driver.seen().info->firmware, "1.2.5");
    EXPECT_EQ(driver.seen().info->manufacturer, "Carlo Gavazzi");
}

MeterConfig em580_on(const TestSlave& slave) {
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.driver = DriverKind::Em580;
    meter.model = "em580"; // as the driver implies
    return meter;
}

class Em300UnderEm580 : public testing::TestWithParam<int> {};

TEST_P(Em300UnderEm580, GivesLiveValuesAndSignsNothing) {
    ModbusImage image = *built_in_image("et340");
    image.single[0x000B] = static_cast<std::uint16_t>(GetParam());
    image.registers[0x1103] = 0;
    TestSlave slave(slave_options(Line::Tcp, {image}));
    TestDriver driver({em580_on(slave)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_TRUE(driver.seen().reading->has(Quantity::Power));
    EXPECT_TRUE(driver.seen().reading->has(Quantity::EnergyForward));
    EXPECT_TRUE(slave.writes().empty()) << "the driver sets nothing up";
    driver.orders().transactions().ask({0, 0}, StopTransaction{"0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01"});
    TransactionReason reason{};
    ASSERT_TRUE(driver.until([&] {
        for (const auto& [source, event] : driver.orders().transactions().take_events()) {
            const auto* const result = std::get_if<TransactionResult>(&event);
            reason = result != nullptr ? result->reason : reason;
        }
        return reason != TransactionReason{};
    }));
    EXPECT_EQ(reason, TransactionReason::NotSupported);
    EXPECT_TRUE(slave.reads_of(0x7100).empty());
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
}

INSTANTIATE_TEST_SUITE_P(Codes, Em300UnderEm580, testing::Values(331, 332, 335, 336, 340, 341, 345, 346, 355),
                         [](const auto& tested) { return std::to_string(tested.param); });

TEST(Em580, IsNamedWhereTheOtherDriverMeetsIt) {
    ModbusImage image = *built_in_image("em580");
    image.move = nullptr;
    image.registers[0x24FF] = 1;
    for (const bool has_code : {true, false}) {
        if (has_code) {
            image.single[0x000B] = 2032;
        } else {
            image.single.erase(0x000B);
            image.registers.erase(0x000B);
        }
        TestSlave slave(slave_options(Line::Tcp, {image}));
        TestDriver driver({meter_on(slave, Line::Tcp)});
        ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
        EXPECT_NE(driver.seen().lost->find("em580+"), std::string::npos) << *driver.seen().lost;
    }
}

TEST(Units, OneAndTwoAreLookedAtWhereNoneIsGiven) {
    ModbusImage image = *built_in_image("em24");
    image.unit = 2;
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_NE(driver.log().find("unit 2: found"), std::string::npos) << driver.log();
}

TEST(Units, AGivenOneIsTheOnlyOne) {
    ModbusImage image = *built_in_image("em24");
    image.unit = 2;
    TestSlave slave(slave_options(Line::Pty, {image}));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.unit = 1;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_EQ(slave.requests(), 0U);
}

} // namespace
} // namespace gridbridge
