#include "mqtt/doctor/findings_outlet.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using enum FindingCode;

constexpr Clock::time_point start{1h};

// An outlet whose doctor finds what the test says.
class FindingsOutletTest : public testing::Test {
  protected:
    FindingsOutletOptions options() {
        return {"p", [this](const Meter&) { ++followed; },
                [this](const Meter&, Clock::time_point) { ++readings; },
                [this](Clock::time_point now) {
                    ++looks;
                    looked_at = now;
                    return found;
                },
                [this] { return wall_clock(); }};
    }
    std::optional<std::int64_t> wall_clock() const {
        return 1'800'000'000'000 +
               std::chrono::duration_cast<std::chrono::milliseconds>(looked_at - start).count();
    }
    Messages tick(Clock::time_point now) {
        Messages out;
        outlet->tick(now, out);
        return out;
    }
    Messages connect(Clock::time_point now) {
        Messages out;
        outlet->connected(now, out);
        return out;
    }

    LogBook log;
    FindingsBook book{log.log()};
    std::vector<Finding> found;
    Clock::time_point looked_at;
    int followed = 0, readings = 0, looks = 0;
    std::unique_ptr<FindingsOutlet> outlet = std::make_unique<FindingsOutlet>(book, options());
    Messages ignored;
};

TEST_F(FindingsOutletTest, LooksAtOnceAndThenEvery10Seconds) {
    tick(start);
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(outlet->next_tick(start), start + 10s);
    tick(start + 9s);
    EXPECT_EQ(looks, 1);
    tick(start + 10s);
    EXPECT_EQ(looks, 2);
}

TEST_F(FindingsOutletTest, LooksSoonAfterALossAndAReturn) {
    Meter meter = live_grid_meter(start);
    outlet->added(meter);
    tick(start);
    outlet->reading(meter, start + 1s, ignored);
    EXPECT_EQ(outlet->next_tick(start), start + 3s) << "it is there";
    tick(start + 3s);
    outlet->reading(meter, start + 4s, ignored);
    EXPECT_EQ(outlet->next_tick(start), start + 13s) << "it was there before";
    outlet->lost(meter, start + 5s, ignored);
    EXPECT_EQ(outlet->next_tick(start), start + 7s);
    tick(start + 7s);
    outlet->reading(meter, start + 8s, ignored);
    EXPECT_EQ(outlet->next_tick(start), start + 10s);
    EXPECT_EQ(followed, 1);
    EXPECT_EQ(readings, 3);
    EXPECT_TRUE(ignored.empty());
}

TEST_F(FindingsOutletTest, PublishesTheListRetainedOncePerConnectionAndWhenItChanges) {
    EXPECT_TRUE(tick(start).empty()) << "nobody is there yet";
    EXPECT_EQ(as_text(connect(start + 1s)), "gridbridge/p/findings [] retained\n");
    EXPECT_TRUE(tick(start + 11s).empty());
    found = {make_finding(MeterLost, "A", "No answer", "3 s")};
    const Messages news = tick(start + 21s);
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].topic, "gridbridge/p/findings");
    EXPECT_TRUE(news[0].retain);
    EXPECT_THAT(news[0].payload,
                HasSubstr(R"([{"code":"meter_lost","severity":"error","meter":"A","since":"2027-01-15T)"));
    EXPECT_TRUE(tick(start + 31s).empty());
    EXPECT_EQ(as_text(connect(start + 32s)), as_text(news));
    found.clear();
    EXPECT_EQ(as_text(tick(start + 42s)), "gridbridge/p/findings [] retained\n");
}

TEST_F(FindingsOutletTest, OtherNumbersAloneComeEvery5MinutesAtMost) {
    found = {make_finding(MeterLost, "A", "No answer", "0 of 100")};
    connect(start);
    int published = 0;
    for (auto now = start + 10s; now <= start + 10min; now += 10s) {
        found[0].evidence += "0";
        published += static_cast<int>(tick(now).size());
    }
    EXPECT_EQ(published, 2);
    found[0].severity = Severity::Warning;
    EXPECT_EQ(tick(start + 11min).size(), 1U) << "another severity is said at once";
}

TEST_F(FindingsOutletTest, AFreshOneGoesOnWhereTheFormerEnded) {
    found = {make_finding(MeterLost, "A", "No answer", "")};
    connect(start);
    Messages farewell;
    outlet->leave(farewell);
    EXPECT_EQ(as_text(farewell), "gridbridge/p/findings  retained\n") << "nothing is known any more";
    outlet = std::make_unique<FindingsOutlet>(book, options());
    connect(start + 1min);
    EXPECT_EQ(book.findings()[0].since, start);
    EXPECT_EQ(log.count("No answer"), 1U) << "logged once";
}

TEST_F(FindingsOutletTest, WhoWasNeverConnectedHasNothingToTakeBack) {
    tick(start);
    outlet->leave(ignored);
    EXPECT_TRUE(ignored.empty());
}

} // namespace
} // namespace gridbridge
