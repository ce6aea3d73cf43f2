// Frames of zeros: what is a reading and what is none.
#include "drivers/modbus/sunspec/null_frame.hpp"
#include "tests/drivers/modbus/sunspec/sunspec_device.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;
using sunspec::is_null_frame;
using sunspec::ModelKind;

Reading decoded(SunSpecDevice& device, ModelKind kind) {
    device.end();
    SunSpecReading reading;
    read_snapshot(device.registers(), 40000, kind, reading);
    return reading.raw;
}

struct InverterModel {
    unsigned id, length, state;
};

class NullFrameOfInverter : public testing::TestWithParam<InverterModel> {
  protected:
    SunSpecDevice zeros(int state) const {
        SunSpecDevice device;
        device.common("A", "B", "C").model(GetParam().id, GetParam().length, 0);
        device.word(GetParam().state, state);
        return device;
    }
};

TEST_P(NullFrameOfInverter, InAnyStateInWhichItWouldMeasureIsNoReading) {
    for (const int state : {3, 4, 5, 7, 0, 9, 0xFFFF}) {
        SunSpecDevice device = zeros(state);
        EXPECT_TRUE(is_null_frame(decoded(device, ModelKind::Inverter))) << state;
    }
}

TEST_P(NullFrameOfInverter, OfOneThatIsAtRestIsAReading) {
    for (const int state : {1, 2, 6, 8}) {
        SunSpecDevice device = zeros(state);
        EXPECT_FALSE(is_null_frame(decoded(device, ModelKind::Inverter))) << state;
    }
}

INSTANTIATE_TEST_SUITE_P(Models, NullFrameOfInverter,
                         testing::Values(InverterModel{101, 50, 38}, InverterModel{102, 50, 38},
                                         InverterModel{103, 50, 38}, InverterModel{111, 60, 48},
                                         InverterModel{112, 60, 48}, InverterModel{113, 60, 48}),
                         [](const auto& tested) { return std::to_string(tested.param.id); });

class NullFrameOfMeter : public testing::TestWithParam<unsigned> {};

TEST_P(NullFrameOfMeter, IsNoReading) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(GetParam(), GetParam() < 210 ? 105 : 124, 0);
    EXPECT_TRUE(is_null_frame(decoded(device, ModelKind::Meter)));
}

INSTANTIATE_TEST_SUITE_P(Models, NullFrameOfMeter,
                         testing::Values(201U, 202U, 203U, 204U, 211U, 212U, 213U, 214U));

TEST(NullFrame, OfModel701) {
    for (const auto& [state, is_null] : std::vector<std::pair<int, bool>>{{3, true}, {6, true}, {1, false}}) {
        SunSpecDevice device;
        device.common("A", "B", "C").model(701, 153, 0).word(4, state);
        EXPECT_EQ(is_null_frame(decoded(device, ModelKind::Inverter)), is_null) << state;
    }
}

TEST(NullFrame, WhatTheGridOrACounterShowsIsAReading) {
    for (const Quantity one : {VoltageL1, Frequency, EnergyForward, EnergyReverse, Power, PowerL2}) {
        Reading reading;
        for (const Quantity zero : {VoltageL1, VoltageL2, VoltageL3, Frequency, Power, EnergyForward}) {
            reading.set(zero, 0);
        }
        reading.set(StatusCode, 7);
        EXPECT_TRUE(is_null_frame(reading));
        reading.set(one, 50);
        EXPECT_FALSE(is_null_frame(reading)) << quantity_table.at(index_of(one)).name;
    }
}

TEST(NullFrame, UnknownValuesAreNoZeros) {
    Reading reading;
    reading.set(StatusCode, 7);
    EXPECT_FALSE(is_null_frame(reading));
    reading.set(Power, 0);
    EXPECT_FALSE(is_null_frame(reading)) << "a device without voltage and frequency";
}

} // namespace
} // namespace gridbridge
