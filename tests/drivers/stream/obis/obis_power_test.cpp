// What has a sign, what can be read, and what one value proves of another.
#include "drivers/stream/obis/obis_power.hpp"

#include "tests/drivers/stream/obis/objects.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gridbridge::test {
namespace {

using enum Quantity;

using Objects = std::vector<ObisObject>;

Objects with(Objects objects, const Objects& more) {
    objects.insert(objects.end(), more.begin(), more.end());
    return objects;
}

TEST(ObisPower, HalfOfADifferenceIsNone) {
    for (const auto& [whole, half] :
         {std::pair("1-0:1.7.0", "1-0:2.7.0"), std::pair("1-0:2.7.0", "1-0:1.7.0")}) {
        const ObisObject good = number(whole, 0.5, "kW");
        for (const ObisObject& bad :
             {garbled(half), number(half, 0.5, "kVA"), number(half, 0.5, ""), number(half, 1e30, "kW")}) {
            EXPECT_FALSE(power_of({good, bad})) << half << " " << bad.unit;
            EXPECT_FALSE(power_of({good, bad, number("1-0:15.7.0", 0.5, "kW")})) << "no guess instead";
            EXPECT_EQ(power_of({good, bad, number("1-0:16.7.0", -300, "W")}), -300.0);
        }
    }
}

TEST(ObisPower, SignedPhasesStandInForATotalThatCannotBeRead) {
    const Objects phases{number("1-0:36.7.0", -100, "W"), number("1-0:56.7.0", 30, "W"),
                         number("1-0:76.7.0", 20, "W")};
    EXPECT_EQ(power_of(with({garbled("1-0:16.7.0")}, phases)), -50.0);
    const Objects magnitudes{number("1-0:21.7.0", 100, "W"), number("1-0:41.7.0", 30, "W"),
                             number("1-0:61.7.0", 20, "W")};
    EXPECT_FALSE(power_of(with({garbled("1-0:16.7.0")}, magnitudes)));
    EXPECT_EQ(power_of(magnitudes), 150.0) << "it sends no total";
}

TEST(ObisPower, APhaseOfWhichOneHalfIsMissingIsUnknown) {
    const Objects two{number("1-0:21.7.0", 0, "W"), number("1-0:22.7.0", 100, "W"),
                      number("1-0:41.7.0", 0, "W"), number("1-0:42.7.0", 200, "W")};
    for (const Objects& third :
         {Objects{number("1-0:61.7.0", 0, "W")}, Objects{number("1-0:62.7.0", 300, "W")},
          Objects{number("1-0:61.7.0", 0, "W"), garbled("1-0:62.7.0")}}) {
        Objects objects = with(two, third);
        objects.push_back(number("1-0:71.7.0", 2, "A"));
        const Reading reading = to_reading(telegram_of(objects));
        EXPECT_EQ(reading.get(PowerL2), -200.0);
        EXPECT_FALSE(reading.has(PowerL3));
        EXPECT_FALSE(reading.has(CurrentL3)) << "nothing signs it";
        EXPECT_FALSE(reading.has(Power)) << "no sum of the others";
    }
}

TEST(ObisPower, SumsHaveAllTheirParts) {
    const auto t1 = number("1-0:1.8.1", 10, "kWh");
    const Reading energy = to_reading(telegram_of({t1, garbled("1-0:1.8.2"), number("1-0:2.8.0", 5, "kWh")}));
    EXPECT_FALSE(energy.has(EnergyForward));
    EXPECT_EQ(energy.get(EnergyForwardT1), 10.0);
    EXPECT_EQ(energy.get(EnergyReverse), 5.0);
    EXPECT_FALSE(to_reading(telegram_of({t1, garbled("1-0:1.8.0")})).has(EnergyForward));
    const Reading currents =
        to_reading(telegram_of({number("1-0:31.7.0", 1, "A"), garbled("1-0:51.7.0"),
                                number("1-0:71.7.0", 3, "A"), number("1-0:52.7.0", 230, "V")}));
    EXPECT_FALSE(currents.has(Current));
    EXPECT_EQ(currents.get(CurrentL3), 3.0);
}

TEST(ObisPower, AMagnitudeTakesTheSignOfSignedPhases) {
    const auto absolute = number("1-0:15.7.0", 3150, "W");
    const Objects exporting{number("1-0:36.7.0", -1150, "W"), number("1-0:56.7.0", -1000, "W"),
                            number("1-0:76.7.0", -1000, "W")};
    EXPECT_EQ(power_of(with({absolute}, exporting)), -3150.0);
    EXPECT_FALSE(power_of(with({number("1-0:15.7.0", 500, "W")}, exporting))) << "they are not its parts";
    const Objects pairs{number("1-0:21.7.0", 0, "W"), number("1-0:22.7.0", 3150, "W")};
    EXPECT_EQ(power_of(with({absolute}, pairs)), -3150.0);
    EXPECT_EQ(power_of(with({absolute, number("1-0:2.8.0", 1, "kWh")}, exporting)), -3150.0);
}

TEST(ObisPower, AMeterThatCountsExportInAnyTariffHasNoUnsignedImport) {
    for (const char* const code : {"1-0:2.8.0", "1-0:2.8.1", "1-0:2.8.2", "1-0:2.8.3", "1-0:2.8.4"}) {
        EXPECT_FALSE(power_of({number("1-0:15.7.0", 100, "W"), number(code, 1, "kWh")})) << code;
        EXPECT_FALSE(power_of({number("1-0:15.7.0", 100, "W"), garbled(code)})) << code;
    }
}

TEST(ObisPower, PhasesWithoutASignAgreeAreAllOppositeOrUnknown) {
    const auto reading = [](double total, std::array<double, 3> phases) {
        return to_reading(
            telegram_of({number("1-0:16.7.0", total, "W"), number("1-0:21.7.0", phases[0], "W"),
                         number("1-0:41.7.0", phases[1], "W"), number("1-0:61.7.0", phases[2], "W")}));
    };
    EXPECT_EQ(reading(812, {500, 200, 112}).get(PowerL1), 500.0);
    EXPECT_EQ(reading(-812, {500, 200, 112}).get(PowerL1), -500.0);
    EXPECT_EQ(reading(-812, {500, 200, 112}).get(PowerL3), -112.0);
    for (const double total : {588.0, -188.0, 100.0}) {
        EXPECT_FALSE(reading(total, {500, 200, 112}).has(PowerL1)) << total;
        EXPECT_EQ(reading(total, {500, 200, 112}).get(Power), total);
    }
    EXPECT_EQ(reading(-188, {-500, 200, 112}).get(PowerL1), -500.0) << "signed all the same";
}

Objects three_currents(double total, std::array<double, 3> angles, bool has_angles = true) {
    Objects objects{number("1-0:16.7.0", total, "W")};
    for (int i = 0; i < 3; ++i) {
        const std::string c = std::to_string(i * 20);
        objects.push_back(number("1-0:" + std::to_string(32 + 20 * i) + ".7.0", 230, "V"));
        objects.push_back(number("1-0:" + std::to_string(31 + 20 * i) + ".7.0", 2, "A"));
        if (has_angles) {
            objects.push_back(number("1-0:81.7." + std::to_string(4 + 11 * i),
                                     angles.at(static_cast<std::size_t>(i)), "deg"));
        }
    }
    return objects;
}

TEST(ObisPower, AnglesGiveThePhases) {
    const Reading reading = to_reading(telegram_of(three_currents(240, {0, 60, 180})));
    EXPECT_EQ(reading.get(Power), 240.0);
    EXPECT_NEAR(reading.get(PowerL1).value(), 464, 1) << "460 W, and its share of what is missing";
    EXPECT_NEAR(reading.get(PowerL2).value(), 232, 1);
    EXPECT_NEAR(reading.get(PowerL3).value(), -456, 1);
    EXPECT_NEAR(*reading.get(PowerL1) + *reading.get(PowerL2) + *reading.get(PowerL3), 240, 1e-6);
    EXPECT_LT(reading.get(CurrentL3).value(), 0);
    const Reading same = to_reading(telegram_of(three_currents(1400, {0, 0, 0})));
    EXPECT_NEAR(same.get(PowerL1).value(), 1400.0 / 3, 1e-6);
}

TEST(ObisPower, WhatDoesNotFitTheTotalIsNoPhase) {
    for (const Objects& objects : {three_currents(350, {0, 60, 180}), three_currents(812, {}, false)}) {
        const Telegram telegram = telegram_of(objects);
        const Reading reading = to_reading(telegram);
        EXPECT_TRUE(reading.has(Power));
        for (const Quantity phase : {PowerL1, PowerL2, PowerL3}) {
            EXPECT_FALSE(reading.has(phase)) << "never the house on one phase";
        }
        EXPECT_EQ(reading.get(CurrentL1), 2.0) << "not signed by the total";
        EXPECT_NE(power_advice(telegram, reading).find("phases are unknown"), std::string_view::npos);
    }
    const Telegram single = telegram_of({number("1-0:16.7.0", -7, "W"), number("1-0:31.7.0", 1, "A")});
    EXPECT_EQ(to_reading(single).get(PowerL1), -7.0);
    EXPECT_EQ(to_reading(single).get(CurrentL1), -1.0);
    EXPECT_EQ(power_advice(single, to_reading(single)), "");
}

TEST(ObisPower, AdviceForAPowerWithoutSign) {
    const Telegram telegram = telegram_of({number("1-0:15.7.0", 100, "W"), number("1-0:2.8.0", 1, "kWh")});
    EXPECT_NE(power_advice(telegram, to_reading(telegram)).find("direction"), std::string_view::npos);
    EXPECT_EQ(power_advice(telegram, to_reading(telegram, Direction::Signed)), "");
}

// Each object of a telegram in turn is garbled: what depends on it is right or unknown, all else stays.
TEST(ObisPower, AGarbledFieldChangesNoOther) {
    std::mt19937 random(11);
    const auto watts = [&] { return static_cast<double>(random() % 5000); };
    for (int run = 0; run < 200; ++run) {
        Objects objects{number("1-0:1.8.1", 100, "kWh"), number("1-0:1.8.2", 200, "kWh"),
                        number("1-0:2.8.1", 30, "kWh"), number("1-0:2.8.2", 40, "kWh")};
        double in = 0;
        double out = 0;
        for (int i = 0; i < 3; ++i) {
            const bool exports = random() % 2 == 0;
            const double power = watts();
            (exports ? out : in) += power;
            objects.push_back(
                number("1-0:" + std::to_string(21 + 20 * i) + ".7.0", exports ? 0 : power, "W"));
            objects.push_back(
                number("1-0:" + std::to_string(22 + 20 * i) + ".7.0", exports ? power : 0, "W"));
            objects.push_back(
                number("1-0:" + std::to_string(31 + 20 * i) + ".7.0", std::round(power / 230), "A"));
            objects.push_back(number("1-0:" + std::to_string(32 + 20 * i) + ".7.0", 230, "V"));
        }
        objects.push_back(number("1-0:1.7.0", in, "W"));
        objects.push_back(number("1-0:2.7.0", out, "W"));
        const Reading whole = to_reading(telegram_of(objects));
        for (std::size_t at = 0; at < objects.size(); ++at) {
            Objects damaged = objects;
            damaged[at] = garbled(to_text(objects[at].code));
            const Reading reading = to_reading(telegram_of(damaged));
            for (const QuantityRow& row : quantity_table) {
                EXPECT_EQ(reading.get(row.quantity).value_or(whole.get(row.quantity).value_or(0)),
                          whole.get(row.quantity).value_or(0))
                    << row.name << " without " << to_text(objects[at].code);
            }
        }
    }
}

} // namespace
} // namespace gridbridge::test
