// The publisher thread against the fake broker end.
#include "mqtt/bridge/publisher.hpp"

#include "mqtt/leftovers/retained_values.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/fake_client.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"
#include "tests/fakes/told_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

constexpr SourceId first{0, 0};
const std::string power_topic = "N/p/grid/30/Ac/Power";
const std::string mirror_topic = "gridbridge/p/settings";

class PublisherTest : public testing::Test {
  protected:
    PublisherTest() {
        std::string name = (std::filesystem::temp_directory_path() / "gridbridge-test-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        state_file_ = std::make_unique<StateFile>(folder_);
        BridgeOptions options;
        options.meters.resize(2);
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        OwnTopicsOptions own;
        own.portal_id = "p";
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        make_publisher(false);
    }
    void make_publisher(bool restore) {
        publisher_ =
            std::make_unique<Publisher>(Publisher::Parts{handoff_,
                                                         inbox_,
                                                         client_,
                                                         *bridge_,
                                                         link_,
                                                         settings_,
                                                         *state_file_,
                                                         files_,
                                                         [](LogLevel, std::string_view, std::string_view) {},
                                                         "gridbridge-p",
                                                         {"mqtt://a:1883", "mqtt://b:1883"},
                                                         mirror_topic,
                                                         restore});
    }
    ~PublisherTest() override {
        thread_ = {};
        std::filesystem::remove_all(folder_);
    }
    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) { publisher_->run(stop); });
    }
    void reading(double l1) { handoff_.put(first, grid_reading(Clock::now(), l1, 0.0, 0.0), {}); }

    std::string folder_;
    Handoff handoff_;
    ClientInbox inbox_{[this] { handoff_.wake(); }};
    FakeClient client_{inbox_};
    Link link_{2, [] { return 0.5; }};
    Settings settings_;
    std::unique_ptr<StateFile> state_file_;
    ThreadedFileWriter files_{[this] { handoff_.wake(); }};
    std::unique_ptr<Bridge> bridge_;
    std::unique_ptr<Publisher> publisher_;
    std::jthread thread_;
};

TEST_F(PublisherTest, GivesMemoryBackOnceWhenMuchWasSaid) {
    for (int i = 0; i < 100; ++i) { // each has settings that are said
        settings_.set_class("cgwacs_S" + std::to_string(i), "grid", false);
    }
    VenusOptions venus;
    venus.portal_id = "p";
    venus.unix_time = [] { return 1LL; };
    bridge_ = std::make_unique<Bridge>(BridgeOptions{}, settings_,
                                       std::vector<OutletRow>{outlet_row<Venus>(std::move(venus))});
    int trims = 0;
    publisher_ = std::make_unique<Publisher>(Publisher::Parts{
        .handoff = handoff_,
        .inbox = inbox_,
        .client = client_,
        .bridge = *bridge_,
        .link = link_,
        .settings = settings_,
        .state_file = *state_file_,
        .files = files_,
        .log = [](LogLevel, std::string_view, std::string_view) {},
        .client_id = "gridbridge-p",
        .server_names = {"mqtt://a:1883", "mqtt://b:1883"},
        .trim_memory = [&trims] { ++trims; },
    });
    const auto now = Clock::now();
    ToldTime time(now);
    const WithTime with(time);
    publisher_->begin(now);
    publisher_->step({}, now); // connects
    publisher_->step({}, now);
    ASSERT_TRUE(client_.wait_for("N/p/settings/0/Settings/CGwacs/DeviceIds", R"({"value":""})"));
    publisher_->step({}, now + 19s);
    EXPECT_EQ(trims, 0);
    for (int i = 0; i < 5; ++i) {
        publisher_->step({}, now + 21s + i * 1s);
    }
    EXPECT_EQ(trims, 1);
}

