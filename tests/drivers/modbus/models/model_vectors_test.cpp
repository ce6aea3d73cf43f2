// Every row of every model against words and values from the vendor's register tables, typed by hand.
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr unsigned em24 = 1;
constexpr unsigned e1 = 2;
constexpr unsigned et112 = 4;
constexpr unsigned et340 = 8;
constexpr unsigned s27 = 16;
constexpr unsigned em5 = 32;
constexpr unsigned em58 = 64;
constexpr unsigned all3 = em24 | e1 | et340 | s27 | em5 | em58; // three phases
constexpr unsigned young = e1 | et340 | em5;

struct Vector {
    unsigned models;
    unsigned address;
    Quantity quantity;
    std::vector<std::uint16_t> words; // ascending address
    double value;
};

const std::vector<Vector>& vectors() {
    static const std::vector<Vector> all{
        // Volt /10, ampere /1000, watt /10: the same addresses on all meters of three phases.
        {all3, 0x0000, VoltageL1, {0x090A, 0x0000}, 231.4},
        {all3, 0x0002, VoltageL2, {0x08EE, 0x0000}, 228.6},
        {all3, 0x0004, VoltageL3, {0x0FA0, 0x0000}, 400.0},
        {all3 & ~s27, 0x0006, VoltageL1L2, {0x0FA1, 0x0000}, 400.1},
        {all3 & ~s27, 0x0008, VoltageL2L3, {0x0FA2, 0x0000}, 400.2},
        {all3 & ~s27, 0x000A, VoltageL3L1, {0x0001, 0x0001}, 6553.7},
        {all3, 0x000C, CurrentL1, {0xF312, 0xFFFF}, -3.31},
        {all3, 0x000E, CurrentL2, {0xD091, 0x0003}, 250.001},
        {all3, 0x0010, CurrentL3, {0x0219, 0xFFFF}, -64.999},
        {all3, 0x0012, PowerL1, {0xEE8B, 0xFFFE}, -7000.5},
        {all3, 0x0014, PowerL2, {0xE4BD, 0xFFF0}, -99001.9},
        {all3, 0x0016, PowerL3, {0xB5BD, 0xFFFD}, -15008.3},
        {all3 & ~(s27 | em58), 0x0018, ApparentPowerL1, {0x1001, 0x0000}, 409.7},
        {all3 & ~(s27 | em58), 0x001A, ApparentPowerL2, {0x1002, 0x0000}, 409.8},
        {all3 & ~(s27 | em58), 0x001C, ApparentPowerL3, {0x1003, 0x0000}, 409.9},
        {all3 & ~s27, 0x001E, ReactivePowerL1, {0xFFFF, 0xFFFF}, -0.1},
        {all3 & ~s27, 0x0020, ReactivePowerL2, {0xFFFE, 0xFFFF}, -0.2},
        {all3 & ~s27, 0x0022, ReactivePowerL3, {0x0003, 0x0000}, 0.3},
        {all3 & ~em58, 0x0024, Voltage, {0x0903, 0x0000}, 230.7},
        {all3 & ~(s27 | em58), 0x0026, VoltageLineToLine, {0x0F9F, 0x0000}, 399.9},
        {all3, 0x0028, Power, {0xE60C, 0xFFFF}, -664.4},
        {all3 & ~(s27 | em58), 0x002A, ApparentPower, {0x3841, 0x0000}, 1440.1},
        {all3 & ~s27, 0x002C, ReactivePower, {0x8000, 0xFFFF}, -3276.8},

        // EM24 and series 27
        {em24, 0x002E, PowerDemand, {0x0065, 0x0000}, 10.1},
        {em24, 0x0036, PhaseSequence, {0xFFFF}, 1},
        {em24, 0x0036, PhaseSequence, {0x0000}, 0},
        {em24 | s27, 0x0037, Frequency, {0x01F6}, 50.2},
        {em24, 0x0038, PowerDemandMax, {0x0066, 0x0000}, 10.2},
        {em24 | s27, 0x003E, EnergyForward, {0xE0FF, 0x05F5}, 9999999.9},
        {em24, 0x0040, ReactiveEnergyForward, {0x0067, 0x0000}, 10.3},
        {em24 | s27, 0x0046, EnergyForwardL1, {0x0068, 0x0000}, 10.4},
        {em24 | s27, 0x0048, EnergyForwardL2, {0x0069, 0x0000}, 10.5},
        {em24 | s27, 0x004A, EnergyForwardL3, {0x0000, 0x0001}, 6553.6},
        {em24 | s27, 0x005C, EnergyReverse, {0xAE60, 0x000A}, 70000.0},
        {em24, 0x005E, ReactiveEnergyReverse, {0x006A, 0x0000}, 10.6},

        // EM24 Ethernet, EM300, EM5xx
        {young, 0x002E, PowerFactorL1, {0xFC2E}, -0.978},
        {young, 0x002F, PowerFactorL2, {0x03E8}, 1.0},
        {young, 0x0030, PowerFactorL3, {0xFC72}, -0.91},
        {young, 0x0031, PowerFactor, {0xFF5A}, -0.166},
        {e1 | et340, 0x0032, PhaseSequence, {0x0000}, 0},
        {young | em58, 0x0032, PhaseSequence, {0xFFFF}, 1},
        {em5 | em58, 0x0032, PhaseSequence, {0x0001}, 0},
        {e1 | et340 | em58, 0x0033, Frequency, {0x01F3}, 49.9},
        {e1 | et340, 0x0034, EnergyForward, {0x9723, 0x0001}, 10422.7},
        {e1 | et340, 0x0036, ReactiveEnergyForward, {0x006B, 0x0000}, 10.7},
        {e1 | et340, 0x0038, PowerDemand, {0x006C, 0x0000}, 10.8},
        {e1 | et340, 0x003A, PowerDemandMax, {0x006D, 0x0000}, 10.9},
        {e1 | et340, 0x0040, EnergyForwardL1, {0x006E, 0x0000}, 11.0},
        {e1 | et340, 0x0042, EnergyForwardL2, {0xA4F2, 0x0000}, 4222.6},
        {e1 | et340, 0x0044, EnergyForwardL3, {0x006F, 0x0000}, 11.1},
        {e1 | et340, 0x004E, EnergyReverse, {0x4FF9, 0x0000}, 2047.3},
        {et340, 0x0050, ReactiveEnergyReverse, {0x0070, 0x0000}, 11.2},
        {et340, 0x0060, EnergyReverseL1, {0x4655, 0x0000}, 1800.5},
        {et340, 0x0062, EnergyReverseL2, {0x8481, 0x001E}, 200000.1},
        {et340, 0x0064, EnergyReverseL3, {0x0000, 0xFFFF}, 6553.6},

        // Wh counters of EM530, EM540 and EM580
        {em5 | em58, 0x0500, EnergyForward, {0xCDE8, 0x0540, 0x0000, 0x0000}, 88133.096},
        {em5, 0x0504, ReactiveEnergyForward, {0x0001, 0x0000, 0x0000, 0x0000}, 0.001},
        {em5 | em58, 0x0510, EnergyForwardL1, {0x0002, 0x0000, 0x0000, 0x0000}, 0.002},
        {em5 | em58, 0x0514, EnergyForwardL2, {0x0003, 0x0000, 0x0000, 0x0000}, 0.003},
        {em5 | em58, 0x0518, EnergyForwardL3, {0x0000, 0x0001, 0x0000, 0x0000}, 65.536},
        {em58, 0x0307, Temperature, {0xFFC9}, -5.5},
        {em5 | em58, 0x051C, EnergyReverse, {0x007B, 0x0000, 0x03E8, 0x0000}, 4294967296.123},
        {em5, 0x0524, ReactiveEnergyReverse, {0x0004, 0x0000, 0x0000, 0x0000}, 0.004},
        {em5, 0x053C, Frequency, {0xC31D, 0x0000}, 49.949},

        // EM110, EM111, EM112, ET112
        {et112, 0x0000, VoltageL1, {0x091B, 0x0000}, 233.1},
        {et112, 0x0002, CurrentL1, {0xCFC7, 0xFFFF}, -12.345},
        {et112, 0x0004, PowerL1, {0x9235, 0xFFFF}, -2810.7},
        {et112, 0x0006, ApparentPowerL1, {0x7070, 0x0000}, 2878.4},
        {et112, 0x0008, ReactivePowerL1, {0xFFF6, 0xFFFF}, -1.0},
        {et112, 0x000A, PowerDemand, {0x0071, 0x0000}, 11.3},
        {et112, 0x000C, PowerDemandMax, {0x0072, 0x0000}, 11.4},
        {et112, 0x000E, PowerFactorL1, {0xFC2F}, -0.977},
        {et112, 0x000F, Frequency, {0x01F3}, 49.9},
        {et112, 0x0010, EnergyForwardL1, {0xFFFF, 0x0000}, 6553.5},
        {et112, 0x0012, ReactiveEnergyForward, {0x0073, 0x0000}, 11.5},
        {et112, 0x0020, EnergyReverseL1, {0x0000, 0xFFFF}, 6553.6},
        {et112, 0x0020, EnergyReverseL1, {0xE0FF, 0x05F5}, 9999999.9},
        {et112, 0x0022, ReactiveEnergyReverse, {0x0074, 0x0000}, 11.6},
    };
    return all;
}

