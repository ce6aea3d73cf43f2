#include "mqtt/doctor/load_test_outlet.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Clock::time_point start{1h};

class LoadTestOutletTest : public testing::Test {
  protected:
    LoadTestOutletTest() { outlet.added(meter); }
    Messages ask(const std::string& payload, Clock::time_point now = start) {
        Messages out;
        outlet.request({"gridbridge/p/load_test/set", payload}, now, out);
        return out;
    }
    Messages tick(Clock::time_point now) {
        Messages out;
        outlet.tick(now, out);
        return out;
    }
    Messages read(Clock::time_point now, double l1) {
        Messages out;
        meter.reading = grid_reading(now, l1);
        outlet.reading(meter, now, out);
        return out;
    }

    Meter meter = live_grid_meter(start);
    std::string shown;
    LoadTestOutlet outlet{{"p", [this](std::string progress) { shown = std::move(progress); }}};
};

TEST_F(LoadTestOutletTest, ATestIsStartedFollowedAndEnded) {
    const Messages first = ask(R"({"meter":"BX0120064003P","watts":2000})");
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].topic, "gridbridge/p/load_test");
    EXPECT_FALSE(first[0].retain);
    EXPECT_THAT(first[0].payload, HasSubstr(R"({"state":"prepare","meter":"BX0120064003P","watts":2000.0,)"));
    EXPECT_EQ(shown, first[0].payload);
    Messages said;
    auto now = start;
    for (int i = 0; i < 20; ++i) {
        now += 1s;
        const Messages more = read(now, i < 10 ? 300 : 2280);
        said.insert(said.end(), more.begin(), more.end());
    }
    EXPECT_THAT(as_text(said),
                HasSubstr(R"("phase":"L1","text":"Switch a load of about 2000 W on L1 on now.")"));
    EXPECT_THAT(said.back().payload, HasSubstr(R"("sentences":["L1: +1980 W: right"])"));
    EXPECT_EQ(tick(now + 10s).size(), 1U) << "who asked knows that the service lives";
    const Messages last = ask("", now + 11s);
    ASSERT_EQ(last.size(), 1U);
    EXPECT_TRUE(parse_load_progress(last[0].payload)->is_over);
    EXPECT_THAT(tick(now + 1h), IsEmpty());
    EXPECT_EQ(outlet.next_tick(now), Clock::time_point::max());
}

TEST_F(LoadTestOutletTest, WithoutAMeterItIsTheGridMeter) {
    EXPECT_THAT(ask(R"({"watts":1500})").at(0).payload, HasSubstr(R"("meter":"BX0120064003P")"));
}

TEST_F(LoadTestOutletTest, WhatIsNoRequestIsRefusedWithItsReason) {
    for (const auto& [payload, reason] :
         {std::pair("2000", "is asked for as"),
          {"{", "is asked for as"},
          {R"({"watts":"2000"})", "is asked for as"},
          {R"({"meter":1,"watts":2000})", "is asked for as"},
          {R"({"watts":20})", "between 200 and 20000"},
          {R"({"watts":1e9})", "between 200 and 20000"},
          {R"({"meter":"other","watts":2000})", "no meter with the serial number"}}) {
        const Messages out = ask(payload);
        ASSERT_EQ(out.size(), 1U);
        const auto told = parse_load_progress(out[0].payload);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->state, "refused");
        EXPECT_TRUE(told->is_over);
        EXPECT_THAT(told->text, HasSubstr(reason)) << payload;
    }
    meter.reading = Reading();
    EXPECT_THAT(ask(R"({"watts":2000})").at(0).payload, HasSubstr("gives no power"));
    meter.life = MeterLife::Lost;
    EXPECT_THAT(ask(R"({"watts":2000})").at(0).payload, HasSubstr("no grid meter gives readings"));
}

TEST_F(LoadTestOutletTest, ALossIsSaidAtOnceAndTheEndOfTheServiceToo) {
    ask(R"({"watts":2000})");
    Messages out;
    outlet.lost(meter, start + 1s, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_THAT(out[0].payload, HasSubstr(R"("state":"lost")"));
    out.clear();
    outlet.leave(out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_THAT(out[0].payload, HasSubstr(R"("state":"ended")"));
    EXPECT_EQ(shown, "");
}

TEST_F(LoadTestOutletTest, ItsRequestIsWhatItTakes) {
    EXPECT_THAT(ask(load_test_request({"BX0120064003P", 1800})).at(0).payload,
                HasSubstr(R"("watts":1800.0)"));
}

} // namespace
} // namespace gridbridge
