// How many failures in a row make a meter lost, and after how long.
#include "tests/drivers/modbus/test_bus.hpp"

#include "drivers/modbus/line/line_transport.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

enum class Failure : std::uint8_t { Timeout, BadReply, Busy, NoSuchAddress, NoAnswerOfGateway };

struct FailurePlan {
    Failure kind;
    std::atomic<int> left = 0; // requests in a row that fail from now on
};

// A real line whose answers are lost or spoilt when the plan says so.
class FailingTransport final : public ModbusTransport {
  public:
    FailingTransport(const MeterConfig& meter, FailurePlan& plan)
        : line_(make_line_transport(meter)), plan_(plan) {}

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

struct FailureCase {
    const char* name;
    Failure kind;
};

class FailuresInARow : public testing::TestWithParam<FailureCase> {
  protected:
    static MeterConfig meter_with(const TestSlave& slave, std::chrono::milliseconds stale_after) {
        MeterConfig meter = meter_on(slave, Line::Tcp);
        meter.stale_after = stale_after;
        return meter;
    }
};

// Repeats have pauses: twenty exceptions within some milliseconds were a loss once.
TEST_P(FailuresInARow, AreNoLossWhileTheValuesAreFresh) {
    FailurePlan plan{GetParam().kind};
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    const MeterConfig meter = meter_with(slave, 60s);
    TestDriver driver({meter}, {}, std::make_unique<FailingTransport>(meter, plan));
    ASSERT_TRUE(driver.until_readings(2));
    for (int i = 0; i < 3; ++i) {
        plan.left = 7;
        ASSERT_TRUE(driver.until([&] { return plan.left == 0; }));
        ASSERT_TRUE(driver.until_readings(driver.seen().readings + 2));
    }
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
}

TEST_P(FailuresInARow, AreALossWhenTheValuesAreStale) {
    constexpr auto stale_after = 1s;
    FailurePlan plan{GetParam().kind};
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    const MeterConfig meter = meter_with(slave, stale_after);
    TestDriver driver({meter}, {}, std::make_unique<FailingTransport>(meter, plan));
    ASSERT_TRUE(driver.until_readings(2));
    constexpr int many = 1'000'000;
    plan.left = many;
    ASSERT_TRUE(driver.until([&] { return driver.seen().losses.size() == 1; }));
    EXPECT_GE(Clock::now() - driver.seen().all.back().received, stale_after);
    EXPECT_LT(many - plan.left, 100) << "each repeat has a pause";
    plan.left = 0;
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 1)) << "it is found again";
    EXPECT_EQ(driver.seen().losses.size(), 1U) << driver.log();
}

// A cycle that is given up is no loss either: the next beat reads again.
TEST_P(FailuresInARow, AreNoLossWhenARetryIsAllThatACycleHas) {
    FailurePlan plan{GetParam().kind};
    TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    MeterConfig meter = meter_with(slave, 60s);
    meter.retries = 1;
    meter.retry_pause = 10ms;
    TestDriver driver({meter}, {}, std::make_unique<FailingTransport>(meter, plan));
    ASSERT_TRUE(driver.until_readings(2));
    plan.left = 7;
    ASSERT_TRUE(driver.until([&] { return plan.left == 0; })) << driver.log();
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 2)) << driver.log();
    EXPECT_TRUE(driver.seen().losses.empty()) << driver.log();
}

INSTANTIATE_TEST_SUITE_P(Errors, FailuresInARow,
                         testing::Values(FailureCase{"Timeouts", Failure::Timeout},
                                         FailureCase{"BadReplies", Failure::BadReply},
                                         FailureCase{"Exceptions", Failure::NoSuchAddress},
                                         FailureCase{"Busy", Failure::Busy},
                                         FailureCase{"AGatewayWithoutAnswer", Failure::NoAnswerOfGateway}),
                         [](const auto& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace gridbridge