struct Named {
    unsigned flag;
    const ModelRow* model;
};

class ModelVectors : public testing::TestWithParam<Named> {
  protected:
    static const RegisterRow* row_at(unsigned address) {
        const auto rows = GetParam().model->rows;
        const auto row = std::find_if(rows.begin(), rows.end(), [address](const RegisterRow& candidate) {
            return first_word(candidate) == address;
        });
        return row == rows.end() ? nullptr : &*row;
    }
};

TEST_P(ModelVectors, GiveTheValuesOfTheReference) {
    for (const Vector& vector : vectors()) {
        if ((vector.models & GetParam().flag) == 0) {
            continue;
        }
        const RegisterRow* row = row_at(vector.address);
        ASSERT_NE(row, nullptr) << std::hex << vector.address;
        EXPECT_EQ(row->quantity, vector.quantity) << std::hex << vector.address;
        const auto value = decode_row(*row, vector.words, GetParam().model->in_order_word);
        ASSERT_TRUE(value.has_value()) << std::hex << vector.address;
        EXPECT_NEAR(*value, vector.value, 1e-6) << std::hex << vector.address;
    }
}

TEST_P(ModelVectors, CoverEveryRow) {
    for (const RegisterRow& row : GetParam().model->rows) {
        EXPECT_TRUE(std::any_of(vectors().begin(), vectors().end(),
                                [&](const Vector& vector) {
                                    return (vector.models & GetParam().flag) != 0 &&
                                           vector.address == first_word(row);
                                }))
            << std::hex << first_word(row);
    }
}

TEST_P(ModelVectors, OverflowIsNoValueInEveryRow) {
    for (const RegisterRow& row : GetParam().model->rows) {
        std::vector<std::uint16_t> words{0x7FFF};
        if (row.encoding == Encoding::Int64LowFirst) {
            continue;
        }
        if (row.encoding == Encoding::Int32LowFirst) {
            words = {0xFFFF, 0x7FFF};
        } else if (row.quantity == Frequency) {
            words = {0xFFFF};
        }
        EXPECT_FALSE(decode_row(row, words, GetParam().model->in_order_word).has_value())
            << std::hex << first_word(row);
    }
}

INSTANTIATE_TEST_SUITE_P(Models, ModelVectors,
                         testing::Values(Named{em24, &em24_rtu}, Named{e1, &em24_ethernet},
                                         Named{et112, &em100}, Named{et340, &em300}, Named{s27, &em300_s27},
                                         Named{em5, &em500}, Named{em58, &em580}),
                         [](const auto& tested) { return std::string(tested.param.model->key); });

} // namespace
} // namespace gridbridge
