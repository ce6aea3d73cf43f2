// Meters and gateways that are busy, refuse what is too long for them or lack registers, and meters that
// somebody sets up anew while they are read.
#include "tests/drivers/modbus/test_bus.hpp"

#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

// A real line; some requests for an address get an exception from the gateway.
class BusyGateway final : public ModbusTransport {
  public:
    struct Plan {
        RegisterAddress address{};
        std::uint8_t exception = 6;
        std::atomic<int> left = 0;
    };

    BusyGateway(const MeterConfig& meter, Plan& plan) : line_(make_line_transport(meter)), plan_(plan) {}

    void open(const std::stop_token& stop) override { line_->open(stop); }
    void close() noexcept override { line_->close(); }
    Clock::time_point last_byte() const override { return line_->last_byte(); }
    std::chrono::microseconds round_trip() const override { return line_->round_trip(); }
    std::uint64_t skipped_bytes() const override { return line_->skipped_bytes(); }
    std::vector<std::uint16_t> exchange(const Request& request, std::chrono::milliseconds timeout) override {
        if (request.address == plan_.address && plan_.left > 0) {
            --plan_.left;
            throw ExceptionReply(plan_.exception);
        }
        return line_->exchange(request, timeout);
    }

  private:
    std::unique_ptr<ModbusTransport> line_;
    Plan& plan_;
};

class BusyWhileItIsSetUp : public testing::TestWithParam<int> {};

TEST_P(BusyWhileItIsSetUp, ASettingIsAskedAgainAndNotTakenForAbsent) {
    ModbusImage image = *built_in_image("et340");
    image.registers[0x1103] = 0;
    BusyGateway::Plan plan{0x1103_reg, static_cast<std::uint8_t>(GetParam())};
    plan.left = 3;
    TestSlave slave(slave_options(Line::Tcp, {image}));
    const MeterConfig meter = meter_on(slave, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<BusyGateway>(meter, plan));
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(slave.writes(), (Writes{{0x1103, 1}}));
}

TEST_P(BusyWhileItIsSetUp, NothingIsPublishedUntilASettingThatDecidesSignsWasRead) {
    ModbusImage image = *built_in_image("em24");
    image.registers[0x0302] = 10;
    BusyGateway::Plan plan{0x0302_reg, static_cast<std::uint8_t>(GetParam())};
    plan.left = 12;
    TestSlave slave(slave_options(Line::Tcp, {image}));
    const MeterConfig meter = meter_on(slave, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<BusyGateway>(meter, plan));
    ASSERT_TRUE(driver.until(
        [&] { return driver.seen().lost && driver.seen().lost->find("PFA") != std::string::npos; }));
    EXPECT_EQ(driver.seen().readings, 0U);
}

INSTANTIATE_TEST_SUITE_P(Exceptions, BusyWhileItIsSetUp, testing::Values(5, 6, 10, 11),
                         [](const auto& tested) { return "Code" + std::to_string(tested.param); });

TEST(BusRefusal, AVersionThatIsNotToldIsNoReasonToWait) {
    BusyGateway::Plan plan{0x0302_reg, 4};
    plan.left = 1'000'000;
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("et340")}));
    const MeterConfig meter = meter_on(slave, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<BusyGateway>(meter, plan));
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->firmware, "");
}

struct LimitCase {
    const char* image;
    unsigned max_words;
};

class ShortReads : public testing::TestWithParam<LimitCase> {};

TEST_P(ShortReads, AreUsedWhereLongOnesAreRefused) {
    ModbusImage image = *built_in_image(GetParam().image);
    image.max_words = GetParam().max_words;
    TestSlave slave(slave_options(Line::Tcp, {image}));
    TestDriver driver({meter_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(3));
    const Reading& reading = *driver.seen().reading;
    for (const Quantity quantity : {Power, PowerL1, VoltageL1, EnergyForward, EnergyReverse}) {
        EXPECT_TRUE(reading.has(quantity)) << quantity_table[index_of(quantity)].name;
    }
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_NE(driver.log().find("at most"), std::string::npos) << driver.log();
    const std::uint64_t refused = driver.seen().counters.exceptions;
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 20));
    EXPECT_EQ(driver.seen().counters.exceptions, refused) << "what is too long is not asked again";
}