TEST_F(PublisherTest, MuchThatIsSaidEverySecondPutsNoTrimOff) {
    constexpr std::uint16_t meters = 80; // more than 256 messages a second
    VenusOptions venus;
    venus.portal_id = "p";
    venus.unix_time = [] { return 1LL; };
    BridgeOptions options;
    options.meters.resize(meters);
    bridge_ = std::make_unique<Bridge>(std::move(options), settings_,
                                       std::vector<OutletRow>{outlet_row<Venus>(std::move(venus))});
    int trims = 0;
    publisher_ = std::make_unique<Publisher>(Publisher::Parts{
        .handoff = handoff_,
        .inbox = inbox_,
        .client = client_,
        .bridge = *bridge_,
        .link = link_,
        .settings = settings_,
        .state_file = *state_file_,
        .files = files_,
        .log = [](LogLevel, std::string_view, std::string_view) {},
        .client_id = "gridbridge-p",
        .server_names = {"mqtt://a:1883", "mqtt://b:1883"},
        .trim_memory = [&trims] { ++trims; },
    });
    auto now = Clock::now();
    ToldTime time(now);
    const WithTime with(time);
    publisher_->begin(now);
    publisher_->step({}, now); // connects
    for (int second = 0; second < 60; ++second) {
        std::vector<MeterUpdate> updates;
        for (std::uint16_t i = 0; i < meters; ++i) {
            updates.push_back(update_of({i, 0}, em24_info("S" + std::to_string(i)),
                                        grid_reading(now, 100.0 + second, second, second)));
        }
        ASSERT_TRUE(publisher_->step(updates, now));
        now += 1s;
    }
    EXPECT_EQ(trims, 4);
}

TEST_F(PublisherTest, PublishesAndLeavesInOrder) {
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    EXPECT_TRUE(client_.wait_for("gridbridge/p/status", "online"));
    client_.deliver(
        {"R/p/keepalive", R"({"keepalive-options":[{"full-publish-completed-echo":"e"}]})", false});
    EXPECT_TRUE(
        client_.wait_for("N/p/full_publish_completed", R"({"full-publish-completed-echo":"e","value":1})"));
    thread_ = {};
    const auto log = client_.log();
    EXPECT_THAT(log, Contains(Message{power_topic, ""}));
    EXPECT_EQ(client_.left_in_order(), true);
    EXPECT_TRUE(StateFile(folder_).load()) << "the instance is kept";
}

TEST_F(PublisherTest, WhatAnEarlierRunRetainedIsLookedAtAndNullUntilTheMeterIsBack) {
    settings_.set_class("cgwacs_GONE", "grid", false);
    settings_.instance_for("cgwacs_GONE", "grid", 33);
    settings_.set_announced("cgwacs_GONE", true);
    BridgeOptions options;
    options.meters.resize(2);
    std::vector<OutletRow> outlets;
    outlets.push_back({"retained values", [] {
                           return std::make_unique<RetainedValues>(RetainedValuesOptions{"p", 60s});
                       }});
    bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
    make_publisher(false);
    start();
    ASSERT_TRUE(client_.wait_for_attempt(1));
    EXPECT_THAT(client_.filters(), Contains("N/p/grid/33/#"));
    client_.deliver({"N/p/grid/33/Ac/Power", R"({"value":2000.0})", true});
    EXPECT_TRUE(client_.wait_for("N/p/grid/33/Ac/Power", R"({"value":null})"));
    EXPECT_TRUE(client_.wait_for_unsubscribed("N/p/grid/33/#"));
}

TEST_F(PublisherTest, StateIsSaidAgainAfterTheLinkIsBack) {
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    ASSERT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    client_.accept(false);
    client_.lose();
    reading(200.0);
    reading(300.0);
    client_.accept(true);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":300.0})"));
    EXPECT_TRUE(client_.wait_for("gridbridge/p/status", "online"));
    EXPECT_GE(client_.attempts(), 2U);
    for (const Message& message : client_.log()) {
        EXPECT_NE(message.payload, R"({"value":100.0})") << "nothing old after the outage";
    }
}

TEST_F(PublisherTest, StartsWithTheBrokerAbsent) {
    client_.accept(false);
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    while (client_.attempts() < 3) {
        std::this_thread::yield();
    }
    client_.accept(true);
    reading(150.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":150.0})"));
}

TEST_F(PublisherTest, ConnectsAgainWhenAskedTo) {
    start();
    ASSERT_TRUE(client_.wait_for("gridbridge/p/status", "online"));
    publisher_->reconnect();
    EXPECT_TRUE(client_.wait_for_attempt(2));
    EXPECT_TRUE(client_.left_in_order()) << "no last will";
}

TEST_F(PublisherTest, EverythingIsSaidAgainWhenTheQueueWasFull) {
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    ASSERT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    client_.refuse_next(1); // exactly the phase power below is not taken
    reading(250.0);
    EXPECT_TRUE(client_.wait_for("N/p/grid/30/Ac/L1/Power", R"({"value":250.0})"));
}

