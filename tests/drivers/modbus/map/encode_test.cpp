#include "drivers/modbus/map/encode.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace gridbridge {
namespace {

std::vector<std::uint16_t> encoded(const RegisterRow& row, double value, std::int16_t in_order = 0) {
    std::vector<std::uint16_t> words(words_of(row.encoding), 0x5555);
    return encode_row(row, value, in_order, words) ? words : std::vector<std::uint16_t>{};
}

TEST(EncodeRow, EveryRowOfEveryModelComesBackWithinHalfAStep) {
    std::mt19937_64 engine(20240101);
    for (const ModelRow* model : carlo_gavazzi_models()) {
        for (const RegisterRow& row : model->rows) {
            if (row.encoding == Encoding::PhaseOrder) {
                for (const double order : {0.0, 1.0}) {
                    const auto words = encoded(row, order, model->in_order_word);
                    EXPECT_EQ(decode_row(row, words, model->in_order_word), order) << model->key;
                }
                continue;
            }
            const bool is_short = words_of(row.encoding) == 1;
            const double top = (is_short ? 32766.0 : 2.0e9) / row.divisor;
            const bool negative = row.encoding != Encoding::Uint16 && !row.magnitude;
            std::uniform_real_distribution<double> any(negative ? -top : 0.0, top);
            for (int i = 0; i < 500; ++i) {
                const double value = any(engine);
                const auto words = encoded(row, value);
                const auto back = decode_row(row, words, model->in_order_word);
                ASSERT_TRUE(back) << model->key << " " << first_word(row) << " " << value;
                ASSERT_NEAR(*back, value, 0.5 / row.divisor + 1e-9) << model->key << " " << first_word(row);
            }
        }
    }
}

TEST(EncodeRow, LowWordFirstAndRoundedToTheNearest) {
    const RegisterRow row{0x12_reg, Quantity::PowerL1, Encoding::Int32LowFirst, 10, {}, NoValue::Int32Max};
    EXPECT_EQ(encoded(row, 7000.04), (std::vector<std::uint16_t>{0x1170, 0x0001}));
    EXPECT_EQ(encoded(row, 7000.06), (std::vector<std::uint16_t>{0x1171, 0x0001}));
    EXPECT_EQ(encoded(row, -0.1), (std::vector<std::uint16_t>{0xFFFF, 0xFFFF}));
    EXPECT_EQ(encoded(row, -0.04), (std::vector<std::uint16_t>{0, 0}));
}

TEST(EncodeRow, WhatDoesNotFitIsNoValueAndNeverWraps) {
    const RegisterRow power{0x12_reg, Quantity::PowerL1, Encoding::Int32LowFirst, 10, {}, NoValue::Int32Max};
    EXPECT_EQ(encoded(power, 214748364.6), (std::vector<std::uint16_t>{0xFFFE, 0x7FFF}));
    EXPECT_TRUE(encoded(power, 214748364.7).empty()) << "the marker itself";
    EXPECT_TRUE(encoded(power, 214748364.8).empty());
    EXPECT_EQ(encoded(power, -214748364.8), (std::vector<std::uint16_t>{0x0000, 0x8000}));
    EXPECT_TRUE(encoded(power, -214748364.9).empty());
    EXPECT_TRUE(encoded(power, std::nan("")).empty());
    EXPECT_TRUE(encoded(power, std::numeric_limits<double>::infinity()).empty());
    const RegisterRow hertz{0x33_reg, Quantity::Frequency, Encoding::Uint16, 10, {}, NoValue::Uint16Max};
    EXPECT_TRUE(encoded(hertz, -0.1).empty());
    EXPECT_TRUE(encoded(hertz, 6553.5).empty());
    const RegisterRow factor{0x2E_reg, Quantity::PowerFactorL1, Encoding::Int16, 1000, {}, NoValue::Int16Max};
    EXPECT_EQ(encoded(factor, -1), (std::vector<std::uint16_t>{0xFC18}));
    EXPECT_TRUE(encoded(factor, 32.768).empty());
    const RegisterRow wh{0x500_reg, Quantity::EnergyForward, Encoding::Int64LowFirst, 1000};
    EXPECT_TRUE(encoded(wh, 1e17).empty());
    EXPECT_FALSE(encoded(wh, 9e15).empty());
}

TEST(EncodeNoValue, IsWhatTheDecoderTakesForNoValue) {
    for (const ModelRow* model : carlo_gavazzi_models()) {
        for (const RegisterRow& row : model->rows) {
            std::vector<std::uint16_t> words(words_of(row.encoding), 0x5555);
            encode_no_value(row, model->in_order_word, words);
            const bool has_marker = row.no_value != NoValue::Never || row.encoding == Encoding::PhaseOrder;
            EXPECT_EQ(decode_row(row, words, model->in_order_word).has_value(), !has_marker) << model->key;
        }
    }
}

TEST(EncodeSerial, OnlyWhatAGxMakesNamesOf) {
    const auto text = [](std::string_view serial) {
        return decode_serial(encode_serial(serial)).value_or("");
    };
    EXPECT_EQ(text("BX1230010001S"), "BX1230010001S");
    EXPECT_EQ(text("1 EMH-00.12345678901"), "H0012345678901") << "the last 14";
    EXPECT_EQ(text("a_b"), "a_b");
    EXPECT_EQ(text("--."), "2D2D2E") << "unique, and not empty";
    EXPECT_EQ(text("\xC3\xA4"), "C3A4");
    EXPECT_EQ(encode_serial("AB"), (std::array<std::uint16_t, 7>{0x4142, 0, 0, 0, 0, 0, 0})) << "no blanks";
}

TEST(EncodeVersion, Nibbles) {
    EXPECT_EQ(encode_version("1.3.4"), 0x1304);
    EXPECT_EQ(encode_version("0.1.0"), 0x0100);
    EXPECT_EQ(encode_version("16.17.300"), 0xFFFF);
    EXPECT_EQ(encode_version(""), 0);
    EXPECT_EQ(encode_version("2"), 0x2000);
    EXPECT_EQ(decode_version(encode_version("1.2.255"), VersionFormat::Nibbles), "1.2.255");
}

} // namespace
} // namespace gridbridge
