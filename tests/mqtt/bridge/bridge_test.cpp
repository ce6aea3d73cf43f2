#include "mqtt/bridge/assign_identity.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

IntervalMeter pace_of(std::initializer_list<std::chrono::milliseconds> intervals) {
    IntervalMeter pace;
    Clock::time_point at{};
    pace.arrived(at);
    for (const auto interval : intervals) {
        at += interval;
        pace.arrived(at);
    }
    return pace;
}

TEST(StaleAfter, ByRoleByPaceAndByWish) {
    Meter meter;
    meter.role = "grid";
    EXPECT_EQ(stale_after(meter), 5s);
    meter.role = "pvinverter";
    EXPECT_EQ(stale_after(meter), 10s);
    meter.config.driver = DriverKind::P1;
    EXPECT_EQ(stale_after(meter), 35s);
    meter.pace = pace_of({10s, 10s, 10s});
    EXPECT_EQ(stale_after(meter), 30s);
    meter.pace = pace_of({1s, 35s, 1s, 1s});
    EXPECT_EQ(stale_after(meter), 5s);
    meter.pace = pace_of({1s, 40ms, 700ms, 40ms, 1100ms, 40ms, 350ms, 40ms});
    EXPECT_EQ(stale_after(meter), 5s) << "each twice, and the last but one late";
    meter.pace = pace_of({1s, 1s, 1s, 10ms, 10ms, 10ms, 10ms, 10ms});
    EXPECT_EQ(stale_after(meter), 35s) << "a file";
    meter.config.stale_after = 1500ms;
    EXPECT_EQ(stale_after(meter), 1500ms);
}

TEST(RefreshTime, IsExpectedUntilMeasuredAndDoesNotFlap) {
    Meter meter;
    meter.info.refresh_time = 600ms;
    meter.refresh_time = refresh_time(meter);
    EXPECT_EQ(meter.refresh_time, 600ms);
    meter.pace = pace_of({252ms, 249ms, 251ms});
    meter.refresh_time = refresh_time(meter);
    EXPECT_EQ(meter.refresh_time, 250ms);
    meter.pace = pace_of({300ms, 300ms, 300ms});
    EXPECT_EQ(refresh_time(meter), 250ms) << "less than a quarter off";
    meter.pace = pace_of({9900ms, 10100ms, 10000ms});
    EXPECT_EQ(refresh_time(meter), 10s);
}

