// From typed registers to the reading that is delivered, for every model of an inverter.
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/sunspec/sunspec_map.hpp"
#include "tests/drivers/modbus/sunspec/sunspec_expect.hpp"

#include <limits>

namespace gridbridge {
namespace {

using enum Quantity;
using sunspec::ModelKind;

TEST(SunSpecInverter, ThreePhases) {
    SunSpecDevice device;
    device.common("A", "B", "C");
    add_inverter(device);
    device.model(120, 26).words(2, {4, 820, 1}).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, 2300},
                     {Current, 10},
                     {CurrentL1, 3.33},
                     {CurrentL3, 3.34},
                     {VoltageL1, 230},
                     {VoltageL2, 230.1},
                     {VoltageL3, 230.2},
                     {VoltageL1L2, 398.4},
                     {VoltageL2L3, 398.5},
                     {VoltageL3L1, 398.6},
                     {Frequency, 50.01},
                     {ApparentPower, 2310},
                     {ReactivePower, -200},
                     {PowerFactor, 0.995},
                     {EnergyForward, 12345.678},
                     {StatusCode, 7},
                     {MaxPower, 8200}});
    const double sum = 230 * 3.33 + 230.1 * 3.33 + 230.2 * 3.34;
    expect(reading, {{PowerL1, 2300 * 230 * 3.33 / sum},
                     {PowerL2, 2300 * 230.1 * 3.33 / sum},
                     {PowerL3, 2300 * 230.2 * 3.34 / sum}});
    expect_absent(reading, {EnergyReverse, EnergyForwardL1, Voltage});
}

TEST(SunSpecInverter, OfOnePhaseGivesThatPhaseAlone) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(101, 50, 0); // zeros where others say "not implemented"
    device.words(2, {52, 52, 0xFFFF, 0xFFFF, -1}).words(10, {2345, 0xFFFF, 0xFFFF, -1});
    device.words(14, {-1, 1}).acc32(24, 77'000).word(26, 1).word(38, 5).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, -10},
                     {PowerL1, -10},
                     {CurrentL1, -5.2},
                     {Current, -5.2},
                     {VoltageL1, 234.5},
                     {EnergyForward, 770},
                     {EnergyForwardL1, 770},
                     {StatusCode, 7}});
    expect_absent(reading, {PowerL2, PowerL3, CurrentL2, VoltageL2, VoltageL1L2});
}

TEST(SunSpecInverter, OfTwoPhasesSpreadsOverTwo) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(102, 50);
    device.words(2, {30, 10, 20, 0xFFFF, 0}).words(10, {1200, 1200, 0xFFFF, -1}).words(14, {3600, 0});
    device.word(38, 4).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, 3600}, {PowerL1, 1200}, {PowerL2, 2400}, {Current, 30}, {VoltageL1, 120}});
    expect_absent(reading, {PowerL3, CurrentL3, EnergyForward});
}

TEST(SunSpecInverter, WithoutCurrentThePowerIsSpreadEvenlyAndAnUnknownOneIsUnknown) {
    SunSpecDevice device;
    device.common("A", "B", "C");
    add_inverter(device);
    device.words(2, {0, 0, 0, 0, -2}).words(14, {-6, 0});
    expect(read_device(device, ModelKind::Inverter),
           {{Power, -6}, {PowerL1, -2}, {PowerL2, -2}, {PowerL3, -2}});
    device.word(4, 0xFFFF);
    const Reading partial = read_device(device, ModelKind::Inverter);
    expect(partial, {{Power, -6}});
    expect_absent(partial, {PowerL1, PowerL2, PowerL3, CurrentL2});
}

class SunSpecFloatInverter : public testing::TestWithParam<int> {};

TEST_P(SunSpecFloatInverter, HasItsPhases) {
    const int phases = GetParam() - 110;
    SunSpecDevice device;
    device.common("A", "B", "C").model(static_cast<unsigned>(GetParam()), 60);
    device.f32(2, 30).f32(4, 10).f32(6, 10).f32(8, 10).f32(10, 400).f32(12, 401).f32(14, 402);
    device.f32(16, 230).f32(18, 230).f32(20, 230).f32(22, -600.5F).f32(24, 49.98F).f32(26, 610).f32(28, -7);
    device.f32(30, -0.5F).f32(32, 16'777'216).word(48, 8).model(702, 50).word(2, 1000).word(45, 0).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, -600.5},
                     {PowerL1, -600.5 / phases},
                     {VoltageL1, 230},
                     {CurrentL1, -10},
                     {Frequency, 49.98},
                     {ApparentPower, 610},
                     {ReactivePower, -7},
                     {PowerFactor, -0.5},
                     {EnergyForward, 16777.216},
                     {StatusCode, 8},
                     {MaxPower, 1000}});
    for (int phase = 2; phase <= 3; ++phase) {
        EXPECT_EQ(reading.has(of_phase(Power, phase)), phase <= phases);
        EXPECT_EQ(reading.has(of_phase(Voltage, phase)), phase <= phases);
    }
    EXPECT_EQ(reading.has(VoltageL1L2), phases > 1);
    EXPECT_EQ(reading.has(VoltageL3L1), phases > 2);
}

