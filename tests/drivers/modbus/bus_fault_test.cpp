// Lines that lose, spoil, delay and cut. Whatever happens, no wrong value may be delivered.
#include "tests/drivers/modbus/test_bus.hpp"

#include "drivers/modbus/line/line_transport.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Every register differs from every other, so that no value can pass for another.
ModbusImage still_image(const char* name) {
    ModbusImage image = *built_in_image(name);
    image.move = nullptr;
    for (auto& [address, word] : image.registers) {
        const bool low_word = address % 2 == 0;
        if (address < 0x0032 || (address >= 0x0038 && address < 0x0068)) {
            word = low_word ? static_cast<std::uint16_t>(1000 + 37 * address) : std::uint16_t{0};
        }
    }
    return image;
}

bool same_values(const Reading& left, const Reading& right) {
    for (std::size_t i = 0; i < quantity_count; ++i) {
        const auto quantity = static_cast<Quantity>(i);
        if (left.get(quantity) != right.get(quantity)) {
            return false;
        }
    }
    return true;
}

Reading faultless_reading(const char* name, Line line) {
    TestSlave slave(slave_options(line, {still_image(name)}));
    TestDriver driver({meter_on(slave, line)});
    EXPECT_TRUE(driver.until_readings(1));
    return driver.seen().all.at(0);
}

struct FaultCase {
    const char* name;
    const char* image;
    Line line;
    std::vector<const char*> faults;
    std::size_t readings;
    bool stays_connected;
    std::size_t reconnects = 0; // to wait for
    bool paced = false;         // 9600 Bd, 20 ms turnaround
};

class FaultyLine : public testing::TestWithParam<FaultCase> {};

TEST_P(FaultyLine, DeliversTheRightValuesOrNone) {
    const FaultCase& fault = GetParam();
    const Reading expected = faultless_reading(fault.image, fault.line);
    SlaveOptions options = slave_options(fault.line, {still_image(fault.image)});
    for (const char* text : fault.faults) {
        ASSERT_EQ(parse_fault(text, options.faults), "");
    }
    options.pace_baud = fault.paced ? 9600 : 0;
    options.turnaround = fault.paced ? 20ms : 0ms;
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, fault.line);
    meter.timeout = fault.paced ? 250ms : 150ms;
    meter.baud = fault.paced ? std::optional(9600) : meter.baud;
    meter.interval = 0ms;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] {
        return driver.seen().readings >= fault.readings &&
               driver.seen().counters.reconnects >= fault.reconnects;
    }));
    for (const Reading& reading : driver.seen().all) {
        EXPECT_TRUE(same_values(reading, expected));
    }
    if (fault.stays_connected) {
        EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    }
    const auto& counters = driver.seen().counters;
    EXPECT_GT(counters.timeouts + counters.rejected + counters.exceptions + counters.skipped_bytes +
                  counters.reconnects + driver.seen().losses.size(),
              0U);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultyLine,
    testing::Values(
        FaultCase{"Drop3Pty", "em24", Line::Pty, {"drop=3"}, 5, true},
        FaultCase{"Drop2Pty", "em540", Line::Pty, {"drop=2"}, 4, true},
        FaultCase{"Drop3Et340Pty", "et340", Line::Pty, {"drop=3"}, 5, true},
        FaultCase{"Crc4Et340Pty", "et340", Line::Pty, {"crc=4"}, 40, true},
        FaultCase{"GarbageEt340Pty", "et340", Line::Pty, {"garbage=1"}, 40, true},
        FaultCase{"LateBeyondTheLimitEt340Pty", "et340", Line::Pty, {"late=700:5"}, 5, false},
        FaultCase{"HangupEt340Tcp", "et340", Line::Tcp, {"hangup=0.4"}, 60, true, 2},
        FaultCase{"Drop3Tcp", "em540", Line::Tcp, {"drop=3"}, 4, true},
        FaultCase{"Crc4Pty", "em24", Line::Pty, {"crc=4"}, 40, true},
        FaultCase{"Crc2SerialOverTcp", "em540", Line::SerialOverTcp, {"crc=2"}, 40, true},
        FaultCase{"GarbagePty", "em24", Line::Pty, {"garbage=1"}, 40, true},
        FaultCase{"GarbageSerialOverTcp", "em540", Line::SerialOverTcp, {"garbage=2"}, 40, true},
        FaultCase{"LateWithinTheLimitPty", "em24", Line::Pty, {"late=300:4"}, 5, true},
        FaultCase{"LateBeyondTheLimitPty", "em24", Line::Pty, {"late=700:5"}, 5, false},
        FaultCase{"LateBeyondTheLimitTcp", "em540", Line::Tcp, {"late=700:5"}, 5, false},
        FaultCase{"BusyPty", "em24", Line::Pty, {"exception=6:3"}, 20, true},
        FaultCase{"NoAddressNowAndThenPty", "em24", Line::Pty, {"exception=2:7"}, 20, false},
        FaultCase{
            "EverythingPty", "em24", Line::Pty, {"drop=7", "crc=5", "garbage=3", "late=200:11"}, 5, true},
        FaultCase{"Drop3PacedPty", "em24", Line::Pty, {"drop=3"}, 6, true, 0, true},
        FaultCase{"Crc4PacedPty", "em24", Line::Pty, {"crc=4"}, 20, true, 0, true},
        FaultCase{"LatePacedPty", "em24", Line::Pty, {"late=300:4"}, 8, true, 0, true},
        FaultCase{"LateBeyondTheLimitPacedPty", "em540", Line::Pty, {"late=700:5"}, 8, false, 0, true},
        FaultCase{"GarbagePacedPty", "em24", Line::Pty, {"garbage=1"}, 20, true, 0, true},
        FaultCase{"HangupTcp", "em540", Line::Tcp, {"hangup=0.4"}, 60, true, 2},
        FaultCase{"HangupSerialOverTcp", "em24", Line::SerialOverTcp, {"hangup=0.6"}, 20, true, 2}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(FaultyBus, SilenceIsALossAndTheMeterComesBack) {
    SlaveOptions options = slave_options(Line::Pty, {still_image("em24")});
    ASSERT_EQ(parse_fault("silence=4@1", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.stale_after = 1s;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return !driver.seen().losses.empty(); }));
    EXPECT_NE(driver.seen().losses[0].find("no answer"), std::string::npos);
    const std::size_t before = driver.seen().readings;
    ASSERT_TRUE(driver.until_readings(before + 2));
    EXPECT_GE(driver.seen().counters.timeouts, 5U);
    EXPECT_EQ(driver.seen().counters.reconnects, 1U);
}

