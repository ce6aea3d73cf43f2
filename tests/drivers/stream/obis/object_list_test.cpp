// What a telegram says and where it goes, as the log lists it.
#include "drivers/stream/obis/object_list.hpp"

#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/obis_uses.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace gridbridge::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Telegram first_of(const MakeDecoder& make, std::span<const std::uint8_t> bytes) {
    return decode_whole(make, bytes).telegrams.at(0);
}
Telegram p1_of(const std::string& text) {
    return first_of(make_p1, bytes_of(text));
}

MeterConfig meter_of(DriverKind driver) {
    MeterConfig meter;
    meter.driver = driver;
    meter.uri = "test:list";
    return meter;
}

// The use of each object by its name.
std::map<std::string, std::string> uses_of(const Telegram& telegram, const MeterConfig& meter) {
    ObisUses uses(telegram, meter);
    std::map<std::string, std::string> all;
    for (std::size_t i = 0; i < telegram.objects.size(); ++i) {
        all.emplace(name_of(telegram.objects[i]), uses.of(i));
    }
    return all;
}

TEST(ObjectList, AP1TelegramWithItsGasMeter) {
    const auto lines = list_objects(p1_of(p1_telegram(simulate_values(1))), meter_of(DriverKind::P1));
    EXPECT_THAT(
        lines, Contains(testing::MatchesRegex("1-0:1.8.1 = [0-9.]+ kWh: energy_forward, energy_forward_t1")));
    EXPECT_THAT(lines, Contains(testing::MatchesRegex("1-0:32.7.0 = [0-9.]+ V: voltage_l1.*")));
    EXPECT_THAT(lines, Contains(testing::MatchesRegex("0-1:24.2.1 = [0-9.]+ m3 at [0-9]+W: M-Bus device 1")));
    EXPECT_THAT(lines, Contains(testing::MatchesRegex("0-1:24.1.0 = [0-9]+: M-Bus device 1")));
    EXPECT_THAT(lines, Contains(testing::MatchesRegex("0-0:96.1.1 = [0-9A-F]+: serial number")));
    EXPECT_THAT(lines, Contains(testing::MatchesRegex("1-3:0.2.8 = 50: version")));
}

TEST(ObjectList, WhatIsNotUsedIsCalledSo) {
    const auto uses =
        uses_of(p1_of("/ABC5x\r\n\r\n0-0:96.1.1(45)\r\n1-0:1.7.0(00.500*kW)\r\n1-0:2.7.0(00.000*kW)\r\n"
                      "1-0:16.7.0(00.500*kW)\r\n1-0:1.8.0*96(000012.0*kWh)\r\n"
                      "1-0:99.98.0(1)\r\n0-0:96.14.0(0002)\r\n0-0:96.13.0()\r\n!\r\n"),
                meter_of(DriverKind::P1));
    EXPECT_EQ(uses.at("1-0:16.7.0"), "power, power_l1");
    EXPECT_EQ(uses.at("1-0:1.7.0"), "unused") << "16.7.0 is the total";
    EXPECT_EQ(uses.at("1-0:2.7.0"), "unused");
    EXPECT_EQ(uses.at("1-0:1.8.0*96"), "unused");
    EXPECT_EQ(uses.at("1-0:99.98.0"), "unused");
    EXPECT_EQ(uses.at("0-0:96.14.0"), "active_tariff");
    EXPECT_EQ(uses.at("0-0:96.13.0"), "Message") << "sent empty";
}

TEST(ObjectList, BothHalvesOfThePowerAlsoTheOneThatIsZero) {
    const auto uses = uses_of(
        p1_of("/ABC5x\r\n\r\n0-0:96.1.1(45)\r\n1-0:1.7.0(00.500*kW)\r\n1-0:2.7.0(00.000*kW)\r\n!\r\n"),
        meter_of(DriverKind::P1));
    EXPECT_THAT(uses.at("1-0:1.7.0"), HasSubstr("power"));
    EXPECT_EQ(uses.at("1-0:2.7.0"), uses.at("1-0:1.7.0"));
}

