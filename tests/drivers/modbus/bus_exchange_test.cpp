// A meter that is put in the place of another while that one is asked who it is.
#include "tests/drivers/modbus/test_bus.hpp"

#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/modbus/meter_presence.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Real lines to both. The one that was there answers the first request for its code; then nobody is there for
// as long as an exchange takes, and then the other one.
class ExchangedWhileAsked final : public ModbusTransport {
  public:
    ExchangedWhileAsked(const MeterConfig& before, const MeterConfig& after)
        : before_(make_line_transport(before)), after_(make_line_transport(after)) {}

    void open(const std::stop_token& stop) override {
        before_->open(stop);
        after_->open(stop);
    }
    void close() noexcept override {
        before_->close();
        after_->close();
    }
    Clock::time_point last_byte() const override { return line().last_byte(); }
    std::chrono::microseconds round_trip() const override { return line().round_trip(); }
    std::uint64_t skipped_bytes() const override { return line().skipped_bytes(); }
    std::vector<std::uint16_t> exchange(const Request& request, std::chrono::milliseconds timeout) override {
        if (!is_exchanged_ && request.address != identification_register) {
            std::this_thread::sleep_for(MeterPresence::shortest_exchange + 100ms);
            is_exchanged_ = true;
        }
        return line().exchange(request, timeout);
    }

  private:
    ModbusTransport& line() const { return is_exchanged_ ? *after_ : *before_; }

    std::unique_ptr<ModbusTransport> before_;
    std::unique_ptr<ModbusTransport> after_;
    bool is_exchanged_ = false;
};

struct Exchange {
    const char* name;
    bool has_serial; // the second one
};

class BusExchange : public testing::TestWithParam<Exchange> {};

TEST_P(BusExchange, NothingIsToldOrWrittenByTheModelOfTheOther) {
    ModbusImage second = *built_in_image("et340");
    second.registers[0x1103] = 0; // is to be written, but not as an EM540
    if (!GetParam().has_serial) {
        for (std::uint16_t address = 0x5000; address < 0x5007; ++address) {
            second.registers.erase(address);
        }
    }
    TestSlave before(slave_options(Line::Tcp, {*built_in_image("em540")}));
    TestSlave after(slave_options(Line::Tcp, {second}));
    const MeterConfig meter = meter_on(before, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<ExchangedWhileAsked>(meter, meter_on(after, Line::Tcp)));
    ASSERT_TRUE(driver.until([&] { return driver.seen().lost.has_value(); }));
    EXPECT_NE(driver.seen().lost->find("another meter answers"), std::string::npos) << *driver.seen().lost;
    EXPECT_FALSE(driver.seen().info);
    EXPECT_EQ(after.writes(), Writes());
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->device_type, 345);
    EXPECT_EQ(after.writes(), (Writes{{0x1103, 1}}));
}

INSTANTIATE_TEST_SUITE_P(Meters, BusExchange,
                         testing::Values(Exchange{"WithSerial", true}, Exchange{"Without", false}),
                         [](const auto& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace gridbridge
