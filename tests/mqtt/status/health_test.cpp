#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/health.hpp"
#include "mqtt/status/snapshot_board.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Clock::time_point now = Clock::time_point{} + 1h;

Snapshot healthy_view() {
    Snapshot view{"1", "c", now - 10s, {true, "mqtt://b:1883"}, {}};
    Meter meter;
    meter.config.uri = "cg+tcp://192.0.2.1";
    meter.info = em24_info();
    meter.role = "grid";
    meter.life = MeterLife::Live;
    meter.last_good = now - 100ms;
    view.meters = {meter};
    return view;
}

TEST(Health, OkWhileBrokerAndMetersAre) {
    const Snapshot view = healthy_view();
    EXPECT_THAT(health_problems(view, now), IsEmpty());
    EXPECT_EQ(health_status(view, now), "ok");
    const auto json = nlohmann::json::parse(health_json(view, now));
    EXPECT_EQ(json["healthy"], true);
    EXPECT_EQ(json["uptime_s"], 10);
    EXPECT_EQ(json["meters"][0]["age_ms"], 100);
    EXPECT_EQ(json["meters"][0]["stale_after_ms"], 5000);
}

TEST(Health, AStaleLostOrUnseenMeterIsAProblem) {
    Snapshot view = healthy_view();
    EXPECT_EQ(health_status(view, now + 4900ms), "ok");
    EXPECT_THAT(health_problems(view, now + 4901ms), ElementsAre("cg+tcp://192.0.2.1: no reading for 5 s"))
        << "stale, even if nobody has declared it lost yet";
    Meter& meter = view.meters[0];
    meter.config.name = "Grid";
    meter.life = MeterLife::Lost;
    meter.loss_reason = "no answer";
    EXPECT_THAT(health_problems(view, now),
                ElementsAre("Grid (cg+tcp://192.0.2.1): no reading for 0 s: no answer"));
    EXPECT_EQ(health_status(view, now), "down");
    meter = Meter();
    meter.config.uri = "p1+tcp://192.0.2.2:1";
    EXPECT_THAT(health_problems(view, now), ElementsAre("p1+tcp://192.0.2.2:1: no reading yet"));
}

TEST(Health, OneGoodMeterOfTwoIsDegradedAndDevicesBehindAMeterDoNotCount) {
    Snapshot view = healthy_view();
    view.meters.push_back(view.meters[0]);
    view.meters[1].life = MeterLife::Gone;
    EXPECT_EQ(health_status(view, now), "degraded");
    view.meters[1].source.channel = 1;
    EXPECT_EQ(health_status(view, now), "ok");
}

TEST(Health, TheBrokerCountsAndSaysWhy) {
    Snapshot view = healthy_view();
    view.broker.connected = false;
    view.broker.last_error = "cannot connect to mqtt://b:1883: refused";
    EXPECT_EQ(health_status(view, now), "down");
    EXPECT_THAT(health_problems(view, now),
                ElementsAre("broker mqtt://b:1883: not connected: cannot connect to mqtt://b:1883: refused"));
}

TEST(Health, AnOutletThatIsDownIsNamed) {
    Snapshot view = healthy_view();
    view.problems = {"outlet venus: down after failure 1: no memory; it is restarted by itself"};
    EXPECT_EQ(health_status(view, now), "degraded");
    EXPECT_THAT(health_problems(view, now), ElementsAre(view.problems.front()));
}

TEST(Health, LastErrorStaysWhenTheMeterIsBack) {
    Settings settings;
    SnapshotBoard* at = nullptr;
    SnapshotBoard board([] {});
    at = &board;
    BridgeOptions options;
    options.meters.resize(1);
    std::vector<OutletRow> outlets;
    outlets.push_back(outlet_row<SnapshotOutlet>(
        std::ref(board), SnapshotOptions{"1",
                                         "c",
                                         [] {
                                             return BrokerHealth{true, "mqtt://b:1883"};
                                         },
                                         {}}));
    Bridge bridge(std::move(options), settings, std::move(outlets));
    Messages out;
    const auto start = Clock::now();
    bridge.update(update_of({0, 0}, em24_info(), grid_reading(start)), start, out);
    bridge.update(update_of({0, 0}, {}, {}, "the plug is out"), start, out);
    bridge.update(update_of({0, 0}, {}, grid_reading(start)), start, out);
    EXPECT_FALSE(at->ask(0ms)) << "nobody has made one yet, but now it is wanted";
    bridge.tick(start, out);
    const auto view = board.ask(0ms);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->meters.at(0).last_error, "the plug is out");
    EXPECT_THAT(health_problems(*view, start), IsEmpty());
    bridge.leave(out);
    EXPECT_FALSE(board.ask(0ms)) << "it has left";
}

