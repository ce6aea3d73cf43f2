// What the publisher keeps, restores and repeats, step by step with a time of the test's own.
#include "mqtt/bridge/publisher.hpp"

#include "mqtt/leftovers/retained_values.hpp"
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
#include <filesystem>
#include <stdexcept>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* device = "cgwacs_BX0120064003P";
const std::string mirror_topic = "gridbridge/p/settings";

class PublisherLife : public testing::Test {
  protected:
    PublisherLife() {
        std::string name = (std::filesystem::temp_directory_path() / "gridbridge-test-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~PublisherLife() override { std::filesystem::remove_all(folder_); }

    void begin(bool restore = false) {
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        OwnTopicsOptions own;
        own.portal_id = "p";
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        outlets.push_back(outlet_row<RetainedValues>(RetainedValuesOptions{"p"}));
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        BridgeOptions options;
        options.meters.resize(1);
        options.on_event = on_event_;
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        state_file_ = std::make_unique<StateFile>(folder_);
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
                                                                  {"mqtt://a:1883"},
                                                                  mirror_topic,
                                                                  restore});
        publisher_->begin(now_);
    }
    // `later`: after the step before. What the disk has to do is done at the end.
    void step(Clock::duration later = 0s, const std::vector<MeterUpdate>& updates = {}) {
        now_ += later;
        EXPECT_TRUE(step_now(updates));
        files_.finish(30s);
    }
    // What a step does of what clients ask for has a limit of time.
    bool step_now(const std::vector<MeterUpdate>& updates) {
        ToldTime time(now_);
        const WithTime with(time);
        return publisher_->step(updates, now_);
    }
    void connect() {
        step();
        step();
    }
    MeterUpdate meter(double l1 = 100.0, double kwh = 5276.4) const {
        Reading reading = grid_reading(now_, l1, 0.0, 0.0);
        reading.set(Quantity::EnergyForward, kwh);
        return update_of({0, 0}, em24_info(), reading);
    }
    std::string stored() const { return StateFile(folder_).load().value_or(""); }
    // The settings as the broker keeps them.
    std::string mirrored() const {
        std::string newest;
        for (const Message& message : client_.log()) {
            newest = message.topic == mirror_topic ? message.payload : newest;
        }
        return newest;
    }
    std::ptrdiff_t said(const std::string& topic, const std::string& payload) const {
        const auto log = client_.log();
        return std::count_if(log.begin(), log.end(), [&](const Message& message) {
            return message.topic == topic && message.payload == payload;
        });
    }

    std::string folder_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    Handoff handoff_;
    ClientInbox inbox_{[] {}};
    FakeClient client_{inbox_};
    Link link_{1, [] { return 0.5; }};
    std::function<void(const Meter&, std::string_view)> on_event_;
    Settings settings_;
    LogBook book_;
    ThreadedFileWriter files_{[] {}};
    std::unique_ptr<StateFile> state_file_;
    std::unique_ptr<Bridge> bridge_;
    std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherLife, EnergyIsStoredWhileItRuns) {
    begin();
    connect();
    step(0s, {meter()});
    step(3s); // the instance is saved
    EXPECT_THAT(stored(), Not(HasSubstr("5276.4")));
    step(9min, {meter()});
    step(3s);
    EXPECT_THAT(stored(), Not(HasSubstr("5276.4"))) << "a card is not written more than it must";
    step(1min);
    step(3s);
    EXPECT_THAT(stored(), HasSubstr("5276.4"));
    step(1s, {meter(100.0, 5277.5)});
    step(10min);
    step(3s);
    EXPECT_THAT(stored(), HasSubstr("5277.5")) << "again and again";
}

TEST_F(PublisherLife, AChangeIsSavedAndMirroredTwoSecondsLater) {
    begin();
    connect();
    step(0s, {meter()});
    EXPECT_EQ(stored(), "");
    step(1900ms);
    EXPECT_EQ(stored(), "");
    EXPECT_THAT(mirrored(), Not(HasSubstr(device)));
    step(200ms);
    EXPECT_THAT(stored(), HasSubstr(device));
    EXPECT_THAT(mirrored(), HasSubstr(device));
}

TEST_F(PublisherLife, ANewPortalIdIsSavedAtOnce) {
    settings_.set_portal_id("abc");
    begin();
    files_.finish(30s);
    EXPECT_THAT(stored(), HasSubstr("abc"));
}

