#include "mqtt/status/latency_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class LatencyWatchTest : public testing::Test {
  protected:
    void answer(std::chrono::milliseconds round_trip) {
        meter_.counters.round_trip = round_trip;
        Messages out;
        watch_.reading(meter_, now_, out);
        now_ += 1s;
    }

    Meter meter_ = [] {
        Meter meter;
        meter.role = "grid";
        return meter;
    }();
    std::vector<std::string> lines_;
    LatencyWatch watch_{[this](LogLevel level, std::string_view, std::string_view text) {
        const std::string name = level == LogLevel::Error  ? "error "
                                 : level == LogLevel::Warn ? "warn "
                                                           : "info ";
        lines_.push_back(name + std::string(text));
    }};
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(LatencyWatchTest, WarnsAbove200AndErrsAbove500) {
    answer(200ms);
    EXPECT_THAT(lines_, IsEmpty());
    answer(201ms);
    answer(500ms);
    answer(501ms);
    EXPECT_THAT(lines_, ElementsAre(StartsWith("warn slow: a request took 201 ms, more than 200 ms"),
                                    StartsWith("error slow: a request took 501 ms, more than 500 ms")));
}

TEST_F(LatencyWatchTest, AtMostOnceAMinuteWhenItDoesNotGetWorse) {
    for (int i = 0; i < 120; ++i) {
        answer(i % 2 == 0 ? 250ms : 10ms);
    }
    EXPECT_EQ(lines_.size(), 2U);
    lines_.clear();
    for (int i = 0; i < 121; ++i) {
        answer(10ms);
    }
    EXPECT_THAT(lines_, ElementsAre(StartsWith("warn "), "info answers within 200 ms again"))
        << "first what came since the last line, then the all-clear";
}

TEST_F(LatencyWatchTest, OtherRolesMayTakeTheirTime) {
    meter_.role = "pvinverter";
    answer(900ms);
    EXPECT_THAT(lines_, IsEmpty());
}

} // namespace
} // namespace gridbridge