class OwnTopicsTest : public testing::Test {
  protected:
    OwnTopicsTest() {
        OwnTopicsOptions own;
        own.portal_id = "p";
        own.version = "1.2.3";
        own.config_digest = "abc";
        own.broker = [] { return BrokerHealth{true, "mqtt://b:1883", 2, 0}; };
        own.is_dismissed = [this](const MeterConfig& meter) { return meter.uri == dismissed_; };
        BridgeOptions options;
        options.meters.resize(2);
        options.meters[0].uri = "cg+rtu:///dev/a";
        options.meters[1].uri = "p1+tcp://b:1";
        options.on_event = [this](const Meter&, std::string_view event) {
            events_ += std::string(event) + " ";
        };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
    }
    nlohmann::json health(const Messages& messages) {
        for (const Message& message : messages) {
            if (message.topic == "gridbridge/p/health") {
                return nlohmann::json::parse(message.payload);
            }
        }
        return {};
    }

    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    std::string events_;
    std::string dismissed_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(OwnTopicsTest, StatusInfoAndHealthAtConnect) {
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/status", "online", true}));
    EXPECT_THAT(
        out, Contains(Message{"gridbridge/p/info",
                              R"({"version":"1.2.3","commit":"","config_digest":"abc","meters":[]})", true}));
    const auto report = health(out);
    EXPECT_EQ(report["healthy"], false);
    EXPECT_EQ(report["meters"].size(), 2U) << "also meters that never answered";
    EXPECT_EQ(report["meters"][0]["state"], "awaited");
    EXPECT_EQ(report["broker"]["reconnects"], 2);
}

TEST_F(OwnTopicsTest, MeterStatusFollowsItsLife) {
    Messages out;
    bridge_->update(update_of({0, 0}, em24_info("A/B+#"), grid_reading(now_)), now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/A_B__/status", "online", true}));
    out.clear();
    now_ += 6s;
    bridge_->tick(now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/A_B__/status", "offline", true}));
    EXPECT_EQ(health(out)["meters"][0]["reason"], "no good reading for 5000 ms");
    out.clear();
    bridge_->update(update_of({0, 0}, {}, grid_reading(now_)), now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/A_B__/status", "online", true}));
    out.clear();
    bridge_->leave(out);
    EXPECT_EQ(as_text(out),
              "gridbridge/p/meter/A_B__/status offline retained\ngridbridge/p/status offline retained\n");
    EXPECT_EQ(events_, "live lost live ");
}

// Nothing retained stays of a meter that nobody will follow any more.
TEST_F(OwnTopicsTest, TheStatusOfADismissedMeterIsCleared) {
    Messages out;
    bridge_->update(update_of({0, 0}, em24_info("A"), grid_reading(now_)), now_, out);
    bridge_->update(update_of({1, 0}, em24_info("B"), grid_reading(now_)), now_, out);
    out.clear();
    bridge_->update(update_of({0, 0}, em24_info("C"), grid_reading(now_)), now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/A/status", "", true})) << "exchanged";
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/C/status", "online", true}));
    out.clear();
    dismissed_ = "p1+tcp://b:1";
    bridge_->leave(out);
    EXPECT_EQ(as_text(out), "gridbridge/p/meter/C/status offline retained\ngridbridge/p/meter/B/status  "
                            "retained\ngridbridge/p/status offline retained\n");
}

// A meter exchanged while nobody looked: what an earlier run said of it is withdrawn, once, and only when
// every configured meter has shown that it is another one.
TEST_F(OwnTopicsTest, AMeterOfAnEarlierRunIsForgotten) {
    settings_.set_announced("cgwacs_OLD", true);
    settings_.set_announced("cgwacs_A", true);
    settings_.device("cgwacs_NEVER_SAID");
    Messages out;
    bridge_->update(update_of({0, 0}, em24_info("A"), grid_reading(now_)), now_, out);
    out.clear();
    bridge_->forget_absent(now_, out);
    bridge_->forget_absent(now_ + 1h, out);
    EXPECT_EQ(as_text(out), "") << "the second meter may be the old one";
    bridge_->update(update_of({1, 0}, em24_info("B"), grid_reading(now_)), now_, out);
    out.clear();
    bridge_->forget_absent(now_, out);
    bridge_->forget_absent(now_ + 29s, out);
    EXPECT_EQ(as_text(out), "") << "devices behind a meter come later";
    bridge_->forget_absent(now_ + 30s, out);
    EXPECT_EQ(as_text(out), "gridbridge/p/meter/OLD/status  retained\n");
    EXPECT_FALSE(settings_.find("cgwacs_OLD")->announced);
    EXPECT_TRUE(settings_.find("cgwacs_B")->announced);
    out.clear();
    bridge_->forget_absent(now_ + 31s, out);
    EXPECT_EQ(as_text(out), "");
}

// Topics are by serial number: a meter now read by another driver is still there.
TEST_F(OwnTopicsTest, AMeterReadByAnotherDriverIsNotForgotten) {
    settings_.set_announced("sml_A", true);
    Messages out;
    bridge_->update(update_of({0, 0}, em24_info("A"), grid_reading(now_)), now_, out);
    bridge_->update(update_of({1, 0}, em24_info("B"), grid_reading(now_)), now_, out);
    out.clear();
    bridge_->forget_absent(now_, out);
    bridge_->forget_absent(now_ + 1h, out);
    EXPECT_EQ(as_text(out), "");
    EXPECT_FALSE(settings_.find("sml_A")->announced);
}

// The first of the configuration has it, whoever answers first.
TEST(Bridge, TwoMetersThatWantTheSameInstanceShareNone) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(2);
    options.meters[0].instance = options.meters[1].instance = 40;
    VenusOptions venus;
    venus.portal_id = "p";
    venus.unix_time = [] { return 1LL; };
    std::vector<OutletRow> outlets;
    outlets.push_back(outlet_row<Venus>(venus));
    Bridge bridge(std::move(options), settings, std::move(outlets));
    const Clock::time_point now = Clock::time_point{} + 1h;
    Messages out;
    bridge.update(update_of({1, 0}, em24_info("B"), grid_reading(now)), now, out);
    bridge.update(update_of({0, 0}, em24_info("A"), grid_reading(now)), now, out);
    EXPECT_THAT(out, Contains(Message{"N/p/grid/41/Serial", R"({"value":"B"})"}));
    EXPECT_THAT(out, Contains(Message{"N/p/grid/40/Serial", R"({"value":"A"})"}));
    EXPECT_THAT(out, Contains(Message{"N/p/settings/0/Settings/Devices/cgwacs_A/ClassAndVrmInstance",
                                      R"({"value":"grid:40"})"}));
}

// A meter that counts export in total only, behind a bridge.
struct EstimatedMeter {
    explicit EstimatedMeter(bool settings_are_awaited = false) {
        BridgeOptions options;
        options.meters.resize(1);
        options.on_event = [this](const Meter& meter, std::string_view) { seen = meter.reading; };
        bridge.emplace(std::move(options), settings, std::vector<OutletRow>{});
        if (settings_are_awaited) {
            bridge->await_settings();
        }
        MeterInfo info = em24_info();
        info.estimate_reverse_per_phase = true;
        bridge->update(update_of({0, 0}, info, grid_reading(now)), now, out);
    }
    PhaseEnergies kept() {
        bridge->store_energy(now, out);
        return settings.reverse_kwh("cgwacs_BX0120064003P");
    }

    const Clock::time_point now = Clock::time_point{} + 1h;
    Settings settings;
    std::optional<Bridge> bridge;
    Messages out;
    Reading seen; // when it came back last
};

TEST(Bridge, KeepsEnergyEstimatesInTheSettings) {
    EstimatedMeter meter;
    EXPECT_DOUBLE_EQ(meter.kept()[2].value_or(0), 8742.1 / 3);
}

// The broker keeps the settings and gives them only after the meter has answered: nothing is made up
// meanwhile, and what was kept is the starting point.
TEST(Bridge, EstimatesWaitForTheSettingsOfTheBroker) {
    EstimatedMeter meter(true);
    EXPECT_TRUE(meter.seen.has(Quantity::Power)) << "readings do not wait";
    EXPECT_FALSE(meter.seen.has(Quantity::EnergyReverseL1));
    EXPECT_EQ(meter.kept(), PhaseEnergies{});
    Settings of_broker;
    of_broker.set_reverse_kwh("cgwacs_BX0120064003P", {111.0, 222.0, 333.0});
    meter.bridge->restore(of_broker, meter.now, meter.out);
    EXPECT_EQ(meter.kept(), (PhaseEnergies{111.0, 222.0, 333.0}));
    meter.bridge->update(update_of({0, 0}, {}, {}, "pulled"), meter.now, meter.out);
    meter.bridge->update(update_of({0, 0}, {}, grid_reading(meter.now)), meter.now, meter.out);
    EXPECT_EQ(meter.seen.get(Quantity::EnergyReverseL1), 111.0);
}

TEST(Bridge, EstimatesBeginWhenTheBrokerHasNoSettings) {
    EstimatedMeter meter(true);
    meter.bridge->no_settings_came(meter.now, meter.out);
    EXPECT_DOUBLE_EQ(meter.kept()[0].value_or(0), 8742.1 / 3);
}

// What was estimated stays while the meter is used for one phase; unknown values are not filled with it.
TEST(Bridge, AnEstimateSurvivesTheUseAsASinglePhaseMeter) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(1);
    std::optional<double> export_l2;
    options.on_event = [&](const Meter& meter, std::string_view) {
        export_l2 = meter.reading.get(Quantity::EnergyReverseL2);
    };
    Bridge bridge(std::move(options), settings, {});
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    Messages out;
    const Clock::time_point now = Clock::time_point{} + 1h;
    bridge.update(update_of({0, 0}, info, grid_reading(now)), now, out);
    EXPECT_DOUBLE_EQ(export_l2.value_or(0), 8742.1 / 3);
    const auto publish = [&](const Reading& reading) {
        bridge.update(update_of({0, 0}, {}, {}, "pulled"), now, out);
        bridge.update(update_of({0, 0}, {}, reading), now, out);
    };
    Reading nothing;
    nothing.received = now;
    publish(nothing);
    EXPECT_EQ(export_l2, std::nullopt);
    info.estimate_reverse_per_phase = false;
    bridge.update(update_of({0, 0}, info, {}), now, out);
    EXPECT_DOUBLE_EQ(settings.reverse_kwh("cgwacs_BX0120064003P")[1].value_or(0), 8742.1 / 3);
    publish(grid_reading(now));
    EXPECT_EQ(export_l2, std::nullopt);
}

TEST(Bridge, ADeviceOnPhase2HasARoleOfItsOwn) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(1);
    std::string seen;
    options.on_event = [&](const Meter& meter, std::string_view event) {
        seen += std::string(event) + " " + meter.device_id + " " + meter.role + "\n";
    };
    Bridge bridge(std::move(options), settings, {});
    Messages out;
    const Clock::time_point now = Clock::time_point{} + 1h;
    MeterInfo second = em24_info("BX0120064003P_S");
    second.default_role = "pvinverter";
    bridge.update(update_of({0, 0}, em24_info(), grid_reading(now)), now, out);
    bridge.update(update_of({0, 1}, second, grid_reading(now)), now, out);
    EXPECT_EQ(seen, "live cgwacs_BX0120064003P grid\nlive cgwacs_BX0120064003P_S pvinverter\n");
}

TEST(Bridge, TellsOfMetersThatNeverAnswered) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(2);
    options.meters[1].driver = DriverKind::P1;
    options.meters[1].stale_after = 2s;
    std::string seen;
    options.on_event = [&](const Meter& meter, std::string_view event) {
        seen += std::string(event) + std::to_string(meter.source.meter) + " ";
    };
    Bridge bridge(std::move(options), settings, {});
    Messages out;
    const Clock::time_point start = Clock::time_point{} + 1h;
    bridge.tick(start, out);
    EXPECT_EQ(bridge.next_tick(start), start + 2001ms);
    bridge.update(update_of({0, 0}, {}, {}, "no answer"), start, out);
    EXPECT_EQ(seen, "absent0 ");
    bridge.tick(start + 2001ms, out);
    EXPECT_EQ(seen, "absent0 absent1 ") << "a stream says nothing of its silence";
    bridge.tick(start + 4s, out);
    bridge.update(update_of({0, 0}, em24_info(), {}), start, out);
    bridge.update(update_of({0, 0}, {}, {}, "gone between identification and reading"), start, out);
    EXPECT_EQ(seen, "absent0 absent1 ");
}

TEST(Bridge, RoleAndInstanceComeFromTheConfiguration) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(1);
    options.meters[0].role = "pvinverter";
    options.meters[0].instance = 41;
    std::string seen;
    options.on_event = [&](const Meter& meter, std::string_view) {
        seen = meter.role + "/" + std::to_string(meter.instance);
    };
    Bridge bridge(std::move(options), settings, {});
    Messages out;
    const Clock::time_point now = Clock::time_point{} + 1h;
    bridge.update(update_of({0, 0}, em24_info(), grid_reading(now)), now, out);
    EXPECT_EQ(seen, "pvinverter/41");
}