TEST_F(PublisherLife, WhatIsUnsavedIsSavedAtTheEnd) {
    begin();
    connect();
    step(0s, {meter()});
    publisher_->end(now_);
    files_.finish(30s); // disks of busy machines take longer than the publisher waits
    EXPECT_THAT(stored(), HasSubstr("5276.4"));
    EXPECT_THAT(mirrored(), HasSubstr("5276.4")) << "the broker too";
}

TEST_F(PublisherLife, WhatCannotBeSavedAtTheEndIsNamed) {
    const std::string good = folder_;
    folder_ += "/away";
    begin();
    connect();
    step(0s, {meter()});
    publisher_->end(now_);
    EXPECT_THAT(book_.text(), HasSubstr("not saved: "));
    folder_ = good;
}

// A folder that cannot be written, for as long as it does not exist.
TEST_F(PublisherLife, AFailedSaveIsTriedAgain) {
    const std::string good = folder_;
    folder_ += "/away";
    begin();
    connect();
    step(0s, {meter()});
    step(3s);
    step();
    EXPECT_THAT(book_.text(), HasSubstr("trying again until it is saved"));
    std::filesystem::create_directory(folder_);
    files_.finish(30s);
    EXPECT_THAT(stored(), HasSubstr(device));
    folder_ = good;
}

TEST_F(PublisherLife, NothingIsStoredOrSaidBeforeTheBrokerWasAsked) {
    settings_.set_portal_id("abc");
    begin(true);
    connect();
    EXPECT_THAT(client_.filters(), Contains(mirror_topic));
    step(0s, {meter()});
    step(1900ms);
    EXPECT_EQ(stored(), "");
    EXPECT_TRUE(client_.log().empty());
    step(200ms, {meter(150.0)}); // nothing came
    EXPECT_EQ(said("gridbridge/p/status", "online"), 1);
    EXPECT_EQ(said("N/p/grid/30/Ac/Power", R"({"value":150.0})"), 1);
    EXPECT_NE(mirrored(), "");
}

// Connected, and then the network stands still.
TEST_F(PublisherLife, ThatThereAreNoSettingsIsBelievedOfABrokerThatAnswers) {
    Settings kept;
    kept.move_instance(device, "acload", 42);
    kept.set_class(device, "acload", true);
    client_.can_echo();
    begin(true);
    connect();
    step(0s, {meter()});
    for (int i = 0; i < 10; ++i) {
        step(1s, {meter()});
    }
    EXPECT_TRUE(client_.log().empty()) << "it would replace what the broker keeps";

    client_.lose();
    for (int i = 0; i < 50; ++i) { // until it is connected again
        step(100ms);
    }
    EXPECT_EQ(client_.attempts(), 2U);
    EXPECT_TRUE(client_.log().empty());
    client_.deliver({mirror_topic, kept.to_json(true), true});
    client_.answer_echo();
    step(0s, {meter()});
    EXPECT_EQ(said("N/p/acload/42/Ac/Power", R"({"value":100.0})"), 1);
    EXPECT_THAT(mirrored(), HasSubstr(R"("acload":42)"));
}

TEST_F(PublisherLife, AnAnswerWithoutSettingsIsBelievedTwoSecondsLater) {
    client_.can_echo();
    begin(true);
    connect();
    client_.answer_echo();
    step(10s, {meter()});
    step(1900ms);
    EXPECT_TRUE(client_.log().empty()) << "what it keeps may come behind its answer";
    step(200ms);
    EXPECT_EQ(said("gridbridge/p/status", "online"), 1);
}

TEST_F(PublisherLife, ALostConnectionIsNoAnswer) {
    begin(true);
    connect();
    client_.lose();
    client_.accept(false);
    for (int i = 0; i < 5; ++i) {
        step(1s, {meter()});
    }
    EXPECT_THAT(book_.text(), Not(HasSubstr("no settings of this service")));
    EXPECT_EQ(stored(), "");
}

TEST_F(PublisherLife, NothingIsStoredWhileTheBrokerIsAway) {
    settings_.set_portal_id("abc");
    client_.accept(false);
    begin(true);
    for (int i = 0; i < 10; ++i) {
        step(1s, {meter()});
    }
    EXPECT_EQ(stored(), "");
    EXPECT_TRUE(settings_.changed()) << "the broker is to get them";
}

