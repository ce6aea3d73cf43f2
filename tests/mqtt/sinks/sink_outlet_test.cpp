#include "mqtt/sinks/sink_outlet.hpp"

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/sinks/fleet_states.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t wall_ms = 1'793'000'000'000;
constexpr std::uint64_t boot = 77;

class SinkOutletTest : public testing::Test {
  protected:
    SinkOutletTest() {
        BridgeOptions options;
        options.meters = std::vector<MeterConfig>(2);
        options.meters[0].stale_after = 5s;
        SinkOutletOptions points;
        points.interval = 10s;
        points.boot = boot;
        points.unix_ms = [this] {
            return is_set_ ? std::optional(wall_ms + (now_ - begin_) / 1ms) : std::nullopt;
        };
        points.text = [](const ToldReading& told, const std::string& serial, Clock::time_point) {
            const auto power = told.reading.get(Quantity::PowerL1);
            return serial + (told.live ? " " : " lost ") +
                   (power ? std::to_string(std::lround(*power)) : "-");
        };
        std::vector<OutletRow> rows;
        VenusOptions venus; // it gives meters their instance
        venus.portal_id = "p";
        venus.unix_time = [] { return 0LL; };
        rows.push_back(outlet_row<Venus>(venus));
        rows.push_back(outlet_row<SinkOutlet>(std::ref(book_), box_, points));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(rows));
    }
    std::vector<std::string> points() {
        std::vector<std::string> texts;
        for (const QueuedPoint& point : box_->take(SystemClock::now(), {})) {
            const std::int64_t since =
                point.boot == 0 ? point.time_ms - wall_ms : point.time_ms - begin_.time_since_epoch() / 1ms;
            texts.push_back(point.text + " @" + std::to_string(since) + (point.boot == boot ? " unset" : ""));
        }
        return texts;
    }
    std::vector<std::string> read(double power, Clock::duration age = 0ms) {
        bridge_->update(update_of({0, 0}, em24_info("S"), grid_reading(now_ - age, power)), now_, ignored_);
        return points();
    }
    std::vector<std::string> pass(Clock::duration time) {
        now_ += time;
        bridge_->tick(now_, ignored_);
        return points();
    }

    const Clock::time_point begin_{1h};
    Clock::time_point now_ = begin_;
    bool is_set_ = true;
    Settings settings_;
    SinkBook book_;
    std::shared_ptr<PointBox> box_ = std::make_shared<PointBox>();
    Messages ignored_;
    std::unique_ptr<Bridge> bridge_;
};

TEST_F(SinkOutletTest, OnePointPerIntervalOfTheNewestReading) {
    EXPECT_THAT(read(1, 40ms), ElementsAre("S 1 @-40"));
    std::vector<std::string> all;
    for (int second = 1; second <= 60; ++second) {
        now_ += 1s;
        for (const std::string& point : read(second)) {
            all.push_back(point);
        }
    }
    EXPECT_THAT(all, ElementsAre("S 10 @10000", "S 20 @20000", "S 30 @30000", "S 40 @40000", "S 50 @50000",
                                 "S 60 @60000"));
}

TEST_F(SinkOutletTest, AReadingThatWaitsBecomesOneWithItsOwnTime) {
    read(1);
    now_ += 3s;
    EXPECT_THAT(read(2), IsEmpty());
    now_ += 1s;
    EXPECT_THAT(read(3), IsEmpty());
    EXPECT_THAT(pass(6s - 1ms), Not(testing::Contains(HasSubstr(" 3 "))));
}

TEST_F(SinkOutletTest, ALossIsSaidAtOnceAndOnce) {
    read(1);
    now_ += 1s;
    EXPECT_THAT(read(2), IsEmpty());
    const auto lost = [&] {
        bridge_->update(update_of({0, 0}, {}, {}, "unplugged"), now_, ignored_);
        return points();
    };
    now_ += 1s;
    EXPECT_THAT(lost(), ElementsAre("S lost - @2000"));
    EXPECT_THAT(lost(), IsEmpty());
    EXPECT_THAT(pass(1h), IsEmpty()) << "neither again, nor the reading that waited";
    EXPECT_THAT(read(3), SizeIs(1));
}