TEST_F(PublisherTest, RetainedRequestsAreReplaysAndIgnored) {
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    ASSERT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    client_.deliver(
        {"R/p/keepalive", R"({"keepalive-options":[{"full-publish-completed-echo":"old"}]})", true});
    client_.deliver(
        {"R/p/keepalive", R"({"keepalive-options":[{"full-publish-completed-echo":"new"}]})", false});
    EXPECT_TRUE(
        client_.wait_for("N/p/full_publish_completed", R"({"full-publish-completed-echo":"new","value":1})"));
    for (const Message& message : client_.log()) {
        EXPECT_EQ(message.payload.find("old"), std::string::npos);
    }
}

TEST_F(PublisherTest, TheBrokerKeepsTheSettingsWithoutAStateDirectory) {
    Settings kept;
    kept.move_instance("cgwacs_BX0120064003P", "acload", 42);
    kept.set_class("cgwacs_BX0120064003P", "acload", true);
    kept.write("cgwacs_BX0120064003P", "CustomName", std::string("Oven"));
    make_publisher(true);
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    while (client_.attempts() < 1) {
        std::this_thread::yield();
    }
    client_.deliver({"R/p/keepalive", R"({"value":1})", true});
    client_.deliver({mirror_topic, "no settings", true});
    client_.deliver({mirror_topic, kept.to_json(true), true});
    EXPECT_TRUE(client_.wait_for("N/p/acload/42/CustomName", R"({"value":"Oven"})"));
    EXPECT_TRUE(client_.wait_for("N/p/acload/42/Ac/L1/Power", R"({"value":100.0})"));
    for (const Message& message : client_.log()) {
        EXPECT_FALSE(message.topic.starts_with("N/p/grid/")) << "announced before the settings were there";
    }
    client_.deliver({mirror_topic, Settings().to_json(true), true}); // only once
    client_.deliver({"W/p/acload/42/CustomName", R"({"value":"Stove"})", false});
    EXPECT_TRUE(client_.wait_for("N/p/acload/42/CustomName", R"({"value":"Stove"})"));
    thread_ = {};
    const auto log = client_.log();
    const auto last =
        std::find_if(log.rbegin(), log.rend(), [](const Message& m) { return m.topic == mirror_topic; });
    ASSERT_NE(last, log.rend());
    EXPECT_TRUE(last->retain);
    const auto mirrored = Settings::from_json(last->payload);
    ASSERT_TRUE(mirrored);
    EXPECT_EQ(mirrored->value("cgwacs_BX0120064003P", "CustomName"), SettingValue("Stove"));
}

TEST_F(PublisherTest, AnEmptyBrokerDelaysTheStartByTheWaitOnly) {
    make_publisher(true);
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
}

TEST_F(PublisherTest, TheFileWinsAndTheMirrorFollows) {
    start();
    handoff_.announce(first, em24_info());
    reading(100.0);
    ASSERT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    Settings other;
    other.move_instance("cgwacs_BX0120064003P", "grid", 77);
    client_.deliver({mirror_topic, other.to_json(true), true});
    client_.deliver({"W/p/grid/30/CustomName", R"({"value":"Main"})", false});
    ASSERT_TRUE(client_.wait_for("N/p/grid/30/CustomName", R"({"value":"Main"})"));
    while (StateFile(folder_).load().value_or("").find("Main") == std::string::npos) {
        std::this_thread::sleep_for(10ms); // written 2 s after the change
    }
    const auto stored = Settings::from_json(StateFile(folder_).load().value());
    ASSERT_TRUE(stored);
    EXPECT_TRUE(client_.wait_for(mirror_topic, stored->to_json(true)));
    EXPECT_EQ(client_.log().back().topic.starts_with("N/p/grid/77"), false);
}

// Says and hears on connection 1.
class Beside : public Outlet, public ClientListener {
  public:
    std::size_t link() const override { return 1; }
    void connected(Clock::time_point /*now*/, Messages& out) override {
        out.push_back({"beside/up", "1", false, 1});
    }
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& out) override {
        out.push_back({"beside/power", value_payload(meter.reading.get(Quantity::PowerL1), 1), false, 1});
        out.push_back(
            {"beside/export", value_payload(meter.reading.get(Quantity::EnergyReverseL2), 1), false, 1});
    }
    void lost(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) override {}
    void gone(const Meter& /*meter*/, Messages& /*out*/) override {}
    void request(const Message& message, Clock::time_point /*now*/, Messages& out) override {
        out.push_back({"beside/heard", message.topic + (message.retain ? " retained" : ""), false, 1});
    }
    void leave(Messages& out) override { out.push_back({"beside/up", "0", false, 1}); }
    std::vector<std::string> filters() const override { return {"beside/in"}; }
};

