// Words and values from section 9 of the meter reference: captures and the vendor's rules.
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/text/hex.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace gridbridge {
namespace {

struct Vector {
    const ModelRow* model;
    std::uint16_t address;
    std::vector<std::uint16_t> words;
    std::optional<double> expected;
};

class DecodeVectors : public testing::TestWithParam<Vector> {};

TEST_P(DecodeVectors, GiveTheExpectedValue) {
    const auto& [model, address, words, expected] = GetParam();
    const auto row = std::find_if(
        model->rows.begin(), model->rows.end(),
        [wanted = address](const RegisterRow& candidate) { return number_of(candidate.address) == wanted; });
    ASSERT_NE(row, model->rows.end());
    const auto value = decode_row(*row, words, model->in_order_word);
    ASSERT_EQ(value.has_value(), expected.has_value());
    if (expected) {
        EXPECT_DOUBLE_EQ(*value, *expected);
    }
}

std::string vector_name(const testing::TestParamInfo<Vector>& info) {
    const std::array<std::uint8_t, 2> address{static_cast<std::uint8_t>(info.param.address >> 8U),
                                              static_cast<std::uint8_t>(info.param.address & 0xFFU)};
    return hex_text(address) + "_" + std::to_string(info.index);
}

// Whole kWh and the Wh beyond them.
INSTANTIATE_TEST_SUITE_P(
    Em340InWh, DecodeVectors,
    testing::Values(Vector{&em340_in_wh, 0x0400, {0x28B6, 0x0000, 0x02F1, 0x0000}, 10422.753},
                    Vector{&em340_in_wh, 0x0400, {0x0000, 0x0000, 0x0001, 0x0000}, 0.001},
                    Vector{&em340_in_wh, 0x0400, {0x967F, 0x0098, 0x03E7, 0x0000}, 9999999.999},
                    Vector{&em340_in_wh, 0x0408, {0xFFFE, 0xFFFF, 0xFF85, 0xFFFF}, 2.123},
                    Vector{&em340_in_wh, 0x0408, {0xFFFF, 0x7FFF, 0x0000, 0x0000}, std::nullopt}),
    vector_name);

INSTANTIATE_TEST_SUITE_P(Em24, DecodeVectors,
                         testing::Values(Vector{&em24_rtu, 0x0000, {0x090A, 0x0000}, 231.4},
                                         Vector{&em24_rtu, 0x000E, {0x1EE1, 0x0000}, 7.905},
                                         Vector{&em24_rtu, 0x0014, {0xBA75, 0xFFFF}, -1780.3},
                                         Vector{&em24_rtu, 0x0014, {0xFFFF, 0xFFFF}, -0.1},
                                         Vector{&em24_rtu, 0x0014, {0x0000, 0x8000}, -214748364.8},
                                         Vector{&em24_rtu, 0x0028, {0xE76E, 0xFFFF}, -629.0},
                                         Vector{&em24_rtu, 0x0016, {0xFFFF, 0x7FFF}, std::nullopt},
                                         Vector{&em24_rtu, 0x0016, {0x0001, 0x7FFF}, std::nullopt},
                                         Vector{&em24_rtu, 0x0036, {0xFFFF}, 1.0},
                                         Vector{&em24_rtu, 0x0036, {0x0000}, 0.0},
                                         Vector{&em24_rtu, 0x0037, {0x01F4}, 50.0},
                                         Vector{&em24_rtu, 0x0037, {0xFFFF}, std::nullopt},
                                         Vector{&em24_rtu, 0x003E, {0xE0FF, 0x05F5}, 9999999.9},
                                         Vector{&em24_rtu, 0x004A, {0x0000, 0x0001}, 6553.6},
                                         Vector{&em24_rtu, 0x005C, {0x557D, 0x0001}, 8742.1},
                                         Vector{&em24_rtu, 0x005C, {0x0000, 0xFFFF}, 6553.6}),
                         vector_name);

INSTANTIATE_TEST_SUITE_P(
    Em540, DecodeVectors,
    testing::Values(Vector{&em500, 0x0000, {0x0FA0, 0x0000}, 400.0},
                    Vector{&em500, 0x000E, {0xD091, 0x0003}, 250.001},
                    Vector{&em500, 0x0014, {0xE4BD, 0xFFF0}, -99001.9},
                    Vector{&em500, 0x0028, {0xFFFE, 0x7FFF}, 214748364.6},
                    Vector{&em500, 0x0028, {0xFFFF, 0x7FFF}, std::nullopt},
                    Vector{&em500, 0x0031, {0xFF5A}, -0.166}, Vector{&em500, 0x0030, {0x7FFF}, std::nullopt},
                    Vector{&em500, 0x0032, {0x0001}, 0.0}, Vector{&em500, 0x0032, {0xFFFF}, 1.0},
                    Vector{&em500, 0x0032, {0x0007}, std::nullopt},
                    Vector{&em500, 0x053C, {0xC31D, 0x0000}, 49.949},
                    Vector{&em500, 0x0500, {0xCDE8, 0x0540, 0x0000, 0x0000}, 88133.096},
                    Vector{&em500, 0x051C, {0x007B, 0x0000, 0x03E8, 0x0000}, 4294967296.123}),
    vector_name);

INSTANTIATE_TEST_SUITE_P(Em24Ethernet, DecodeVectors,
                         testing::Values(Vector{&em24_ethernet, 0x000E, {0xEECC, 0xFFFF}, -4.404},
                                         Vector{&em24_ethernet, 0x0014, {0x2757, 0xFFFE}, -12100.1},
                                         Vector{&em24_ethernet, 0x0034, {0x2000, 0x0003}, 20480.0},
                                         Vector{&em24_ethernet, 0x004E, {0xD687, 0x0012}, 123456.7}),
                         vector_name);

TEST(Decode, WrongNumberOfWordsIsNoValue) {
    const std::array<std::uint16_t, 1> one{5};
    EXPECT_FALSE(decode_row(em24_rtu.rows[0], one, 0).has_value());
}

TEST(Decode, ABlockSetsItsRowsAndLeavesOthers) {
    Reading reading;
    reading.set(Quantity::PowerL1, 7.0);
    reading.set(Quantity::VoltageL1, 230.0);
    const std::vector<std::uint16_t> words{0xFFFF, 0x7FFF, 0xBA75, 0xFFFF, 2127, 0};
    decode_block(em24_rtu, {0x0012_reg, 6, Pace::Fast, false}, words, reading);
    EXPECT_FALSE(reading.has(Quantity::PowerL1)) << "no value clears the value before";
    EXPECT_DOUBLE_EQ(reading.get(Quantity::PowerL2).value_or(0), -1780.3);
    EXPECT_DOUBLE_EQ(reading.get(Quantity::PowerL3).value_or(0), 212.7);
    EXPECT_DOUBLE_EQ(reading.get(Quantity::VoltageL1).value_or(0), 230.0);
}

TEST(Decode, SerialNumbers) {
    using Words = std::vector<std::uint16_t>;
    EXPECT_EQ(decode_serial(Words{0x4250, 0x3039, 0x3330, 0x3035, 0x3830, 0x3031, 0x3400}), "BP09300580014");
    EXPECT_EQ(decode_serial(Words{0x0030, 0x0039, 0x0033, 0x0030, 0x0035, 0x0037, 0x0058}), "093057X");
    EXPECT_EQ(decode_serial(Words{0x4142, 0x2020, 0x2000, 0, 0, 0, 0}), "AB");
    EXPECT_EQ(decode_serial(Words{0x4100, 0, 0, 0, 0, 0, 0}), std::nullopt);
    EXPECT_EQ(decode_serial(Words(7, 0)), std::nullopt);
    EXPECT_EQ(decode_serial(Words{0x4142, 0x0700, 0, 0, 0, 0, 0}), std::nullopt);
}

TEST(Decode, Versions) {
    EXPECT_EQ(decode_version(0x1304, VersionFormat::Nibbles), "1.3.4");
    EXPECT_EQ(decode_version(0x101E, VersionFormat::Nibbles), "1.0.30");
    EXPECT_EQ(decode_version(4, VersionFormat::Decimal), "4");
}

TEST(Decode, AbsentPhasesAreDropped) {
    Reading reading;
    for (const Quantity quantity : {Quantity::PowerL1, Quantity::PowerL2, Quantity::PowerL3,
                                    Quantity::VoltageL1L2, Quantity::PhaseSequence}) {
        reading.set(quantity, 1.0);
    }
    drop_absent_phases(reading, 3);
    EXPECT_TRUE(reading.has(Quantity::PowerL3));
    drop_absent_phases(reading, 2);
    EXPECT_FALSE(reading.has(Quantity::PowerL3));
    EXPECT_FALSE(reading.has(Quantity::PhaseSequence));
    EXPECT_TRUE(reading.has(Quantity::VoltageL1L2));
    drop_absent_phases(reading, 1);
    EXPECT_TRUE(reading.has(Quantity::PowerL1));
    EXPECT_FALSE(reading.has(Quantity::PowerL2));
    EXPECT_FALSE(reading.has(Quantity::VoltageL1L2));
}

TEST(Decode, TotalsAreMadeFromAllPhasesOrNotAtAll) {
    Reading reading;
    reading.set(Quantity::PowerL1, -10.0);
    reading.set(Quantity::CurrentL1, 1.0);
    reading.set(Quantity::CurrentL2, 2.0);
    Reading single = reading;
    single.clear(Quantity::CurrentL2);
    derive_whole_totals(reading, 3);
    EXPECT_FALSE(reading.has(Quantity::Power));
    EXPECT_FALSE(reading.has(Quantity::Current));
    EXPECT_EQ(reading.get(Quantity::CurrentL1), -1.0);
    derive_whole_totals(single, 1);
    EXPECT_EQ(single.get(Quantity::Power), -10.0);
}

} // namespace
} // namespace gridbridge
