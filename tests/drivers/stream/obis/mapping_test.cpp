#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/power_sign.hpp"
#include "tests/drivers/stream/obis/objects.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gridbridge::test {
namespace {

using enum Quantity;

TEST(Units, AreThoseOfTheTable) {
    EXPECT_EQ(convert_unit(1.19, "kW", Power), 1190.0);
    EXPECT_EQ(convert_unit(286, "w", Power), 286.0);
    EXPECT_EQ(convert_unit(6545766, "Wh", EnergyForward), 6545.766);
    EXPECT_EQ(convert_unit(1.5, "KVAr", ReactivePower), 1500.0);
    EXPECT_EQ(convert_unit(1.5, "kVArh", ReactiveEnergyForward), 1.5);
    EXPECT_EQ(convert_unit(1, "", PowerFactor), 1.0);
    EXPECT_EQ(convert_unit(12.3, "MW", Power), 12.3e6);
    EXPECT_EQ(convert_unit(0.24, "kV", VoltageL1), 240.0);
    EXPECT_EQ(convert_unit(0.005, "kA", CurrentL1), 5.0);
    EXPECT_EQ(convert_unit(0.05, "kHz", Frequency), 50.0);
    EXPECT_EQ(convert_unit(1.5, " kWh ", EnergyForward), 1.5);
    EXPECT_EQ(convert_unit(1.5, "k Wh", EnergyForward), 1.5);
    EXPECT_FALSE(convert_unit(1, "kWhh", EnergyForward));
    EXPECT_FALSE(convert_unit(1, "A", Power));
    EXPECT_FALSE(convert_unit(1, "", Power));
    EXPECT_FALSE(convert_unit(1, "W", PowerFactor));
}

TEST(Mapping, PowerIsAlwaysTheDifference) {
    EXPECT_EQ(power_of({number("1-0:1.7.0", 1.5, "kW"), number("1-0:2.7.0", 0.5, "kW")}), 1000.0);
    EXPECT_EQ(power_of({number("1-0:2.7.0", 0.5, "kW")}), -500.0);
    EXPECT_EQ(power_of({number("1-0:1.7.0", 0.5, "kW")}), 500.0);
    EXPECT_FALSE(std::signbit(power_of({number("1-0:2.7.0", 0.0, "kW")}).value()));
    EXPECT_FALSE(power_of({number("1-0:1.8.0", 0.5, "kWh")}));
}

TEST(Mapping, TheClockOfAP1TelegramIsASecondOfTheHour) {
    ObisObject clock;
    clock.code = parse_obis("0-0:1.0.0").value();
    const auto second_of = [&](const char* text) {
        clock.text = text;
        return to_reading(telegram_of({number("1-0:1.7.0", 1, "kW"), clock})).meter_second;
    };
    EXPECT_EQ(second_of("261130141503W"), 15 * 60 + 3);
    EXPECT_EQ(second_of("260630235959S"), 59 * 60 + 59);
    EXPECT_EQ(second_of("632525252525S"), std::nullopt);
    EXPECT_EQ(to_reading(telegram_of({number("1-0:1.7.0", 1, "kW")})).meter_second, std::nullopt);
}

TEST(Mapping, TotalPowerOrder) {
    const auto net = number("1-0:16.7.0", 1, "W");
    const auto import = number("1-0:1.7.0", 2, "W");
    const auto absolute = number("1-0:15.7.0", 3, "W");
    const auto old = number("1-0:1.7.1", -4, "W");
    EXPECT_EQ(power_of({old, absolute, import, net}), 1.0);
    EXPECT_EQ(power_of({old, absolute, import}), 2.0);
    EXPECT_EQ(power_of({old, absolute}), 3.0);
    EXPECT_EQ(power_of({old}), -4.0);
}

TEST(Mapping, PhasesAreTheDifferenceOrTheNetValue) {
    const Reading reading = to_reading(telegram_of(
        {number("1-0:21.7.0", 0.1, "kW"), number("1-0:22.7.0", 0.3, "kW"), number("1-0:56.7.0", -7, "W"),
         number("1-0:31.7.0", 2, "A"), number("1-0:52.7.0", 231, "V")}));
    EXPECT_EQ(reading.get(PowerL1), -200.0);
    EXPECT_EQ(reading.get(PowerL2), -7.0);
    EXPECT_FALSE(reading.has(PowerL3));
    EXPECT_EQ(reading.get(CurrentL1), -2.0);
    EXPECT_EQ(reading.get(VoltageL2), 231.0);
    EXPECT_EQ(reading.get(Power), -207.0);
}

TEST(Mapping, EnergyIsTheTotalElseTheSumOfTariffs) {
    const auto t1 = number("1-0:1.8.1", 1, "kWh");
    const auto t2 = number("1-0:1.8.2", 2, "kWh");
    const Reading sum = to_reading(telegram_of({t1, t2}));
    EXPECT_EQ(sum.get(EnergyForward), 3.0);
    EXPECT_EQ(sum.get(EnergyForwardT2), 2.0);
    EXPECT_FALSE(sum.has(EnergyReverse));
    EXPECT_EQ(to_reading(telegram_of({t1, t2, number("1-0:1.8.0", 3.5, "kWh")})).get(EnergyForward), 3.5);
}

TEST(Mapping, HistoryDoesNotOverwrite) {
    const Reading reading = to_reading(telegram_of(
        {number("1-0:1.8.0*96", 1, "Wh"), number("1-0:1.8.0", 5000, "Wh"), number("1-0:1.8.0*97", 2, "Wh")}));
    EXPECT_EQ(reading.get(EnergyForward), 5.0);
}

TEST(Mapping, ChannelOneStandsInForAbsentObjects) {
    const Reading reading =
        to_reading(telegram_of({number("1-1:1.8.0", 1, "kWh"), number("1-0:1.8.0", 2, "kWh"),
                                number("1-1:2.8.0", 3, "kWh"), number("1-2:1.7.0", 4, "W")}));
    EXPECT_EQ(reading.get(EnergyForward), 2.0);
    EXPECT_EQ(reading.get(EnergyReverse), 3.0);
    EXPECT_FALSE(reading.has(Power));
}

TEST(Mapping, TariffAndPowerFactorAreSentAsText) {
    ObisObject tariff;
    tariff.code = parse_obis("0-0:96.14.0").value();
    tariff.text = "0002";
    ObisObject factor;
    factor.code = parse_obis("1-0:13.7.0").value();
    factor.text = "-0.987";
    ObisObject strange = factor;
    strange.code = parse_obis("1-0:33.7.0").value();
    strange.text = "4.591";
    const Reading reading = to_reading(telegram_of({tariff, factor, strange}));
    EXPECT_EQ(reading.get(ActiveTariff), 2.0);
    EXPECT_EQ(reading.get(PowerFactor), -0.987);
    EXPECT_FALSE(reading.has(PowerFactorL1));
}

TEST(Mapping, CurrentAndVoltageOfAMeterOfOnePhase) {
    const auto current = number("1-0:11.7.0", 0.93, "A");
    const auto voltage = number("1-0:12.7.0", 231.2, "V");
    const auto power = number("1-0:16.7.0", -215, "W");
    const Reading single = to_reading(telegram_of({current, voltage, power}));
    EXPECT_EQ(single.get(CurrentL1), -0.93);
    EXPECT_EQ(single.get(VoltageL1), 231.2);
    const Reading three = to_reading(telegram_of({current, voltage, power, number("1-0:52.7.0", 230, "V")}));
    EXPECT_FALSE(three.has(CurrentL1));
    EXPECT_FALSE(three.has(VoltageL1));
}

TEST(Mapping, MeterWithoutPhasesHasItsPowerOnPhaseOne) {
    EXPECT_EQ(to_reading(telegram_of({number("1-0:16.7.0", 7, "W")})).get(PowerL1), 7.0);
}

TEST(Status, BothLayouts) {
    EXPECT_FALSE(says_export(edl_import));
    EXPECT_TRUE(says_export(edl_export));
    EXPECT_FALSE(says_export(fnn_import));
    EXPECT_TRUE(says_export(fnn_export));
    EXPECT_TRUE(is_fnn_status(fnn_import));
    EXPECT_FALSE(is_fnn_status(edl_import));
}

TEST(Status, ComesFromAnEnergyRegisterElseFromItsObject) {
    EXPECT_EQ(status_word(telegram_of({with_status(number("1-0:1.8.1", 1, "Wh"), 7)})), 7U);
    EXPECT_EQ(status_word(telegram_of({number("1-0:96.5.0", 1835268, ""), number("1-0:1.8.0", 1, "Wh")})),
              1835268U);
    EXPECT_FALSE(status_word(telegram_of({with_status(number("1-0:16.7.0", 1, "W"), 7)})));
    EXPECT_FALSE(status_word(telegram_of({number("1-0:96.5.0", 1e300, ""), number("1-0:96.5.0", -1, "")})));
}

TEST(SignedPower, StatusBitTurnsPositiveOnly) {
    EXPECT_EQ(signed_power(5, edl_export, Direction::Auto), -5.0);
    EXPECT_EQ(signed_power(-5, edl_export, Direction::Auto), -5.0);
    EXPECT_EQ(signed_power(5, edl_import, Direction::Auto), 5.0);
    EXPECT_FALSE(std::signbit(signed_power(0, edl_export, Direction::Auto).value()));
}

TEST(SignedPower, Directions) {
    EXPECT_EQ(signed_power(5, edl_export, Direction::Signed), 5.0);
    EXPECT_EQ(signed_power(5, edl_export, Direction::Status), -5.0);
    EXPECT_EQ(signed_power(-5, edl_import, Direction::Status), -5.0);
    EXPECT_FALSE(signed_power(5, std::nullopt, Direction::Status));
    EXPECT_EQ(signed_power(5, std::nullopt, Direction::Auto), 5.0);
}

TEST(SignedPower, AbsolutePowerOfUnknownDirectionIsUnknown) {
    const auto absolute = number("1-0:15.7.0", 100, "W");
    EXPECT_EQ(power_of({absolute, number("1-0:1.8.0", 1, "Wh")}), 100.0);
    EXPECT_FALSE(power_of({absolute, number("1-0:2.8.0", 1, "Wh")}));
    EXPECT_EQ(power_of({absolute, with_status(number("1-0:2.8.0", 1, "Wh"), edl_export)}), -100.0);
}

} // namespace
} // namespace gridbridge::test