TEST_F(PublisherLife, EverythingIsSaidWhenTheSettingsCame) {
    Settings kept;
    kept.set_portal_id("of another");
    kept.move_instance(device, "acload", 42);
    kept.set_class(device, "acload", true);
    settings_.set_portal_id("p");
    begin(true);
    connect();
    step(0s, {meter()});
    client_.deliver({mirror_topic, kept.to_json(true), true});
    step();
    EXPECT_EQ(said("gridbridge/p/status", "online"), 1);
    EXPECT_EQ(said("N/p/acload/42/Ac/Power", R"({"value":100.0})"), 1) << "no reading was needed";
    EXPECT_EQ(settings_.portal_id(), "p");
    EXPECT_THAT(mirrored(), HasSubstr(device));

    client_.deliver({mirror_topic, Settings().to_json(true), true});
    step();
    EXPECT_TRUE(settings_.find(device)) << "once only";
}

TEST_F(PublisherLife, NothingIsSaidTwiceAtAReconnect) {
    begin();
    connect();
    step(0s, {meter()});
    step(3s); // saved
    client_.lose();
    client_.accept(false);
    step(1s);
    client_.accept(true);
    for (int i = 0; i < 40; ++i) { // the link waits longer and longer
        step(100ms, {meter(200.0)});
    }
    EXPECT_EQ(said("gridbridge/p/status", "online"), 1);
    EXPECT_EQ(said(mirror_topic, mirrored()), 1);
}

// Asked over the old connection, and said anyway over the new one.
TEST_F(PublisherLife, WhatTheOldConnectionAskedIsNotAnsweredTwice) {
    begin();
    connect();
    step(0s, {meter()});
    const std::string power = "N/p/grid/30/Ac/Power";
    const auto before = said(power, R"({"value":100.0})");
    inbox_.push({ClientEvent::Kind::Received, {}, {"R/p/grid/30/Ac/Power", "", false}});
    inbox_.push({ClientEvent::Kind::Lost, "cut", {}});
    inbox_.push({ClientEvent::Kind::Connected, {}, {}});
    step(1s);
    EXPECT_EQ(said(power, R"({"value":100.0})"), before + 1);
}

// As seen by a thread that hardly ever runs.
class LeapingTime final : public ThreadTime {
  public:
    Clock::time_point now() const override { return now_ += 1s; }
    bool sleep_until(Clock::time_point /*deadline*/, const std::stop_token& /*stop*/) override {
        return true;
    }

  private:
    mutable Clock::time_point now_{1h};
};

TEST_F(PublisherLife, OnABusyMachineEachStepTakesSomethingThatClientsAskFor) {
    begin();
    connect();
    step(0s, {meter()});
    const std::string power = "N/p/grid/30/Ac/Power";
    const auto before = said(power, R"({"value":100.0})");
    LeapingTime time;
    const WithTime with(time);
    for (int i = 1; i <= 2; ++i) {
        client_.deliver({"R/p/grid/30/Ac/Power", "", false});
        publisher_->step({}, now_);
        EXPECT_EQ(said(power, R"({"value":100.0})"), before + i);
    }
}

TEST_F(PublisherLife, AMeterOfAnEarlierRunIsWithdrawn) {
    settings_.set_announced("cgwacs_OLD", true);
    begin();
    connect();
    step(0s, {meter()});
    step(31s, {meter()});
    EXPECT_EQ(said("gridbridge/p/meter/OLD/status", ""), 1);
}

TEST_F(PublisherLife, AfterAFaultEverythingIsSaidAgain) {
    on_event_ = [](const Meter&, std::string_view) { throw std::runtime_error("broken"); };
    begin();
    connect();
    EXPECT_FALSE(step_now({meter()}));
    EXPECT_EQ(said("gridbridge/p/status", "online"), 2);
    EXPECT_EQ(said("N/p/grid/30/Ac/Power", R"({"value":100.0})"), 1) << "what was half said is taken back";
}

// Without a state directory it is not known before the connection what an earlier run has left.
TEST_F(PublisherLife, WhatTheSettingsOfTheBrokerMakeKnownIsLookedAtOnTheSameConnection) {
    const std::string meter_filter = "N/p/acload/42/#";
    Settings kept;
    kept.move_instance("cgwacs_BX0120064003P", "acload", 42);
    kept.set_class("cgwacs_BX0120064003P", "acload", true);
    kept.set_announced("cgwacs_BX0120064003P", true);
    begin(true);
    connect();
    EXPECT_THAT(client_.filters(), Not(Contains(meter_filter)));
    client_.deliver({mirror_topic, kept.to_json(true), true});
    step();
    auto filters = client_.filters();
    EXPECT_THAT(filters, Contains(meter_filter));
    std::sort(filters.begin(), filters.end());
    EXPECT_EQ(std::adjacent_find(filters.begin(), filters.end()), filters.end()) << "each once";
}

} // namespace
} // namespace gridbridge
