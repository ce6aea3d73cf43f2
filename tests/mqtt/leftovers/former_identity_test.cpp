// What an earlier configuration left retained: withdrawn when it is proven to be ours.
#include "mqtt/leftovers/former_identity.hpp"

#include "mqtt/homeassistant/homeassistant_payload.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string our_info = R"({"version":"1","service_id":"ours"})";
const std::string serial_topic = "N/old/system/0/Serial";
const std::string discovery_topic = "homeassistant/device/gridbridge_BX01/config";

std::string discovery_of(const std::string& portal_id) {
    return R"({"availability":[{"topic":"gridbridge/)" + portal_id + R"(/status"}]})";
}

class FormerIdentityTest : public testing::Test {
  protected:
    FormerIdentityTest() { settings_.set_service_id("ours"); }

    void published(const Settings::Published& former) { settings_.add_published(former); }
    void configure(const Settings::Published& now) {
        FormerIdentityOptions options;
        options.now = now;
        options.discovery_filters = discovery_filters;
        options.log = [this](const std::string& text) { log_.push_back(text); };
        options.remark = [this](const std::string& text) { remarks_.push_back(text); };
        outlet_ = std::make_unique<FormerIdentity>(settings_, std::move(options));
        connect();
    }
    void connect() {
        filters_ = outlet_->retained_filters({});
        asked_.clear();
        outlet_->connected(now_, asked_);
    }
    void keeps(const std::string& topic, const std::string& payload) {
        outlet_->retained({topic, payload, true}, now_);
    }
    void hears(const std::string& topic, const std::string& payload) {
        Messages out;
        outlet_->request({topic, payload, false}, now_, out);
        EXPECT_THAT(out, IsEmpty());
    }
    // The end of the look.
    Messages finish() {
        Messages out;
        now_ += 5s;
        outlet_->tick(now_, out);
        EXPECT_THAT(out, IsEmpty()) << "before the end of the look";
        now_ = std::max(now_, outlet_->next_tick(now_));
        outlet_->tick(now_, out);
        return out;
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    Settings settings_;
    std::unique_ptr<FormerIdentity> outlet_;
    std::vector<std::string> filters_, log_, remarks_;
    Messages asked_;
};

TEST_F(FormerIdentityTest, WithoutAChangeNothingIsLookedAt) {
    published({"p", "homeassistant", true});
    configure({"p", "homeassistant", true});
    EXPECT_THAT(filters_, IsEmpty());
    EXPECT_THAT(asked_, IsEmpty());
    keeps("gridbridge/p/info", our_info);
    EXPECT_THAT(finish(), IsEmpty());
    EXPECT_THAT(outlet_->take_left_filters(), IsEmpty());
}

TEST_F(FormerIdentityTest, AFormerPortalIdIsWithdrawnWhenItsInfoIsOurs) {
    published({"old", "", false});
    configure({"p", "", false});
    EXPECT_THAT(filters_, UnorderedElementsAre("gridbridge/old/#", "N/old/#"));
    EXPECT_THAT(asked_, Contains(testing::Field(&Message::topic, "R/old/keepalive")));
    keeps("gridbridge/old/info", our_info);
    keeps("gridbridge/old/meter/BX01/status", "offline");
    keeps(serial_topic, R"({"value":"old"})");
    keeps("N/older/system/0/Serial", "x");
    EXPECT_THAT(finish(), UnorderedElementsAre(Message{"gridbridge/old/info", "", true},
                                               Message{"gridbridge/old/meter/BX01/status", "", true},
                                               Message{serial_topic, "", true}));
    EXPECT_THAT(log_, ElementsAre(HasSubstr("withdrawn: 3")));
    EXPECT_THAT(remarks_, IsEmpty());
    EXPECT_THAT(outlet_->take_left_filters(), UnorderedElementsAre("gridbridge/old/#", "N/old/#"));
    EXPECT_TRUE(outlet_->takes_repeat(now_));
    connect();
    EXPECT_THAT(finish(), IsEmpty()) << "nothing is left";
    EXPECT_THAT(settings_.published(), ElementsAre(Settings::Published{"p", "", false}));
}

TEST_F(FormerIdentityTest, AnotherServiceOfTheFormerPortalIdIsLeftAlone) {
    for (const std::string info : {R"({"service_id":"theirs"})", R"({"version":"1"})", "[]", "{"}) {
        published({"old", "", false});
        configure({"p", "", false});
        keeps("gridbridge/old/info", info);
        keeps(serial_topic, R"({"value":"old"})");
        EXPECT_THAT(finish(), IsEmpty()) << info;
    }
    EXPECT_THAT(remarks_, Contains(HasSubstr("nothing proves")));
}

TEST_F(FormerIdentityTest, WithoutAServiceIdNothingIsOurs) {
    settings_.set_service_id("");
    published({"old", "", false});
    configure({"p", "", false});
    keeps("gridbridge/old/info", R"({"service_id":""})");
    EXPECT_THAT(finish(), IsEmpty());
}

TEST_F(FormerIdentityTest, WhoIsHeardUnderTheFormerPortalIdKeepsIt) {
    published({"old", "homeassistant", false});
    configure({"p", "homeassistant", false});
    keeps("gridbridge/old/info", our_info);
    keeps(discovery_topic, discovery_of("old"));
    hears("N/old/heartbeat", R"({"value":1})");
    EXPECT_THAT(finish(), IsEmpty());
    EXPECT_THAT(remarks_, ElementsAre(HasSubstr("another service or a GX")));
    EXPECT_THAT(settings_.published(), Contains(Settings::Published{"old", "homeassistant", false}))
        << "looked at again after the next start";
    connect();
    keeps("gridbridge/old/info", our_info);
    hears("N/old/heartbeat", R"({"value":2})");
    EXPECT_THAT(finish(), IsEmpty());
    EXPECT_EQ(remarks_.size(), 1U) << "not at each connect";
    EXPECT_EQ(log_.size(), 1U);
}

TEST_F(FormerIdentityTest, HomeAssistantSwitchedOffWithdrawsWhatNamesOurPortalId) {
    settings_.device("cgwacs_BX01");
    published({"p", "homeassistant", false});
    configure({"p", "", false});
    EXPECT_THAT(filters_, Contains(discovery_topic));
    EXPECT_THAT(filters_, Contains("homeassistant/+/gridbridge_BX01/+/config"));
    EXPECT_THAT(asked_, IsEmpty()) << "our own portal id";
    keeps(discovery_topic, discovery_of("p"));
    keeps("homeassistant/sensor/gridbridge_BX01/power/config", discovery_of("q"));
    keeps("homeassistant/sensor/gridbridge_BX01/current/config", R"({"name":"gridbridge/p/status"})");
    EXPECT_THAT(finish(), UnorderedElementsAre(
                              Message{discovery_topic, "", true},
                              Message{"homeassistant/sensor/gridbridge_BX01/current/config", "", true}));
}

TEST_F(FormerIdentityTest, AnotherPrefixWithdrawsTheFormerOne) {
    settings_.device("cgwacs_BX01");
    published({"p", "homeassistant", false});
    configure({"p", "ha", false});
    keeps(discovery_topic, discovery_of("p"));
    keeps("ha/device/gridbridge_BX01/config", discovery_of("p"));
    EXPECT_THAT(finish(), ElementsAre(Message{discovery_topic, "", true}));
}

TEST_F(FormerIdentityTest, DiscoveryThatIsAlreadyReplacedStays) {
    settings_.device("cgwacs_BX01");
    published({"old", "homeassistant", false});
    configure({"p", "homeassistant", false});
    keeps("gridbridge/old/info", our_info);
    keeps(discovery_topic, discovery_of("old"));
    hears(discovery_topic, discovery_of("p"));
    EXPECT_THAT(finish(), ElementsAre(Message{"gridbridge/old/info", "", true}));
}

TEST_F(FormerIdentityTest, ValuesNoLongerRetainedAreClearedButTheSerial) {
    published({"p", "", true});
    configure({"p", "", false});
    EXPECT_THAT(filters_, ElementsAre("N/p/#"));
    keeps("N/p/grid/30/Ac/Power", R"({"value":1})");
    keeps("N/p/system/0/Serial", R"({"value":"p"})");
    hears("N/p/grid/30/Ac/Power", R"({"value":2})");
    EXPECT_THAT(finish(), ElementsAre(Message{"N/p/grid/30/Ac/Power", "", true}));
    EXPECT_TRUE(outlet_->takes_repeat(now_)) << "a live value was cleared with it";
}

} // namespace
} // namespace gridbridge