INSTANTIATE_TEST_SUITE_P(Gateways, ShortReads,
                         testing::Values(LimitCase{"et340", 20}, LimitCase{"et340", 32},
                                         LimitCase{"em540", 20}, LimitCase{"em540", 32}),
                         [](const auto& tested) {
                             return std::string(tested.param.image) + "_" +
                                    std::to_string(tested.param.max_words);
                         });

TEST(BusRefusal, CountersInWhThatAreMissingAreReadInTenthsOfAKilowattHour) {
    ModbusImage image = *built_in_image("em540");
    image.move = nullptr;
    std::erase_if(image.registers,
                  [](const auto& entry) { return entry.first >= 0x0500 && entry.first < 0x0540; });
    for (std::uint16_t address = 0x34; address < 0x52; ++address) {
        image.registers[address] = 0;
    }
    image.registers[0x0033] = 500;
    image.registers[0x0034] = 12345;
    image.registers[0x004E] = 678;
    TestSlave slave(slave_options(Line::Pty, {image}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until_readings(3));
    EXPECT_EQ(driver.seen().reading->get(EnergyForward), 1234.5);
    EXPECT_EQ(driver.seen().reading->get(EnergyReverse), 67.8);
    EXPECT_EQ(driver.seen().reading->get(Frequency), 50.0);
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
    EXPECT_EQ(slave.reads_of(0x0500).size(), 2U);
}

TEST(BusRefusal, RequestsAfterARefusalHavePauses) {
    SlaveOptions options = slave_options(Line::Tcp, {*built_in_image("em24")});
    ASSERT_EQ(parse_fault("exception=6:1", options.faults), "");
    TestSlave slave(std::move(options));
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.interval = 0ms;
    TestDriver driver({meter});
    const auto end = Clock::now() + 1s;
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value() || Clock::now() > end; }));
    slave.wait_for_requests(2);
    const auto arrivals = slave.arrivals();
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
        EXPECT_GE(arrivals[i].at - arrivals[i - 1].at, 40ms) << i;
    }
}

// Measures only import while its mode is A, as the real ones do; somebody turns it to A after a second.
ModbusImage et340_that_is_turned() {
    ModbusImage image = *built_in_image("et340");
    image.move = [turned = false](ModbusImage& moved, double seconds) mutable {
        if (seconds > 1 && !turned) {
            turned = true;
            moved.registers[0x1103] = 0;
        }
        const std::int32_t watts = moved.registers.at(0x1103) == 0 ? 7449 : -7449;
        for (const std::uint16_t address : {std::uint16_t{0x12}, std::uint16_t{0x28}}) {
            moved.registers[address] = static_cast<std::uint16_t>(watts & 0xFFFF);
            moved.registers[address + 1] = static_cast<std::uint16_t>(watts < 0 ? 0xFFFF : 0);
        }
        for (std::uint16_t address = 0x14; address < 0x18; ++address) {
            moved.registers[address] = 0;
        }
    };
    return image;
}

TEST(BusRefusal, AModeThatSomebodyTurnsIsNoticedBeforeAWrongSignIsPublished) {
    TestSlave slave(slave_options(Line::Pty, {et340_that_is_turned()}));
    TestDriver driver({meter_on(slave, Line::Pty)});
    ASSERT_TRUE(driver.until([&] { return !slave.writes().empty(); }));
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 5));
    EXPECT_EQ(slave.writes(), (Writes{{0x1103, 1}}));
    EXPECT_NE(driver.log().find("was changed at the meter"), std::string::npos) << driver.log();
    for (const Reading& reading : driver.seen().all) {
        EXPECT_LE(reading.get(Power).value_or(0), 0);
        EXPECT_LE(reading.get(PowerL1).value_or(0), 0);
    }
}

} // namespace
} // namespace gridbridge
