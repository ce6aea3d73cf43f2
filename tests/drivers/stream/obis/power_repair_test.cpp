#include "drivers/stream/obis/power_repair.hpp"

#include "tests/drivers/stream/obis/objects.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace gridbridge::test {
namespace {

using enum Quantity;

const std::string dzg_inside = "0a01445a470002811160";  // 42013024
const std::string dzg_outside = "0a01445a470002fc07a7"; // 50071463
const std::string efr = "0901454652000281116a";
const std::string other_maker = "0a01454d480002811160";

// A value as a meter sends it: in as few bytes as it takes.
using Encode = ObisObject (*)(std::string_view code, double watts);

// Unsigned values of up to three bytes are tagged as signed; negative ones take four.
ObisObject with_dzg_fault(std::string_view code, double watts) {
    const std::int64_t steps = std::llround(watts * 100);
    const std::uint8_t bytes = steps < 0 ? 4 : steps < 0x100 ? 1 : steps < 0x10000 ? 2 : 3;
    const std::int64_t half = std::int64_t{1} << (8 * bytes - 1);
    const std::int64_t read = steps >= half ? steps - 2 * half : steps;
    return encoded(number(code, static_cast<double>(read) / 100, "W"), bytes, -2);
}
ObisObject as_signed(std::string_view code, double watts) {
    const std::int64_t steps = std::llround(watts * 100);
    const auto fits = [&](int bits) { return steps >= -(1LL << (bits - 1)) && steps < 1LL << (bits - 1); };
    const std::uint8_t bytes = fits(8) ? 1 : fits(16) ? 2 : fits(24) ? 3 : 4;
    return encoded(number(code, static_cast<double>(steps) / 100, "W"), bytes, -2);
}
// The low byte of a small export is not extended.
ObisObject with_efr_fault(std::string_view code, double watts) {
    const double sent = watts < 0 && watts >= -128 ? watts + 256 : watts;
    return encoded(number(code, sent, "W"), 2, 0);
}

Telegram repaired(const std::string& server_id, std::vector<ObisObject> powers,
                  std::optional<std::uint64_t> status) {
    ObisObject energy = number("1-0:1.8.0", 1, "Wh");
    energy.status = status;
    powers.push_back(energy);
    Telegram telegram = telegram_of(std::move(powers));
    telegram.server_id = server_id;
    repair_power(telegram);
    return telegram;
}
std::optional<double> repaired_one(const std::string& server_id, const ObisObject& power,
                                   std::optional<std::uint64_t> status) {
    return repaired(server_id, {power}, status).objects[0].number;
}

TEST(PowerRepair, DzgSerialRanges) {
    EXPECT_TRUE(is_dzg_fault_range(dzg_inside));
    EXPECT_FALSE(is_dzg_fault_range(dzg_outside));
    EXPECT_FALSE(is_dzg_fault_range(other_maker));
    EXPECT_FALSE(is_dzg_fault_range("zz"));
}

TEST(PowerRepair, ANarrowNegativeTotalAgainstTheStatusWordIsUnsigned) {
    const auto power = encoded(number("1-0:16.7.0", -148.36, "W"), 2, -2);
    EXPECT_EQ(repaired_one(dzg_outside, power, fnn_import), 507.0);
    EXPECT_EQ(repaired_one(dzg_outside, power, fnn_export), -148.36);
    EXPECT_EQ(repaired_one(dzg_inside, power, fnn_export), -148.36);
    EXPECT_EQ(repaired_one(other_maker, power, fnn_import), -148.36);
}

TEST(PowerRepair, WithoutStatusWordTheSerialNumberDecidesTheTotal) {
    const auto power = encoded(number("1-0:16.7.0", -327.31, "W"), 2, -2);
    EXPECT_EQ(repaired_one(dzg_inside, power, std::nullopt), 328.05);
    EXPECT_EQ(repaired_one(dzg_outside, power, std::nullopt), -327.31);
    EXPECT_EQ(repaired_one(dzg_inside, power, edl_import), 328.05) << "no direction of such a meter";
}

TEST(PowerRepair, WhatNoMeterHasIsGenuine) {
    EXPECT_EQ(repaired_one(dzg_inside, encoded(number("1-0:16.7.0", -1260.61, "W"), 4, -2), fnn_import),
              -1260.61);
    EXPECT_EQ(repaired_one(dzg_inside, encoded(number("1-0:16.7.0", -1, "W"), 3, 0), fnn_import), -1.0);
    EXPECT_EQ(repaired_one(dzg_inside, encoded(number("1-0:16.7.0", -1, "W"), 1, 0), fnn_import), 255.0);
}

TEST(PowerRepair, OtherRegistersStay) {
    EXPECT_EQ(repaired_one(dzg_inside, encoded(number("1-0:1.7.0", -1, "W"), 2, 0), fnn_import), -1.0);
}

TEST(PowerRepair, APhaseThatNothingDecidesIsUnknown) {
    const auto phase = encoded(number("1-0:36.7.0", -148.36, "W"), 2, -2);
    EXPECT_EQ(repaired_one(dzg_outside, phase, fnn_import), 507.0) << "the only phase is the total";
    const Telegram pair = repaired(dzg_outside, {phase, number("1-0:56.7.0", 100, "W")}, fnn_import);
    EXPECT_FALSE(pair.objects[0].number) << "the direction is that of the total";
    const Telegram two = repaired(dzg_inside,
                                  {number("1-0:16.7.0", 100, "W"), phase, as_signed("1-0:56.7.0", -148.36),
                                   number("1-0:76.7.0", 100 + 148.36 - 507.0, "W")},
                                  fnn_import);
    EXPECT_EQ(two.objects[0].number, 100.0);
    EXPECT_FALSE(two.objects[1].number) << "one of two equal ones";
    EXPECT_FALSE(two.objects[2].number);
    EXPECT_TRUE(two.objects[3].number);
    EXPECT_FALSE(to_reading(two).has(PowerL1));
    const Telegram said = repaired(dzg_inside,
                                   {number("1-0:16.7.0", 100, "W"), phase, as_signed("1-0:56.7.0", -148.36),
                                    number("1-0:76.7.0", 100 + 148.36 - 507.0, "W")},
                                   fnn_import | 0x6000U);
    EXPECT_EQ(said.objects[1].number, 507.0) << "phases 2 and 3 export";
    EXPECT_EQ(said.objects[2].number, -148.36);
    EXPECT_EQ(to_reading(two).get(Power), 100.0);
}

TEST(PowerRepair, ThePhasesDecide) {
    const auto phases = repaired(dzg_inside,
                                 {number("1-0:16.7.0", -500, "W"), with_dzg_fault("1-0:36.7.0", 400),
                                  number("1-0:56.7.0", -600, "W"), number("1-0:76.7.0", -300, "W")},
                                 fnn_export);
    EXPECT_EQ(phases.objects[1].number, 400.0);
}

TEST(PowerRepair, EfrLeavesOutTheSignOfASmallExport) {
    EXPECT_EQ(repaired_one(efr, with_efr_fault("1-0:16.7.0", -57), fnn_export), -57.0);
    EXPECT_EQ(repaired_one(efr, with_efr_fault("1-0:16.7.0", -128), fnn_export), -128.0);
    EXPECT_EQ(repaired_one(efr, with_efr_fault("1-0:16.7.0", -134), fnn_export), -134.0);
    EXPECT_EQ(repaired_one(efr, with_efr_fault("1-0:16.7.0", 199), fnn_import), 199.0);
    EXPECT_FALSE(repaired_one(efr, with_efr_fault("1-0:16.7.0", 199), std::nullopt)) << "or 57 W of export";
    EXPECT_EQ(repaired_one(other_maker, with_efr_fault("1-0:16.7.0", -57), fnn_export), 199.0);
}

// Whatever the phases are and however the meter sends them: the true values, or none.
TEST(PowerRepair, RandomPhasesAreTrueOrUnknown) {
    struct Meter {
        std::string server_id;
        Encode encode;
        double step;
    };
    const std::array meters{Meter{dzg_inside, with_dzg_fault, 0.01}, Meter{dzg_outside, with_dzg_fault, 0.01},
                            Meter{dzg_outside, as_signed, 0.01},     Meter{dzg_inside, as_signed, 0.01},
                            Meter{efr, with_efr_fault, 1},           Meter{other_maker, as_signed, 0.01}};
    std::mt19937 random(5);
    std::size_t known = 0;
    std::size_t all = 0;
    for (int run = 0; run < 20000; ++run) {
        const Meter& meter = meters.at(random() % meters.size());
        const double range = std::pow(10, 1 + static_cast<double>(random() % 4)); // 10 W to 10 kW
        std::array<double, 3> watts{};
        double total = 0;
        for (double& phase : watts) {
            phase = std::uniform_real_distribution(-range, range)(random);
            phase = std::round(phase / meter.step) * meter.step;
            total += phase;
        }
        std::vector<ObisObject> powers{
            meter.encode("1-0:16.7.0", total), meter.encode("1-0:36.7.0", watts[0]),
            meter.encode("1-0:56.7.0", watts[1]), meter.encode("1-0:76.7.0", watts[2])};
        const Reading reading =
            to_reading(repaired(meter.server_id, powers, total < 0 ? fnn_export : fnn_import));
        SCOPED_TRACE(meter.server_id + " " + std::to_string(watts[0]) + " " + std::to_string(watts[1]) + " " +
                     std::to_string(watts[2]));
        EXPECT_NEAR(reading.get(Power).value_or(total), total, 0.006);
        for (int phase = 1; phase <= 3; ++phase) {
            const double meant = watts.at(static_cast<std::size_t>(phase) - 1);
            const auto shown = reading.get(of_phase(Power, phase));
            EXPECT_NEAR(shown.value_or(meant), meant, 0.006);
            known += shown ? 1U : 0U;
            ++all;
        }
    }
    EXPECT_GT(known, all * 8 / 10);
}

} // namespace
} // namespace gridbridge::test