TEST_F(SinkOutletTest, ALossNeverHasTheTimeOfAReading) {
    EXPECT_THAT(read(1), ElementsAre("S 1 @0"));
    bridge_->update(update_of({0, 0}, {}, {}, "unplugged"), now_, ignored_);
    EXPECT_THAT(points(), ElementsAre("S lost - @1"));
}

TEST_F(SinkOutletTest, WhileTheClockIsUnsetPointsHaveTheTimeOfThisBoot) {
    is_set_ = false;
    EXPECT_THAT(read(1), ElementsAre("S 1 @0 unset"));
    now_ += 10s;
    EXPECT_THAT(read(2), ElementsAre("S 2 @10000 unset"));
    is_set_ = true;
    now_ += 10s;
    EXPECT_THAT(read(3), ElementsAre("S 3 @20000"));
}

TEST_F(SinkOutletTest, AnotherOutletMakesNoPointTwice) {
    EXPECT_THAT(read(1), SizeIs(1));
    SinkOutlet fresh(book_, box_, {});
    Meter meter = live_grid_meter(now_);
    meter.info.serial = "S";
    meter.reading = grid_reading(now_, 1);
    fresh.reading(meter, now_ + 10s, ignored_);
    EXPECT_THAT(points(), IsEmpty());
}

TEST(PointBox, IsBoundedAndCounts) {
    PointBox box;
    for (std::size_t i = 0; i < PointBox::max_points + 5; ++i) {
        box.put({0, static_cast<std::int64_t>(i), 0, "S", "x"});
    }
    EXPECT_EQ(box.dropped(), 5U);
    auto points = box.take(SystemClock::now(), {});
    EXPECT_EQ(points.size(), PointBox::max_points);
    EXPECT_EQ(points.front().time_ms, 5) << "the oldest are gone";
    box.put({0, 1'000'000, 0, "S", "newest"});
    box.put_back(std::move(points));
    EXPECT_EQ(box.dropped(), 6U);
    EXPECT_EQ(box.take(SystemClock::now(), {}).back().text, "newest");
    for (int i = 0; i < 100; ++i) {
        box.put({0, 0, 0, "S", std::string(50'000, 'x')});
    }
    EXPECT_LE(box.waiting() * 50'000, PointBox::max_bytes);
}

TEST(FleetStates, TellsWhatHasChanged) {
    auto box = std::make_shared<PointBox>();
    Snapshot view;
    view.broker.connected = true;
    FleetStatesOptions options;
    options.view = [&] { return view; };
    options.facts = [] { return ServiceFacts{"1.0", "c", "d", ""}; };
    FleetStates states(box, options);
    Messages nothing;
    Clock::time_point now(1h);
    const auto told = [&] {
        now += 10s;
        states.tick(now, nothing);
        return box->states().version;
    };
    EXPECT_EQ(told(), 3U) << "health, info and findings";
    EXPECT_EQ(told(), 3U);
    view.remarks = {"history not saved yet: for 12 s"};
    EXPECT_EQ(told(), 4U);
    view.remarks = {"history not saved yet: for 122 s"};
    EXPECT_EQ(told(), 4U) << "another number says nothing new";
    view.broker.connected = false;
    EXPECT_EQ(told(), 5U);
    EXPECT_THAT(nothing, IsEmpty());
    for (const auto& [name, text] : box->states().newest) {
        EXPECT_THAT(name, testing::AnyOf("health", "info", "findings"));
        EXPECT_THAT(text, testing::StartsWith(name == "findings" ? "[" : "{"));
    }
}

} // namespace
} // namespace gridbridge