INSTANTIATE_TEST_SUITE_P(Models, SunSpecFloatInverter, testing::Values(111, 112, 113));

TEST(SunSpecInverter, TheWholeStateMap) {
    const std::vector<std::optional<double>> codes{std::nullopt, 0, 8, 3, 7, 7, 8, 10, 8, std::nullopt};
    for (std::size_t state = 0; state < codes.size(); ++state) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.word(38, static_cast<int>(state));
        EXPECT_EQ(read_device(device, ModelKind::Inverter).get(StatusCode), codes[state]) << state;
        device.word(38, 0xFFFF);
        expect_absent(read_device(device, ModelKind::Inverter), {StatusCode});
    }
}

TEST(SunSpecInverter, AsleepItsPowerIsZeroWhateverItsRegistersSay) {
    for (const int watts : {0x8000, 0, -4, 1500}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.words(2, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0x8000})
            .words(14, {watts, 0x8000})
            .word(38, 2)
            .end();
        const Reading reading = read_device(device, ModelKind::Inverter);
        expect(reading, {{Power, 0}, {PowerL1, 0}, {PowerL2, 0}, {PowerL3, 0}, {StatusCode, 8}});
        expect_absent(reading, {Current, CurrentL1});
    }
    for (const int state : {3, 4, 5, 6, 7, 0, 0xFFFF}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.words(14, {0x8000, 0}).word(38, state).end();
        expect_absent(read_device(device, ModelKind::Inverter), {Power, PowerL1, PowerL2, PowerL3});
    }
}

TEST(SunSpecInverter, OffOrInStandbyAPowerItDoesNotGiveIsZero) {
    for (const int state : {1, 8}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.words(2, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0x8000}).words(14, {0x8000, 0x8000});
        device.word(38, state).end();
        expect(read_device(device, ModelKind::Inverter), {{Power, 0}, {PowerL1, 0}, {PowerL3, 0}});
        SunSpecDevice consumes;
        consumes.common("A", "B", "C");
        add_inverter(consumes);
        consumes.words(14, {-4, 0}).word(38, state).end();
        expect(read_device(consumes, ModelKind::Inverter), {{Power, -4}});
    }
}

// SMA in split and three phase: victronenergy/venus issue 1428.
TEST(SunSpecInverter, ACurrentInTheFirstPhaseAloneIsThatOfAll) {
    SunSpecDevice split;
    split.common("A", "B", "C").model(102, 50);
    split.words(2, {132, 132, 0xFFFF, 0xFFFF, -1}).words(10, {1212, 1208, 0xFFFF, -1});
    split.words(14, {3200, 0}).word(38, 4).end();
    const Reading two = read_device(split, ModelKind::Inverter);
    expect(two, {{Power, 3200}, {PowerL1, 1600}, {PowerL2, 1600}, {CurrentL1, 13.2}, {Current, 13.2}});
    expect_absent(two, {CurrentL2, PowerL3});
    SunSpecDevice three;
    three.common("A", "B", "C");
    add_inverter(three);
    three.words(2, {1332, 1332, 0xFFFF, 0xFFFF, -2}).words(14, {3000, 0}).end();
    const Reading even = read_device(three, ModelKind::Inverter);
    expect(even, {{PowerL1, 1000}, {PowerL2, 1000}, {PowerL3, 1000}, {Current, 13.32}});
    expect_absent(even, {CurrentL1});
    SunSpecDevice other;
    other.common("A", "B", "C");
    add_inverter(other);
    other.words(2, {1332, 500, 0xFFFF, 0xFFFF, -2}).end();
    expect_absent(read_device(other, ModelKind::Inverter), {PowerL1, PowerL2, PowerL3});
}

