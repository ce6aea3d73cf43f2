// How many failures in a row make a meter lost.
#include "tests/drivers/modbus/test_bus.hpp"

#include "drivers/modbus/line/libmodbus_transport.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge {
namespace {

enum class Failure : std::uint8_t { Timeout, BadReply, Busy, NoSuchAddress, NoAnswerOfGateway };

struct FailurePlan {
    Failure kind;
    std::atomic<int> left = 0; // requests in a row that fail from now on
};

// A real line whose answers are lost or spoilt when the plan says so.
class FailingTransport final : public ModbusTransport {
  public:
    FailingTransport(const MeterConfig& meter, FailurePlan& plan)
        : line_(make_libmodbus_transport(meter)), plan_(plan) {}

    void open(const std::stop_token& stop) override { line_->open(stop); }
    void close() noexcept override { line_->close(); }
    Clock::time_point last_byte() const override { return line_->last_byte(); }
    std::chrono::microseconds round_trip() const override { return line_->round_trip(); }
    std::uint64_t skipped_bytes() const override { return line_->skipped_bytes(); }
    std::vector<std::uint16_t> exchange(const Request& request, std::chrono::milliseconds timeout) override {
        if (plan_.left > 0) {
            --plan_.left;
            fail();
        }
        return line_->exchange(request, timeout);
    }

  private:
    void fail() const {
        switch (plan_.kind) {
        case Failure::Timeout:
            throw Timeout("no answer");
        case Failure::BadReply:
            throw BadReply("wrong checksum");
        case Failure::Busy:
            throw ExceptionReply(6);
        case Failure::NoSuchAddress:
            throw ExceptionReply(2);
        case Failure::NoAnswerOfGateway:
            throw ExceptionReply(11);
        }
    }

    std::unique_ptr<ModbusTransport> line_;
    FailurePlan& plan_;
};

struct LimitCase {
    const char* name;
    Failure kind;
    int limit;
};

class FailuresInARow : public testing::TestWithParam<LimitCase> {};

TEST_P(FailuresInARow, OneLessThanTheLimitChangesNothing) {
    FailurePlan plan{GetParam().kind};
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    const MeterConfig meter = meter_on(slave, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<FailingTransport>(meter, plan));
    ASSERT_TRUE(driver.until_readings(2));
    for (int i = 0; i < 3; ++i) { // a good answer in between ends the row
        plan.left = GetParam().limit - 1;
        ASSERT_TRUE(driver.until([&] { return plan.left == 0; }));
        ASSERT_TRUE(driver.until_readings(driver.seen().readings + 2));
    }
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
}

TEST_P(FailuresInARow, TheLimitIsALossAtOnce) {
    FailurePlan plan{GetParam().kind};
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    const MeterConfig meter = meter_on(slave, Line::Tcp);
    TestDriver driver({meter}, {}, std::make_unique<FailingTransport>(meter, plan));
    ASSERT_TRUE(driver.until_readings(2));
    plan.left = GetParam().limit;
    ASSERT_TRUE(driver.until([&] { return driver.seen().losses.size() == 1; }));
    EXPECT_EQ(plan.left, 0);
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 1)) << "it is found again";
    EXPECT_EQ(driver.seen().losses.size(), 1U) << driver.log();
}

INSTANTIATE_TEST_SUITE_P(Errors, FailuresInARow,
                         testing::Values(LimitCase{"Timeouts", Failure::Timeout, 5},
                                         LimitCase{"BadReplies", Failure::BadReply, 20},
                                         LimitCase{"Exceptions", Failure::NoSuchAddress, 20},
                                         LimitCase{"Busy", Failure::Busy, 5},
                                         LimitCase{"AGatewayWithoutAnswer", Failure::NoAnswerOfGateway, 5}),
                         [](const auto& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace gridbridge