TEST(ObjectList, FollowsTheWiringOfTheConfiguration) {
    MeterConfig meter = meter_of(DriverKind::P1);
    meter.phases = {2, 3, 1};
    const Telegram telegram = p1_of(p1_telegram(simulate_values(1)));
    EXPECT_NE(uses_of(telegram, meter).at("1-0:32.7.0"),
              uses_of(telegram, meter_of(DriverKind::P1)).at("1-0:32.7.0"));
}

TEST(ObjectList, SmlAndD0) {
    const auto sml =
        list_objects(first_of(make_sml, sml_telegram(simulate_values(1))), meter_of(DriverKind::Sml));
    EXPECT_THAT(sml, Contains(testing::MatchesRegex("1-0:16.7.0 = -?[0-9.]+ W: power")));
    EXPECT_THAT(sml, Contains(testing::MatchesRegex("1-0:96.1.0 = 0a01[0-9a-f]+: serial number")));
    EXPECT_THAT(sml, Contains(testing::MatchesRegex("1-0:96.50.1\\*1 = 49534b: manufacturer")));
    const auto d0 =
        list_objects(first_of(make_d0, bytes_of(d0_telegram(simulate_values(1), {.has_checksum = true}))),
                     meter_of(DriverKind::D0));
    EXPECT_THAT(d0, Contains(testing::MatchesRegex("1-0:1.8.0 = [0-9.]+ kWh: energy_forward")));
    EXPECT_THAT(d0, Contains(testing::MatchesRegex("1-0:1.8.0\\*96 = .*: unused")));
    EXPECT_THAT(d0, Contains("1-0:96.1.0 = 1ESY1160012345: serial number"));
}

// Whatever a row of the map makes of a telegram, the list says so: both come from the same function.
TEST(ObjectList, EveryRegisterIsListedUnderItsQuantity) {
    for (const ObisRow& row : obis_rows) {
        Telegram telegram;
        ObisObject object;
        object.code = {1, 0, row.c, row.d, row.e};
        object.number = row.quantity == Quantity::PowerFactor ? 0.5 : 0.25;
        object.unit = quantity_table[index_of(row.quantity)].unit;
        telegram.objects = {object};
        const Reading reading = to_reading(telegram);
        const std::string use = ObisUses(telegram, meter_of(DriverKind::P1)).of(0);
        for (const QuantityRow& quantity : quantity_table) {
            if (reading.has(quantity.quantity)) {
                EXPECT_THAT(use, HasSubstr(quantity.name)) << to_text(object.code);
            }
        }
    }
}

TEST(ObjectList, IsBounded) {
    Telegram telegram;
    for (int i = 0; i < 1024; ++i) {
        ObisObject& object = telegram.objects.emplace_back();
        object.code = {1, 0, 200, static_cast<std::uint8_t>(i % 256), static_cast<std::uint8_t>(i / 256)};
        object.text = std::string(5000, '\x1b');
    }
    const auto lines = list_objects(telegram, meter_of(DriverKind::D0));
    ASSERT_EQ(lines.size(), most_listed + 1);
    EXPECT_EQ(lines.back(), "896 more objects");
    for (const std::string& line : lines) {
        EXPECT_LE(line.size(), longest_list_line);
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
}

TEST(ObjectList, AnObjectThatCannotBeReadIsListed) {
    const Telegram telegram =
        p1_of("/ABC5x\r\n\r\n0-0:96.1.1(45)\r\n1-0:1.7.0(00.x*kW)\r\n1-0:2.7.0(00.100*kW)\r\n!\r\n");
    EXPECT_NO_THROW(list_objects(telegram, meter_of(DriverKind::P1)));
}

} // namespace
} // namespace gridbridge::test