SunSpecDevice der_device(int state) {
    SunSpecDevice device;
    device.common("SMA", "STP X", "3014").model(160, 48).model(701, 153);
    device.words(2, {2, 1, state}).words(10, {5000, 5010, -300, 995, 725, 4010, 2310});
    device.acc32(17, 4998).acc32(19, 0).acc32(21, 12'345'678);
    int at = 41;
    for (const int volts : {2310, 2312, 2313}) {
        device.words(static_cast<unsigned>(at), {0, 0, 0, 0, 242, 4010, volts, 0, 0, 0, 0});
        at += 23;
    }
    return device.words(113, {-2, -1, -2, 0, -3, 0, 0, 0, 0});
}

TEST(SunSpecInverter, OfModel701) {
    SunSpecDevice device = der_device(3);
    device.end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, 5000},
                     {Voltage, 231},
                     {VoltageLineToLine, 401},
                     {VoltageL1, 231},
                     {VoltageL3, 231.3},
                     {CurrentL1, 2.42},
                     {Frequency, 49.98},
                     {PowerFactor, 0.995},
                     {EnergyForward, 12345.678},
                     {StatusCode, 7}});
    expect(reading, {{PowerL1, 5000 * 231.0 / 693.5}}); // its own are 0, which cannot be
    expect_absent(reading, {EnergyForwardL1, EnergyReverse});
    SunSpecDevice phases = der_device(3);
    phases.word(41, 1000).word(64, 2000).word(87, 2000).acc32(50, 4'000'000).end();
    expect(read_device(phases, ModelKind::Inverter),
           {{PowerL1, 1000}, {PowerL2, 2000}, {PowerL3, 2000}, {EnergyForwardL1, 4000}});
}

TEST(SunSpecInverter, TheStatesOfModel701CountFromZero) {
    const std::vector<std::optional<double>> codes{0, 8, 3, 7, 7, 8, 10, 8, std::nullopt};
    for (std::size_t state = 0; state < codes.size(); ++state) {
        SunSpecDevice device = der_device(static_cast<int>(state));
        device.word(10, 0x8000).end();
        const Reading reading = read_device(device, ModelKind::Inverter);
        EXPECT_EQ(reading.get(StatusCode), codes[state]) << state;
        const bool rests = state == 0 || state == 1 || state == 7;
        EXPECT_EQ(reading.get(Power), rests ? std::optional(0.0) : std::nullopt) << state;
    }
}

TEST(SunSpecInverter, AsleepAlsoInFloat) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(113, 60).word(48, 2).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    expect(reading, {{Power, 0}, {PowerL3, 0}, {StatusCode, 8}});
    expect_absent(reading, {Current, VoltageL1, EnergyForward, Frequency});
}

TEST(SunSpecInverter, EveryMarkerMeansUnknown) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(103, 50);
    device.words(14, {0x8000}).word(18, 0x8000).word(20, 0x8000).word(22, 0x8000).acc32(24, 0);
    for (const int factor : {6, 13, 15, 17, 19, 21, 23, 26}) {
        device.word(static_cast<unsigned>(factor), 0);
    }
    device.model(120, 26).words(3, {0xFFFF, 0}).end();
    const Reading reading = read_device(device, ModelKind::Inverter);
    EXPECT_TRUE(reading.empty());
    SunSpecDevice floats;
    floats.common("A", "B", "C").model(113, 60);
    for (unsigned offset = 2; offset < 48; offset += 2) {
        floats.acc32(offset, offset % 4 == 0 ? 0x7FC00000U : 0xFFFFFFFFU);
    }
    floats.f32(22, std::numeric_limits<float>::infinity()).end();
    EXPECT_TRUE(read_device(floats, ModelKind::Inverter).empty());
}

TEST(SunSpecInverter, WithoutScaleFactorThereIsNoValue) {
    for (const int factor : {0x8000, 11, -11, 300}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.word(15, factor).word(26, factor).end();
        const Reading reading = read_device(device, ModelKind::Inverter);
        expect_absent(reading, {Power, PowerL1, EnergyForward});
        expect(reading, {{CurrentL1, 3.33}});
    }
}

TEST(SunSpecInverter, ScaleFactorsMayChangeWithEachReading) {
    SunSpecDevice device;
    device.common("A", "B", "C");
    add_inverter(device);
    device.end();
    SunSpecReading reading;
    for (const int exponent : {-10, -3, -1, 0, 1, 2, 6}) {
        Registers registers = device.registers();
        registers[40002 + 68 + 15] = static_cast<std::uint16_t>(exponent);
        read_snapshot(registers, 40000, ModelKind::Inverter, reading);
        EXPECT_DOUBLE_EQ(reading.delivered.get(Power).value_or(0),
                         230 * std::stod("1e" + std::to_string(exponent)));
    }
    Registers registers = device.registers();
    registers[40002 + 68 + 15] = 10;
    read_snapshot(registers, 40000, ModelKind::Inverter, reading);
    EXPECT_FALSE(reading.delivered.has(Power)) << "2300 GW";
}

