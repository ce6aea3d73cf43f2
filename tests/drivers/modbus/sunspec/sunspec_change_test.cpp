// SunSpec devices that sleep, change, vanish and disturb, behind the real bus driver and a real line.
#include "tests/drivers/modbus/sunspec/sunspec_line.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge {
namespace {

using enum Quantity;
using namespace std::chrono_literals;

// What the device of the running test is like now; its image has no other way to hear of it.
enum class Scene { Day, Asleep, Exceptions, Moved, Replaced, Nothing, Restored };
std::atomic<Scene> scene{Scene::Day};

constexpr std::uint16_t inverter_at = 40070;

ModbusImage changing_image(const SunSpecDevice& device) {
    scene = Scene::Day;
    ModbusImage image = device.image();
    image.move = [](ModbusImage& moved, double) {
        auto& registers = moved.registers;
        switch (scene.load()) {
        case Scene::Day:
            moved.read_functions = {3};
            registers[inverter_at + 14] = 230;
            registers[inverter_at + 38] = 4;
            break;
        case Scene::Asleep:
            registers[inverter_at + 14] = 0x8000;
            registers[inverter_at + 38] = 2;
            break;
        case Scene::Exceptions:
            moved.read_functions = {};
            break;
        case Scene::Nothing: // as Fronius during a time-out behind it
            for (std::uint16_t offset = 2; offset < 38; ++offset) {
                registers[static_cast<std::uint16_t>(inverter_at + offset)] = 0;
            }
            registers[inverter_at + 38] = 7;
            break;
        case Scene::Restored:
            registers = chain_of_two().registers();
            break;
        case Scene::Moved: { // a vendor model in front
            SunSpecDevice other;
            other.common("SolarEdge", "SE10K", "7E0A1234").model(64001, 10);
            add_inverter(other);
            other.end();
            registers = other.registers();
            break;
        }
        case Scene::Replaced: { // the same place, another model
            SunSpecDevice other;
            other.common("SolarEdge", "SE10K", "7E0A1234").model(113, 60);
            other.f32(22, 777).f32(4, 1).f32(6, 1).f32(8, 1).f32(16, 230).f32(18, 230).f32(20, 230);
            other.word(48, 4).end();
            registers = other.registers();
            break;
        }
        }
    };
    return image;
}

class SunSpecChange : public testing::TestWithParam<Scene> {};

TEST_P(SunSpecChange, AChangedChainIsReadAgainAndNothingWrongIsSaid) {
    TestSlave slave(slave_options(Line::Tcp, {changing_image(chain_of_two())}));
    TestDriver driver({sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(2));
    scene = GetParam();
    const double expected = GetParam() == Scene::Moved ? 2300 : 777;
    ASSERT_TRUE(driver.until([&] {
        return driver.log().find("register map has changed") != std::string::npos && driver.seen().reading &&
               driver.seen().reading->get(Power) == expected &&
               driver.seen().reading->get(MaxPower) == std::nullopt;
    }));
    EXPECT_TRUE(driver.seen().losses.empty()) << "it never was away";
    for (const Reading& reading : driver.seen().all) {
        const auto watts = reading.get(Power);
        EXPECT_TRUE(!watts || watts == 2300.0 || watts == expected) << *watts;
    }
}

INSTANTIATE_TEST_SUITE_P(Scenes, SunSpecChange, testing::Values(Scene::Moved, Scene::Replaced),
                         [](const auto& test) { return test.param == Scene::Moved ? "Moved" : "Replaced"; });

TEST(SunSpecDriver, AsleepItsPowerIsZeroAndItWakesUp) {
    TestSlave slave(slave_options(Line::Tcp, {changing_image(chain_of_two())}));
    TestDriver driver({sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1));
    scene = Scene::Asleep;
    ASSERT_TRUE(driver.until([&] { return driver.seen().reading->get(Power) == 0.0; }));
    EXPECT_EQ(driver.seen().reading->get(PowerL1), 0.0);
    EXPECT_EQ(driver.seen().reading->get(StatusCode), 8.0);
    scene = Scene::Day;
    ASSERT_TRUE(driver.until([&] { return driver.seen().reading->get(Power) == 2300.0; }));
    EXPECT_TRUE(driver.seen().losses.empty());
}

TEST(SunSpecDriver, AFrameOfZerosIsNoReading) {
    const SunSpecDevice day = chain_of_two();
    TestSlave slave(slave_options(Line::Tcp, {changing_image(day)}));
    MeterConfig meter = sunspec_on(slave, Line::Tcp);
    meter.interval = 100ms;
    scene = Scene::Nothing;
    TestDriver driver({meter});
    slave.wait_for_requests(20); // the chain, then zeros
    EXPECT_EQ(driver.seen().readings, 0U);
    EXPECT_TRUE(driver.seen().losses.empty()) << "it answers";
    scene = Scene::Restored;
    ASSERT_TRUE(driver.until_readings(2));
    EXPECT_GE(driver.seen().counters.implausible, 3U) << "but it is counted";
    for (const Reading& reading : driver.seen().all) {
        EXPECT_EQ(reading.get(Power), 2300.0);
        EXPECT_EQ(reading.get(StatusCode), 7.0);
    }
}

TEST(SunSpecDriver, OneThatAnswersWithExceptionsAtNightIsLostAndReturns) {
    TestSlave slave(slave_options(Line::Tcp, {changing_image(chain_of_two())}));
    MeterConfig inverter = sunspec_on(slave, Line::Tcp);
    inverter.stale_after = 1s;
    TestDriver driver({inverter});
    ASSERT_TRUE(driver.until_readings(2));
    scene = Scene::Exceptions;
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_EQ(driver.seen().losses.size(), 1U);
    EXPECT_GE(driver.seen().counters.exceptions, 3U) << "then the connection is made anew";
    EXPECT_LT(driver.seen().counters.exceptions, 12U) << "with pauses";
    const auto readings = driver.seen().readings;
    scene = Scene::Day;
    ASSERT_TRUE(driver.until([&] { return driver.seen().readings > readings + 1; }));
    EXPECT_EQ(driver.seen().reading->get(Power), 2300.0);
}

class SunSpecNight : public testing::TestWithParam<Line> {};

TEST_P(SunSpecNight, ADeviceThatIsGoneReturnsByItself) {
    SlaveOptions options = slave_options(GetParam(), {chain_of_two().image()});
    options.faults.silence = 6s;
    options.faults.silence_from = 1500ms;
    TestSlave slave(options);
    MeterConfig inverter = sunspec_on(slave, GetParam());
    inverter.unit = 1;
    inverter.timeout = 500ms;
    inverter.stale_after = 1s;
    TestDriver driver({inverter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    const auto readings = driver.seen().readings;
    EXPECT_GE(readings, 1U);
    ASSERT_TRUE(driver.until([&] { return driver.seen().readings > readings + 1; }));
    EXPECT_EQ(driver.seen().reading->get(Power), 2300.0);
    EXPECT_GE(driver.seen().counters.reconnects, 1U);
}

INSTANTIATE_TEST_SUITE_P(Lines, SunSpecNight, testing::Values(Line::Pty, Line::Tcp, Line::SerialOverTcp),
                         [](const auto& tested) { return name_of_line(tested.param); });

TEST(SunSpecDriver, ConnectionsThatAreDroppedAreMadeAnewWithoutWords) {
    SlaveOptions options = slave_options(Line::Tcp, {chain_of_two().image()});
    options.faults.hangup = 1s;
    TestSlave slave(options);
    TestDriver driver({sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1));
    const auto several_later = Clock::now() + 3500ms;
    ASSERT_TRUE(driver.until([&] { return Clock::now() > several_later; }));
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 1));
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_EQ(driver.seen().reading->get(Power), 2300.0);
}

TEST(SunSpecDriver, DisturbedAnswersNeverBecomeValues) {
    SlaveOptions options = slave_options(Line::Pty, {chain_of_two().image()});
    options.faults.crc_every = 4;
    options.faults.drop_every = 9;
    TestSlave slave(options);
    MeterConfig inverter = sunspec_on(slave, Line::Pty);
    inverter.timeout = 200ms;
    TestDriver driver({inverter});
    ASSERT_TRUE(driver.until_readings(10));
    for (const Reading& reading : driver.seen().all) {
        EXPECT_TRUE(reading.empty() || reading.get(Power) == 2300.0);
    }
    EXPECT_GT(driver.seen().counters.rejected, 0U);
}

TEST(SunSpecSimulator, HasAnInverterWithOrWithoutMeter) {
    for (const char* name : {"sunspec", "sunspec_meter"}) {
        TestSlave slave(slave_options(Line::Tcp, {*built_in_image(name)}));
        const bool with_meter = std::string(name) == "sunspec_meter";
        TestDriver driver({sunspec_on(slave, Line::Tcp, with_meter ? "grid" : "")});
        ASSERT_TRUE(driver.until_readings(2)) << name;
        EXPECT_EQ(driver.seen().info->serial, with_meter ? "SM3P0001" : "SI8K2001");
        EXPECT_TRUE(driver.seen().reading->has(PowerL3));
        EXPECT_EQ(driver.seen().reading->has(MaxPower), !with_meter);
    }
}

TEST(SunSpecSimulator, SleepsAtTheEndOfItsDayAndChangesScaleFactors) {
    ModbusImage image = *built_in_image("sunspec_meter");
    const auto inverter = [&](unsigned offset) -> unsigned {
        return image.registers.at(static_cast<std::uint16_t>(40070 + offset));
    };
    image.move(image, 10);
    EXPECT_EQ(inverter(15), 0xFFFFU) << "-1";
    EXPECT_EQ(inverter(38), 4U);
    EXPECT_GT(inverter(20), 0x7FFFU) << "negative reactive power";
    const unsigned counted = inverter(24) << 16U | inverter(25);
    image.move(image, 120);
    EXPECT_EQ(inverter(15), 0U);
    EXPECT_EQ(inverter(14), 8200U);
    EXPECT_GT(inverter(24) << 16U | inverter(25), counted);
    EXPECT_GT(image.registers.at(40002 + 68 + 52 + 28 + 68 + 18), 0x7FFF) << "the meter exports";
    image.move(image, 250);
    EXPECT_EQ(inverter(14), 0x8000U);
    EXPECT_EQ(inverter(38), 2U);
}

} // namespace
} // namespace gridbridge