TEST(FaultyBus, ALostAnswerIsNoAbsenceWhereThatEndsTheProgram) {
    SlaveOptions options = slave_options(Line::Pty, {still_image("em24")});
    ASSERT_EQ(parse_fault("silence=0.4", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.on_lost = OnLost::Exit;
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_GE(driver.seen().counters.timeouts, 1U);
}

TEST(FaultyBus, ALineThatIsPulledOutAndBackHeals) {
    const std::string link = testing::TempDir() + "gridbridge_modbus_" + std::to_string(::getpid());
    SlaveOptions options = slave_options(Line::Pty, {still_image("em540")});
    options.listen.path = link;
    auto slave = std::make_unique<TestSlave>(options);
    TestDriver driver({meter_on(*slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(3));
    slave->stop();
    ASSERT_TRUE(driver.until([&] { return !driver.seen().losses.empty(); }));
    slave = std::make_unique<TestSlave>(options);
    const std::size_t before = driver.seen().readings;
    ASSERT_TRUE(driver.until_readings(before + 3)) << "losses: " << driver.seen().losses.size();
}

TEST(FaultyBus, AMissingPortIsExplainedAndTriedForEver) {
    MeterConfig meter;
    meter.path = "/dev/gridbridge-does-not-exist";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("not plugged in"), std::string::npos) << *driver.seen().lost;
    EXPECT_LT(driver.stop(), 1s);
}

TEST(FaultyBus, ADeviceThatIsNoPortIsExplained) {
    MeterConfig meter;
    meter.path = "/dev/null";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("/dev/null: is not a serial port"), std::string::npos)
        << *driver.seen().lost;
}

TEST(FaultyBus, APortInUseIsExplained) {
    TestSlave slave(slave_options(Line::Pty, {still_image("em24")}));
    TestDriver first({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(first.until_readings(1));
    TestDriver second({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(second.until([&] { return second.seen().lost.has_value(); }));
    EXPECT_NE(second.seen().lost->find("in use by another program"), std::string::npos)
        << *second.seen().lost;
    const std::size_t before = first.seen().readings;
    ASSERT_TRUE(first.until_readings(before + 3)) << "the first is not disturbed";
}

class StopWhileWaiting : public testing::TestWithParam<Line> {};

TEST_P(StopWhileWaiting, TakesNoTimeAtAll) {
    SlaveOptions options = slave_options(GetParam(), {still_image("em24")});
    ASSERT_EQ(parse_fault("silence=1000", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, GetParam());
    meter.timeout = 10s;
    TestDriver driver({meter});
    slave.wait_for_requests(1);
    EXPECT_LT(driver.stop(), 300ms);
}

INSTANTIATE_TEST_SUITE_P(Lines, StopWhileWaiting, testing::Values(Line::Pty, Line::Tcp, Line::SerialOverTcp),
                         [](const auto& tested) { return name_of_line(tested.param); });

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

TEST(FaultyBus, AThousandConnectionsLeakNoDescriptor) {
    TestSlave slave(slave_options(Line::Tcp, {still_image("em24")}));
    const auto line = make_line_transport(meter_on(slave, Line::Tcp));
    const std::stop_source stop;
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i) {
        line->open(stop.get_token());
        EXPECT_EQ(line->exchange({1, Function::ReadHolding, 0x000B_reg, 1}, 5s).at(0), 71);
        line->close();
    }
    const auto deadline = Clock::now() + 20s; // the simulator closes its ends a little later
    while (open_descriptors() > before && Clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(open_descriptors(), before);
}

} // namespace
} // namespace gridbridge