TEST_F(OwnTopicsTest, HealthTellsWhatTheOwnerShouldDo) {
    MeterInfo info = em24_info();
    info.advice = "no power value: unlock it (PIN, then InF on)";
    Messages out;
    bridge_->update(update_of({0, 0}, info, grid_reading(now_)), now_, out);
    bridge_->update(update_of({1, 0}, em24_info("B"), grid_reading(now_)), now_, out);
    bridge_->update(update_of({1, 2}, em24_info("gas"), grid_reading(now_)), now_, out);
    bridge_->update(update_of({1, 2}, {}, {}, "taken away"), now_, out);
    out.clear();
    bridge_->connected(now_, out);
    const auto json = health(out);
    EXPECT_EQ(json["meters"][0]["advice"], info.advice);
    EXPECT_FALSE(json["meters"][1].contains("advice"));
    EXPECT_EQ(json["meters"][2]["reason"], "taken away");
    EXPECT_EQ(json["healthy"], true); // the meters themselves are there
}

TEST(Bridge, DeviceBehindAMeterKeepsItsRoleAndHasAnInstanceOfItsOwn) {
    MeterConfig config;
    config.driver = DriverKind::P1;
    config.role = "genset";
    config.instance = 41;
    Settings settings;
    Meter device;
    device.config = config;
    MeterInfo info = em24_info("gas");
    info.default_role = "pulsemeter";
    info.role_is_fixed = true;
    assign_identity(device, info, settings);
    EXPECT_EQ(device.role, "pulsemeter");
    Meter other;
    other.config = config;
    info.serial = "preferred";
    info.role_is_fixed = false;
    assign_identity(other, info, settings);
    EXPECT_EQ(other.role, "genset");
}

} // namespace
} // namespace gridbridge
