// From typed registers to the reading that is delivered, for every model of a meter.
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/sunspec/sunspec_map.hpp"
#include "tests/drivers/modbus/sunspec/sunspec_expect.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using sunspec::ModelKind;

TEST(SunSpecMeter, OfThreePhases) {
    for (const unsigned id : {203U, 204U}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_meter(device);
        device.word(0, static_cast<int>(id)).end();
        const Reading reading = read_device(device, ModelKind::Meter);
        expect(reading, {{Power, -1500},
                         {PowerL1, -600},
                         {PowerL2, -500},
                         {PowerL3, -400},
                         {CurrentL1, -3},
                         {CurrentL2, -3},
                         {Current, -9},
                         {Voltage, 230},
                         {VoltageL1, 229.9},
                         {VoltageL3, 230.1},
                         {VoltageLineToLine, 398.3},
                         {VoltageL1L2, 398.2},
                         {VoltageL2L3, 398.3},
                         {VoltageL3L1, 398.4},
                         {Frequency, 50},
                         {ApparentPower, -1600},
                         {ApparentPowerL1, 600},
                         {ApparentPowerL3, 450},
                         {ReactivePower, -200},
                         {ReactivePowerL2, 20},
                         {PowerFactor, -0.99},
                         {PowerFactorL3, -0.96},
                         {EnergyReverse, 7000},
                         {EnergyForward, 4000},
                         {EnergyForwardL2, 2000}});
        expect_absent(reading, {EnergyReverseL1, ReactiveEnergyQ1, StatusCode, MaxPower});
    }
}

TEST(SunSpecMeter, ReactiveEnergyByQuadrant) {
    SunSpecDevice device;
    device.common("A", "B", "C");
    add_meter(device);
    device.acc32(72, 1000).acc32(80, 2000).acc32(88, 3000).acc32(96, 70'000).word(104, -1).end();
    expect(
        read_device(device, ModelKind::Meter),
        {{ReactiveEnergyQ1, 0.1}, {ReactiveEnergyQ2, 0.2}, {ReactiveEnergyQ3, 0.3}, {ReactiveEnergyQ4, 7}});
}

TEST(SunSpecMeter, OfOneAndTwoPhases) {
    SunSpecDevice one;
    one.common("A", "B", "C").model(201, 105, 0x8000);
    one.words(2, {150, 0x8000, 0x8000, 0x8000, -1}).words(7, {2310, 2310, 0x8000}).word(15, -1);
    one.words(18, {-340, 0x8000, 0x8000, 0x8000, 1}).acc32(38, 5000).acc32(46, 6000).word(54, 0).end();
    const Reading single = read_device(one, ModelKind::Meter);
    expect(single, {{Power, -3400},
                    {PowerL1, -3400},
                    {CurrentL1, -15},
                    {Current, -15},
                    {VoltageL1, 231},
                    {EnergyForward, 6},
                    {EnergyReverse, 5}});
    expect_absent(single, {PowerL2, VoltageL2});
    SunSpecDevice two;
    two.common("A", "B", "C").model(202, 105, 0x8000);
    two.words(18, {30, 10, 20, 5, 0}).end();
    const Reading split = read_device(two, ModelKind::Meter);
    expect(split, {{Power, 30}, {PowerL1, 10}, {PowerL2, 20}});
    expect_absent(split, {PowerL3});
}

class SunSpecFloatMeter : public testing::TestWithParam<unsigned> {};

TEST_P(SunSpecFloatMeter, HasItsPhasesInOneRead) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(GetParam(), 124);
    device.f32(2, 9).f32(4, -3).f32(6, 3).f32(8, 3).f32(10, 230).f32(12, 229).f32(14, 230).f32(16, 231);
    device.f32(18, 400).f32(20, 401).f32(22, 402).f32(24, 403).f32(26, 50).f32(28, 600).f32(30, 100);
    device.f32(32, 200).f32(34, 300).f32(36, 610).f32(38, 110).f32(44, -10).f32(50, -30).f32(52, 0.98F);
    device.f32(58, -0.5F).f32(60, 1000).f32(62, 100).f32(68, 2000).f32(70, 400).f32(74, 700);
    device.f32(92, 10'000).f32(100, 20'000).f32(108, 30'000).f32(116, 40'000).end();
    const auto found = sunspec::choose_device(walk_chain(device.registers(), 40000), ModelKind::Meter);
    const auto rows = sunspec::rows_of(*found);
    const auto blocks = plan_blocks(rows, PlanLimits{});
    ASSERT_EQ(blocks.size(), 1U) << "one snapshot, although the model has 126 words";
    EXPECT_EQ(blocks.front().words, 118);
    const Reading reading = read_device(device, ModelKind::Meter);
    expect(reading, {{Power, 600},
                     {PowerL1, 100},
                     {CurrentL1, 3},
                     {Voltage, 230},
                     {VoltageL1, 229},
                     {Frequency, 50},
                     {ApparentPower, 610},
                     {ApparentPowerL1, 110},
                     {ReactivePower, -10},
                     {PowerFactor, 0.98},
                     {EnergyReverse, 1},
                     {EnergyReverseL1, 0.1},
                     {EnergyForward, 2},
                     {EnergyForwardL1, 0.4},
                     {ReactiveEnergyQ1, 10},
                     {ReactiveEnergyQ2, 20},
                     {ReactiveEnergyQ3, 30},
                     {ReactiveEnergyQ4, 40}});
    const bool three = GetParam() >= 213;
    EXPECT_EQ(reading.get(PowerL3), three ? std::optional(300.0) : std::nullopt);
    EXPECT_EQ(reading.get(ReactivePowerL3), three ? std::optional(-30.0) : std::nullopt);
    EXPECT_EQ(reading.get(PowerFactorL3), three ? std::optional(-0.5) : std::nullopt);
    EXPECT_EQ(reading.has(PowerL2), GetParam() != 211);
    EXPECT_EQ(reading.has(VoltageL3L1), three);
}

INSTANTIATE_TEST_SUITE_P(Models, SunSpecFloatMeter, testing::Values(211U, 212U, 213U, 214U));

} // namespace
} // namespace gridbridge