TEST(SunSpecInverter, PowerFactorInPerCentOrAsARatio) {
    struct Case {
        int value, exponent;
        std::optional<double> expected;
    };
    for (const Case& one : {Case{9950, -2, 0.995}, Case{-98, 0, -0.98}, Case{100, 0, 1}, Case{-100, -2, -1},
                            Case{95, -2, 0.95}, Case{1, 0, 1}, Case{101, 0, std::nullopt}}) {
        SunSpecDevice device;
        device.common("A", "B", "C");
        add_inverter(device);
        device.words(22, {one.value, one.exponent}).end();
        EXPECT_EQ(read_device(device, ModelKind::Inverter).get(PowerFactor), one.expected) << one.value;
    }
}

TEST(SunSpecInverter, ACounterAtZeroIsUnknownUntilItHasCounted) {
    SunSpecDevice device;
    device.common("A", "B", "C");
    add_inverter(device);
    device.end();
    Registers registers = device.registers();
    SunSpecReading reading;
    const auto count = [&](std::uint16_t low) {
        registers[40002 + 68 + 24] = 0;
        registers[40002 + 68 + 25] = low;
        read_snapshot(registers, 40000, ModelKind::Inverter, reading);
        return reading.delivered.get(EnergyForward);
    };
    EXPECT_EQ(count(0), std::nullopt);
    EXPECT_EQ(count(500), 0.5);
    EXPECT_EQ(count(0), std::nullopt) << "whether it wakes up or wraps";
    EXPECT_EQ(count(501), 0.501);
}

TEST(SunSpecInverter, AFloatCounterAtZeroIsUnknownToo) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(113, 60);
    device.f32(16, 230).f32(22, 40).f32(32, 0).word(48, 3).end();
    expect_absent(read_device(device, ModelKind::Inverter), {EnergyForward});
}

TEST(SunSpecInverter, OlderOrShorterModelsAreReadAsFarAsTheyGo) {
    SunSpecDevice older;
    older.common("A", "B", "C", 65);
    add_inverter(older, 49);
    older.end();
    expect(read_device(older, ModelKind::Inverter), {{Power, 2300}, {StatusCode, 7}});
    SunSpecDevice cut;
    cut.common("A", "B", "C");
    add_inverter(cut, 25); // ends behind the scale factor of the energy
    const auto device = sunspec::choose_device(walk_chain(cut.registers(), 40000), ModelKind::Inverter);
    for (const RegisterRow& row : sunspec::rows_of(*device)) {
        EXPECT_LE(end_read(row), 40002U + 68 + 27) << "no word beyond the model";
        EXPECT_NE(row.quantity, StatusCode);
        EXPECT_NE(row.quantity, Power) << "its state is not there";
    }
}

class SunSpecBase : public testing::TestWithParam<unsigned> {};

TEST_P(SunSpecBase, AnyPlaceIsGood) {
    SunSpecDevice device(GetParam());
    device.common("A", "B", "C");
    add_inverter(device);
    device.end();
    expect(read_device(device, ModelKind::Inverter, GetParam()), {{Power, 2300}, {EnergyForward, 12345.678}});
}

INSTANTIATE_TEST_SUITE_P(Bases, SunSpecBase, testing::Values(0U, 40000U, 50000U, 65000U));

TEST(SunSpecMap, AScaleFactorIsNeverReadWithoutItsValue) {
    for (const sunspec::MeasuringModel& type : sunspec::measuring_models()) {
        for (const std::uint16_t length : {std::uint16_t{50}, std::uint16_t{105}, std::uint16_t{300}}) {
            const sunspec::ChainDevice device{&type, {type.id, length, 40070_reg}, {}, {}};
            const auto rows = sunspec::rows_of(device);
            for (const auto& blocks : {plan_blocks(rows, {}), plan_first_reading(rows, {})}) {
                ASSERT_EQ(blocks.size(), 1U);
                EXPECT_EQ(number_of(blocks.front().address), 40070) << "with the id and the length";
                EXPECT_LE(blocks.front().words, 125);
                for (const RegisterRow& row : rows) {
                    EXPECT_TRUE(contains(blocks.front(), row));
                }
            }
        }
    }
}

} // namespace
} // namespace gridbridge