class TwoConnectionsTest : public PublisherTest {
  protected:
    TwoConnectionsTest() {
        BridgeOptions options;
        options.meters.resize(1);
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        outlets.push_back(outlet_row<Beside>());
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        make(false);
    }
    void make(bool restore) {
        const auto log = [](LogLevel, std::string_view, std::string_view) {};
        publisher_ = std::make_unique<Publisher>(Publisher::Parts{handoff_,
                                                                  inbox_,
                                                                  client_,
                                                                  *bridge_,
                                                                  link_,
                                                                  settings_,
                                                                  *state_file_,
                                                                  files_,
                                                                  log,
                                                                  "gridbridge-p",
                                                                  {"mqtt://a:1883", "mqtt://b:1883"},
                                                                  mirror_topic,
                                                                  restore,
                                                                  {{gx_inbox_,
                                                                    gx_client_,
                                                                    gx_link_,
                                                                    "gx",
                                                                    "gridbridge-p-gx",
                                                                    {"mqtt://gx:1883"},
                                                                    {"beside/up", "0", false, 1}}}});
    }
    ~TwoConnectionsTest() override { thread_ = {}; }

    ClientInbox gx_inbox_{[this] { handoff_.wake(); }};
    FakeClient gx_client_{gx_inbox_};
    Link gx_link_{1, [] { return 0.5; }};
};

TEST_F(TwoConnectionsTest, EachGetsItsOwnOnly) {
    start();
    ASSERT_TRUE(client_.wait_for_attempt(1));
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    handoff_.announce(first, em24_info());
    reading(100.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    EXPECT_TRUE(gx_client_.wait_for("beside/power", R"({"value":100.0})"));
    client_.deliver({"R/p/system/0/Serial", "", false});
    gx_client_.deliver({"N/gx/system/0/Serial", R"({"value":"gx"})", true});
    EXPECT_TRUE(gx_client_.wait_for("beside/heard", "N/gx/system/0/Serial retained"));
    EXPECT_EQ(gx_client_.filters(), std::vector<std::string>{"beside/in"});
    EXPECT_EQ(client_.filters(), (std::vector<std::string>{"R/p/#", "W/p/#"}));
    thread_ = {};
    EXPECT_TRUE(gx_client_.wait_for("beside/up", "0"));
    EXPECT_TRUE(client_.left_in_order() && gx_client_.left_in_order());
    for (const Message& message : client_.log()) {
        EXPECT_EQ(message.link, 0U) << message.topic;
    }
    for (const Message& message : gx_client_.log()) {
        EXPECT_TRUE(message.topic.starts_with("beside/")) << message.topic;
    }
}

TEST_F(TwoConnectionsTest, OneMayBeAwayWithoutTheOther) {
    client_.accept(false);
    start();
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    handoff_.announce(first, em24_info());
    reading(100.0);
    EXPECT_TRUE(gx_client_.wait_for("beside/power", R"({"value":100.0})"));
    gx_client_.accept(false);
    gx_client_.lose();
    client_.accept(true);
    reading(200.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":200.0})"));
    gx_client_.accept(true);
    EXPECT_TRUE(gx_client_.wait_for("beside/up", "1"));
}

TEST_F(TwoConnectionsTest, TheOtherGetsReadingsWhileTheSettingsAreAwaited) {
    make(true);
    client_.accept(false);
    start();
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    handoff_.announce(first, info);
    reading(100.0);
    EXPECT_TRUE(gx_client_.wait_for("beside/power", R"({"value":100.0})"));
    EXPECT_TRUE(gx_client_.wait_for("beside/export", R"({"value":null})")) << "estimates wait";
    client_.accept(true);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})")) << "the broker has none";
    reading(200.0);
    EXPECT_TRUE(gx_client_.wait_for("beside/export", R"({"value":2914.0})")) << "they begin";
}

TEST_F(TwoConnectionsTest, WhatAFullQueueDoesNotTakeGoesOutLaterAndAlone) {
    start();
    ASSERT_TRUE(client_.wait_for_attempt(1));
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    handoff_.announce(first, em24_info());
    reading(100.0);
    ASSERT_TRUE(gx_client_.wait_for("beside/power", R"({"value":100.0})"));
    gx_client_.refuse_next(1);
    reading(250.0);
    ASSERT_TRUE(gx_client_.wait_for("beside/power", R"({"value":250.0})"));
    const auto log = gx_client_.log();
    EXPECT_EQ(std::count(log.begin(), log.end(), Message{"beside/up", "1", false, 1}), 1)
        << "nothing else is said again";
    EXPECT_EQ(publisher_->dropped(), 0U);
}

