#include "drivers/modbus/map/phase_use.hpp"

#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridbridge {
namespace {

using enum Quantity;

std::vector<Quantity> quantities(const ModelRow& model, PhaseUse use) {
    std::vector<Quantity> read;
    for (const RegisterRow& row : rows_for(model, use)) {
        read.push_back(row.quantity);
    }
    return read;
}

bool reads(const ModelRow& model, PhaseUse use, Quantity quantity) {
    const auto read = quantities(model, use);
    return std::find(read.begin(), read.end(), quantity) != read.end();
}

TEST(PhaseUse, IsWhatTheModelCanDo) {
    const PhaseMode both{false, true};
    EXPECT_EQ(phase_use_of(em24_rtu, {}), PhaseUse::Multi);
    EXPECT_EQ(phase_use_of(em24_rtu, both), PhaseUse::PvOnL2);
    EXPECT_EQ(phase_use_of(em24_rtu, {false, false}), PhaseUse::Single);
    EXPECT_EQ(phase_use_of(em24_rtu, {true, true}), PhaseUse::Multi);
    EXPECT_EQ(phase_use_of(em580, both), PhaseUse::Single);
    EXPECT_EQ(phase_use_of(em24_ethernet, both), PhaseUse::Multi) << "has a phase configuration register";
    EXPECT_EQ(phase_use_of(em100, {}), PhaseUse::Single);
}

TEST(PhaseUse, DesiredSettings) {
    const auto desired = [](const ModelRow& model, unsigned address, PhaseUse use) {
        for (const SettingRow& setting : model.settings) {
            if (number_of(setting.address) == address) {
                return static_cast<int>(desired_for(setting, use));
            }
        }
        return -1;
    };
    for (const PhaseUse use : {PhaseUse::Multi, PhaseUse::Single, PhaseUse::PvOnL2}) {
        EXPECT_EQ(desired(em24_rtu, 0x1101, use), 7);
        EXPECT_EQ(desired(em24_rtu, 0x1102, use), use == PhaseUse::Single ? 3 : 0);
        EXPECT_EQ(desired(em500, 0x1103, use), use == PhaseUse::PvOnL2 ? 1 : 2);
        EXPECT_EQ(desired(em500, 0x1002, use), 0);
        for (const ModelRow* model : {&em300, &em300_s27}) {
            EXPECT_EQ(desired(*model, 0x1103, use), 1);
            EXPECT_EQ(desired(*model, 0x1002, use), use == PhaseUse::PvOnL2 ? 2 : 0);
        }
    }
}

TEST(PhaseUse, RowsOfASinglePhase) {
    for (const ModelRow* model : carlo_gavazzi_models()) {
        for (int phase = 2; phase <= 3; ++phase) {
            for (const Quantity total : {Power, Current, Voltage, EnergyForward, EnergyReverse}) {
                EXPECT_FALSE(reads(*model, PhaseUse::Single, of_phase(total, phase))) << model->key;
            }
        }
        EXPECT_FALSE(reads(*model, PhaseUse::Single, PhaseSequence)) << model->key;
        EXPECT_NE(reads(*model, PhaseUse::Single, Power), reads(*model, PhaseUse::Single, PowerL1))
            << model->key;
    }
    EXPECT_TRUE(reads(em300_s27, PhaseUse::Single, Power)) << "dbus-cgwacs reads W of the system there";
    EXPECT_TRUE(reads(em24_rtu, PhaseUse::Single, PowerL1));
    EXPECT_EQ(rows_for(em100, PhaseUse::Single).size(), em100.rows.size());
}

TEST(PhaseUse, AnInvertedPhaseIsTurnedBeforeItBecomesTheTotal) {
    Reading raw;
    raw.set(PowerL1, 100.0);
    raw.set(CurrentL1, 0.5);
    raw.set(PowerL2, -40.0);
    raw.set(CurrentL2, 0.2);
    raw.set(EnergyForward, 7.0);
    raw.set(EnergyReverse, 3.0);
    raw.set(EnergyForwardL2, 2.0);
    MeterConfig meter;
    meter.invert = {1};
    const Reading one = readings_of(raw, {em24_rtu, PhaseUse::Single, 3, false}, meter).meter;
    EXPECT_EQ(one.get(Power), -100.0);
    EXPECT_EQ(one.get(Current), -0.5);
    EXPECT_EQ(one.get(EnergyForward), 3.0);
    EXPECT_EQ(one.get(EnergyReverseL1), 7.0);
    meter.invert = {2};
    const PhaseReadings two = readings_of(raw, {em24_rtu, PhaseUse::PvOnL2, 3, false}, meter);
    EXPECT_EQ(two.meter.get(Power), 100.0);
    EXPECT_EQ(two.meter.get(EnergyReverse), 3.0);
    EXPECT_EQ(two.second->get(Power), 40.0);
    EXPECT_EQ(two.second->get(Current), 0.2);
    EXPECT_EQ(two.second->get(EnergyReverse), 2.0);
}

TEST(PhaseUse, TheOnlyPhaseMayBeCalledAnother) {
    Reading raw;
    raw.set(PowerL1, -50.0);
    raw.set(EnergyForwardL1, 4.0);
    MeterConfig meter;
    meter.phases = {2, 3, 1};
    const Reading reading = readings_of(raw, {em100, PhaseUse::Single, 1, false}, meter).meter;
    EXPECT_EQ(reading.get(PowerL2), -50.0);
    EXPECT_EQ(reading.get(Power), -50.0);
    EXPECT_EQ(reading.get(EnergyForward), 4.0);
    EXPECT_FALSE(reading.has(PowerL1));
}

} // namespace
} // namespace gridbridge
