// A meter whose serial number an earlier version spelled in another way.
#include "tests/mqtt/bridge/writes_world.hpp"

#include "mqtt/homeassistant/homeassistant.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

MeterInfo p1_info(const std::string& serial, const std::string& former = {}) {
    MeterInfo info;
    info.kind = "p1";
    info.serial = serial;
    info.former_serial = former;
    info.product_name = "P1 meter";
    return info;
}

class RespellTest : public WritesTest {
  protected:
    void SetUp() override {
        WritesTest::SetUp();
        update(other, p1_info("eC!D"));
        write("settings/0/Settings/Devices/p1_eC!D/CustomName", R"({"value":"House"})");
        write("settings/0/Settings/Devices/p1_eC!D/ClassAndVrmInstance", R"({"value":"grid:44"})");
        restart();
    }
};

TEST_F(RespellTest, SettingsAndInstanceMoveOver) {
    const Messages said = update(other, p1_info("65432144", "eC!D"));
    EXPECT_EQ(settings_.find("p1_eC!D"), nullptr);
    EXPECT_THAT(venus(said), HasSubstr("grid/44/Serial {\"value\":\"65432144\"}"));
    EXPECT_THAT(venus(said), HasSubstr("grid/44/CustomName {\"value\":\"House\"}"));
    EXPECT_THAT(venus(said), HasSubstr("settings/0/Settings/Devices/p1_eC!D/CustomName \n")) << "withdrawn";
    EXPECT_THAT(venus(said), HasSubstr("Devices/p1_65432144/CustomName {\"value\":\"House\"}"));
    EXPECT_THAT(said, Contains(Message{"gridbridge/p/meter/eC!D/status", "", true}));
    EXPECT_THAT(log_, HasSubstr("was known as eC!D"));
}

TEST_F(RespellTest, WhatIsRetainedIsWithdrawnAtTheNextConnectToo) {
    update(other, p1_info("65432144", "eC!D"));
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/eC!D/status", "", true}));
    EXPECT_THAT(out, Not(Contains(Message{"gridbridge/p/meter/65432144/status", "", true})));
    out.clear();
    bridge_->connected(now_, out);
    EXPECT_THAT(out, Not(Contains(Message{"gridbridge/p/meter/eC!D/status", "", true})));
}

TEST_F(RespellTest, OnceMovedItStays) {
    update(other, p1_info("65432144", "eC!D"));
    restart();
    log_.clear();
    EXPECT_THAT(venus(update(other, p1_info("65432144", "eC!D"))), HasSubstr("grid/44/Serial"));
    EXPECT_THAT(log_, Not(HasSubstr("was known as")));
}

TEST_F(RespellTest, AMeterThatIsKnownUnderBothKeepsItsOwn) {
    update(other, p1_info("65432144"));
    const int own = settings_.find("p1_65432144")->instances.at("grid");
    restart();
    update(other, p1_info("65432144", "eC!D"));
    EXPECT_EQ(settings_.find("p1_65432144")->instances.at("grid"), own);
    EXPECT_NE(settings_.find("p1_eC!D"), nullptr);
}

TEST_F(RespellTest, AnotherDriverIsNotMeant) {
    MeterInfo info = p1_info("65432144", "eC!D");
    info.kind = "sml";
    update(other, info);
    EXPECT_NE(settings_.find("p1_eC!D"), nullptr);
}

// Home Assistant knows entities by an id made of the serial number: another one would begin a new history.
TEST(RespellDiscovery, StaysUnderTheSpellingItHas) {
    HomeAssistantOptions options;
    options.portal_id = "p";
    Meter former;
    former.info = p1_info("eC!D");
    Meter now;
    now.info = p1_info("65432144", "eC!D");
    const Discovery before = meter_discovery(options, former, Entities().set(0));
    const Discovery after = meter_discovery(options, now, Entities().set(0));
    ASSERT_EQ(before.size(), 1U);
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(before.begin()->first, after.begin()->first);
    EXPECT_THAT(after.begin()->second, HasSubstr("\"serial_number\":\"65432144\""));
    EXPECT_THAT(after.begin()->second, HasSubstr("gridbridge/p/meter/65432144/status"));
}

TEST(RespellDiscovery, IsWithdrawnUnderBothWhenTheMeterIsForgotten) {
    HomeAssistantOptions options;
    options.portal_id = "p";
    HomeAssistant outlet(options);
    Messages out;
    outlet.respelled("eC!D", out);
    EXPECT_TRUE(out.empty());
    outlet.forgotten("65432144", out);
    std::vector<std::string> topics;
    for (const Message& message : out) {
        topics.push_back(message.topic);
        EXPECT_TRUE(message.payload.empty() && message.retain);
    }
    for (const char* const serial : {"65432144", "eC!D"}) {
        for (const std::string& topic : meter_discovery_topics(options, serial)) {
            EXPECT_THAT(topics, Contains(topic));
        }
    }
}

} // namespace
} // namespace gridbridge