TEST(Health, ALossIsSeenByTheNextQuestion) {
    SnapshotBoard board([] {});
    SnapshotOutlet outlet(board, {});
    Meter meter;
    Messages out;
    outlet.added(meter);
    EXPECT_FALSE(board.ask(0ms));
    outlet.tick(now, out);
    EXPECT_TRUE(board.ask(0ms)) << "it is young";
    EXPECT_FALSE(board.take_wanted()) << "and good enough for the next";
    meter.life = MeterLife::Lost;
    outlet.lost(meter, now, out);
    EXPECT_FALSE(board.ask(0ms)) << "it is not true any more";
    outlet.tick(now, out);
    const auto fresh = board.ask(0ms);
    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->meters.at(0).life, MeterLife::Lost);
}

// An outlet that has failed has left; the fresh one is asked again.
TEST(Health, AFreshOutletOpensTheBoardAgain) {
    SnapshotBoard board([] {});
    Messages out;
    SnapshotOutlet(board, {}).leave(out);
    EXPECT_FALSE(board.ask(0ms));
    EXPECT_FALSE(board.take_wanted()) << "nobody is there to answer";
    SnapshotOutlet fresh(board, {});
    EXPECT_FALSE(board.ask(0ms));
    fresh.tick(now, out);
    EXPECT_TRUE(board.ask(0ms));
}

TEST(Health, NothingIsCopiedUnlessSomebodyAsks) {
    int woken = 0;
    SnapshotBoard board([&] { ++woken; });
    EXPECT_FALSE(board.take_wanted());
    EXPECT_FALSE(board.ask(0ms));
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(board.take_wanted());
    EXPECT_FALSE(board.take_wanted()) << "one view per question";
}

TEST(Health, AViewIsSharedAndNotKeptForNobody) {
    SnapshotBoard board([] {});
    SnapshotOutlet outlet(board, {});
    Meter meter;
    Messages out;
    outlet.added(meter);
    EXPECT_EQ(outlet.next_tick(now), Clock::time_point::max());
    EXPECT_FALSE(board.ask(0ms));
    outlet.tick(now, out);
    auto held = board.ask(0ms);
    ASSERT_TRUE(held);
    EXPECT_EQ(board.ask(0ms), held) << "one for all who ask at once";
    const std::weak_ptr<const Snapshot> view = held;
    held.reset();
    const auto later = outlet.next_tick(now);
    ASSERT_GT(later, now + 2s) << "somebody may still wait for it";
    ASSERT_LT(later, now + 10s);
    outlet.tick(later - 1ms, out);
    EXPECT_FALSE(view.expired());
    outlet.tick(later, out);
    EXPECT_TRUE(view.expired());
    EXPECT_EQ(outlet.next_tick(later), Clock::time_point::max());
    EXPECT_FALSE(board.ask(0ms)) << "it is wanted anew";
    outlet.tick(later, out);
    EXPECT_TRUE(board.ask(0ms));
}

TEST(Health, AChargingMeterSaysWhatItIs) {
    Snapshot view = healthy_view();
    EXPECT_EQ(health_json(view, now).find("signing"), std::string::npos) << "others sign nothing";
    Meter& meter = view.meters.at(0);
    meter.config.driver = DriverKind::Em580;
    meter.transaction.status.charging_status = 1;
    meter.transaction.status.last_id = "order \"7\"";
    EXPECT_NE(health_json(view, now).find(
                  R"("signing":{"charging_status":1,"last_id":"order \"7\"","clock_status":null,)"
                  R"("id_definition":null})"),
              std::string::npos)
        << health_json(view, now);
}

} // namespace
} // namespace gridbridge
