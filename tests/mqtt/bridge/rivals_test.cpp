// Two sources with one serial number: one of them is the meter, and the other waits.
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/health.hpp"
#include "mqtt/status/metrics.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr SourceId first{0, 0};
constexpr SourceId second{1, 0};

// Keeps the addresses of the meters.
class Watch final : public Outlet {
  public:
    explicit Watch(std::vector<const Meter*>& meters) : meters_(meters) {}
    void added(const Meter& meter) override { meters_.push_back(&meter); }

  private:
    std::vector<const Meter*>& meters_;
};

class RivalsTest : public testing::Test {
  protected:
    RivalsTest() {
        BridgeOptions options;
        options.meters.resize(3);
        options.meters[0].uri = "cg+rtu:///dev/a";
        options.meters[0].name = "Grid";
        options.meters[1].uri = "cg+tcp://b";
        options.meters[1].name = "Copy";
        options.meters[1].role = "acload";
        options.meters[2].uri = "p1+tcp://c:1";
        options.on_event = [this](const Meter& meter, std::string_view event) {
            events_.push_back(meter.config.uri + " " + std::string(event));
        };
        options.log = [this](LogLevel, std::string_view component, std::string_view text) {
            log_.push_back(std::string(component) + ": " + std::string(text));
        };
        OwnTopicsOptions own;
        own.portal_id = "p";
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 0LL; };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        outlets.push_back(outlet_row<Watch>(std::ref(meters_)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
    }
    Messages update(SourceId source, std::optional<MeterInfo> info, std::optional<Reading> reading,
                    std::optional<std::string> lost = {}) {
        Messages out;
        bridge_->update(update_of(source, std::move(info), std::move(reading), std::move(lost)), now_, out);
        return out;
    }
    Messages read(SourceId source, double watts = 1000.0) {
        return update(source, em24_info(), grid_reading(now_, watts, 0.0, 0.0));
    }
    Snapshot view() const {
        Snapshot view;
        view.broker.connected = true;
        for (const Meter* const meter : meters_) {
            view.meters.push_back(*meter);
        }
        return view;
    }
    const Meter& meter(SourceId source) const { return *meters_.at(source.meter); }

    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    std::vector<const Meter*> meters_;
    std::vector<std::string> events_, log_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(RivalsTest, TheSecondIsRefusedByNameOnce) {
    EXPECT_THAT(as_text(read(first)), HasSubstr("N/p/grid/30/Ac/Power {\"value\":1000.0}"));
    EXPECT_THAT(read(second, -5000.0), IsEmpty());
    EXPECT_THAT(read(second, -5000.0), IsEmpty());
    EXPECT_THAT(as_text(read(first, 1200.0)), HasSubstr("N/p/grid/30/Ac/Power {\"value\":1200.0}"));
    const std::string text =
        "refused: its serial number BX0120064003P is that of Grid (cg+rtu:///dev/a), which is read already; "
        "take one of the two out of the configuration, or this one waits until the other is lost";
    EXPECT_THAT(log_, ElementsAre("Copy (cg+tcp://b): " + text));
    EXPECT_THAT(health_problems(view(), now_), Contains("Copy (cg+tcp://b): " + text));
    EXPECT_EQ(health_status(view(), now_), "degraded");
    EXPECT_EQ(settings_.find("cgwacs_BX0120064003P")->service_class, "grid") << "the second changes nothing";
    EXPECT_EQ(meter(first).name, "Grid");
}

TEST_F(RivalsTest, TheSecondTakesThePlaceOfOneThatIsLostAndGivesItBackTheSameWay) {
    read(first);
    read(second);
    now_ += 6s;
    Messages out;
    bridge_->tick(now_, out);
    out = read(second, -5000.0);
    EXPECT_THAT(as_text(out), HasSubstr("N/p/grid/30/Ac/Power \n")) << "its service has left";
    EXPECT_THAT(as_text(out), HasSubstr("N/p/acload/30/Ac/Power {\"value\":-5000.0}"));
    EXPECT_EQ(meter(second).name, "Copy");
    EXPECT_THAT(log_.back(), HasSubstr("takes the place of Grid (cg+rtu:///dev/a)"));
    EXPECT_THAT(health_problems(view(), now_), Not(Contains(HasSubstr("Copy"))));

    EXPECT_THAT(read(first), IsEmpty()) << "now it is the second";
    EXPECT_THAT(health_problems(view(), now_), Contains(HasSubstr("Grid (cg+rtu:///dev/a): refused")));
    update(second, {}, {}, "unplugged");
    EXPECT_THAT(as_text(read(first)), HasSubstr("N/p/grid/30/Ac/Power {\"value\":1000.0}"));
    EXPECT_THAT(events_,
                ElementsAre("cg+rtu:///dev/a live", "cg+rtu:///dev/a lost", "cg+rtu:///dev/a gone",
                            "cg+tcp://b live", "cg+tcp://b lost", "cg+tcp://b gone", "cg+rtu:///dev/a live"));
}

// The end of the first must not say that the meter is gone while the second is the meter.
TEST_F(RivalsTest, WhoLeftItsPlaceSaysNothingOfTheMeterAnyMore) {
    read(first);
    read(second);
    update(first, {}, {}, "unplugged");
    read(second);
    now_ += 4s;
    read(second);
    now_ += 59s; // the first would leave now
    read(second);
    Messages out;
    bridge_->tick(now_, out);
    bridge_->connected(now_, out);
    const std::string text = as_text(out);
    EXPECT_THAT(text, HasSubstr("gridbridge/p/meter/BX0120064003P/status online"));
    EXPECT_THAT(text, Not(HasSubstr("gridbridge/p/meter/BX0120064003P/status offline")));
}

TEST_F(RivalsTest, CountersGoOnFromThoseOfTheOther) {
    read(first);
    read(second);
    update(first, {}, {}, "unplugged");
    Reading fallen = grid_reading(now_);
    fallen.set(Quantity::EnergyForward, 12.0);
    update(second, {}, fallen);
    EXPECT_TRUE(meter(second).counters_held) << "it was 5276 kWh";
    EXPECT_FALSE(meter(second).reading.get(Quantity::EnergyForward));
    EXPECT_TRUE(meter(second).reading.get(Quantity::Power));
    Messages out;
    bridge_->store_energy(now_, out);
    EXPECT_EQ(settings_.find("cgwacs_BX0120064003P")->counters.at("energy_forward"), 5276.4);
}

TEST_F(RivalsTest, AnotherDriverIsARivalToo) {
    MeterInfo info = em24_info();
    info.kind = "p1";
    read(first);
    EXPECT_THAT(update({2, 0}, info, grid_reading(now_)), IsEmpty());
    EXPECT_TRUE(meter({2, 0}).is_refused);
    info.serial = "other";
    EXPECT_FALSE(update({2, 0}, info, grid_reading(now_)).empty()) << "it is another meter now";
    EXPECT_FALSE(meter({2, 0}).is_refused);
}

TEST_F(RivalsTest, NamesThatMakeOneTopicAreRivals) {
    update(first, em24_info("A/1"), grid_reading(now_));
    EXPECT_THAT(update(second, em24_info("A_1"), grid_reading(now_)), IsEmpty());
}

TEST_F(RivalsTest, TheSecondServiceOfAMeterIsNone) {
    read(first);
    EXPECT_FALSE(update({0, 1}, em24_info("BX0120064003P_S"), grid_reading(now_)).empty());
}

TEST_F(RivalsTest, WhoGivesReadingsFirstIsTheMeter) {
    update(first, em24_info(), {});
    EXPECT_FALSE(read(second).empty()) << "the first has said who it is, and no more";
    EXPECT_THAT(read(first), IsEmpty());
    EXPECT_TRUE(meter(first).is_refused);
}

TEST_F(RivalsTest, AMeterThatBecomesARivalLeavesItsOwnPlace) {
    read(first);
    update(second, em24_info("B"), grid_reading(now_));
    const std::string text = as_text(read(second));
    EXPECT_THAT(text, HasSubstr("N/p/acload/30/Ac/Power \n"));
    EXPECT_THAT(text, HasSubstr("gridbridge/p/meter/B/status  retained\n"));
    EXPECT_TRUE(meter(second).is_refused);
}

TEST_F(RivalsTest, ARefusedStreamIsNotAbsent) {
    Messages out;
    bridge_->tick(now_, out);
    read(first);
    MeterInfo info = em24_info();
    info.kind = "p1";
    update({2, 0}, info, grid_reading(now_));
    now_ += 36s;
    bridge_->tick(now_, out);
    EXPECT_THAT(events_, Not(Contains("p1+tcp://c:1 absent")));
    update({2, 0}, {}, {}, "end of file");
    EXPECT_THAT(events_, Not(Contains("p1+tcp://c:1 absent")));
    EXPECT_EQ(meter({2, 0}).loss_reason, "end of file");
    EXPECT_FALSE(meter({2, 0}).is_refused);
}

TEST_F(RivalsTest, AStreamThatHasOnlySaidWhoItIsWasHeard) {
    Messages out;
    bridge_->tick(now_, out);
    read(first);
    MeterInfo info = em24_info();
    info.kind = "p1";
    update({2, 0}, info, {});
    now_ += 36s;
    bridge_->tick(now_, out);
    EXPECT_EQ(meter({2, 0}).loss_reason, "") << "not that there was no telegram since the start";
}

// A meter in another place by a new line of the configuration, its old line still there.
TEST_F(RivalsTest, SeriesOfTheMeterAreThoseOfWhoeverIsIt) {
    read(second);
    read(first);
    const Snapshot shown = view();
    const std::string page = metrics_text(&shown, now_);
    EXPECT_THAT(page, HasSubstr("gridbridge_meter_power_watts{serial=\"BX0120064003P\",role=\"acload\""));
    EXPECT_THAT(page, HasSubstr("serial=\"#1\""));
}

} // namespace
} // namespace gridbridge