TEST_F(TwoConnectionsTest, SaysFarewellBeforeItConnectsAgain) {
    start();
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    publisher_->reconnect();
    ASSERT_TRUE(gx_client_.wait_for_attempt(2));
    ASSERT_TRUE(gx_client_.wait_for("beside/up", "1"));
    const auto log = gx_client_.log();
    EXPECT_THAT(log, Contains(Message{"beside/up", "0", false, 1}));
}

// Breaks with the first reading of its first life.
class BreaksOnce final : public Outlet {
  public:
    explicit BreaksOnce(std::shared_ptr<std::atomic<int>> lives) : lives_(std::move(lives)) { ++*lives_; }
    void reading(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& out) override {
        out.push_back({"breaks/reading", "half"});
        if (*lives_ == 1) {
            throw std::runtime_error("broken");
        }
        out.back().payload = "whole";
    }
    void leave(Messages& out) override { out.push_back({"breaks/left", "1"}); }

  private:
    std::shared_ptr<std::atomic<int>> lives_;
};

class FailingPartsTest : public PublisherTest {
  protected:
    void start_with(std::vector<OutletRow> outlets,
                    std::function<void(const Meter&, std::string_view)> on_event = {}) {
        BridgeOptions options;
        options.meters.resize(2);
        options.on_event = std::move(on_event);
        options.log = book_.log();
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        outlets.push_back(outlet_row<Venus>(venus));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        publisher_ = std::make_unique<Publisher>(Publisher::Parts{handoff_,
                                                                  inbox_,
                                                                  client_,
                                                                  *bridge_,
                                                                  link_,
                                                                  settings_,
                                                                  *state_file_,
                                                                  files_,
                                                                  book_.log(),
                                                                  "gridbridge-p",
                                                                  {"mqtt://a:1883"}});
        start();
    }
    ~FailingPartsTest() override { thread_ = {}; }

    LogBook book_;
};

TEST_F(FailingPartsTest, AnOutletThatThrowsIsReplaced) {
    const auto lives = std::make_shared<std::atomic<int>>(0);
    start_with({outlet_row<BreaksOnce>(lives)});
    handoff_.announce(first, em24_info());
    reading(100.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    while (*lives < 2) {
        std::this_thread::yield();
    }
    reading(200.0);
    EXPECT_TRUE(client_.wait_for("breaks/reading", "whole"));
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":200.0})"));
    for (const Message& message : client_.log()) {
        EXPECT_NE(message.payload, "half");
    }
    EXPECT_THAT(book_.text(), testing::HasSubstr("failure 1): broken"));
}

// What throws beyond the outlets does not end the thread; one meter's news are not lost with another's.
TEST_F(FailingPartsTest, ThePublisherGoesOn) {
    start_with({}, [](const Meter& meter, std::string_view) {
        if (meter.source.meter == 1) {
            throw std::runtime_error("no such meter");
        }
    });
    handoff_.announce(first, em24_info()); // whoever is known first is grid/30
    handoff_.announce({1, 0}, em24_info("B"));
    handoff_.put({1, 0}, grid_reading(Clock::now(), 1.0, 0.0, 0.0), {});
    reading(100.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":100.0})"));
    reading(200.0);
    EXPECT_TRUE(client_.wait_for(power_topic, R"({"value":200.0})"));
    thread_ = {};
    EXPECT_TRUE(client_.left_in_order());
    EXPECT_THAT(book_.text(), testing::HasSubstr("failed and goes on (failure 1): no such meter"));
}

TEST(ClientInbox, IsBoundedAndKeepsLinkEvents) {
    int wakes = 0;
    ClientInbox inbox([&] { ++wakes; });
    inbox.push({ClientEvent::Kind::Connected, {}, {}});
    for (int i = 0; i < 1500; ++i) {
        inbox.push({ClientEvent::Kind::Received, {}, {"R/p/keepalive", std::to_string(i), false}});
    }
    const auto events = inbox.drain();
    EXPECT_EQ(events.size(), 1000U);
    EXPECT_EQ(events.front().kind, ClientEvent::Kind::Connected);
    EXPECT_EQ(events.back().message.payload, "1499");
    EXPECT_EQ(inbox.dropped(), 501U);
    EXPECT_EQ(wakes, 1501);
}

} // namespace
} // namespace gridbridge
