// A meter that is gone for good, and what is left of it.
#include "tests/mqtt/bridge/writes_world.hpp"

#include "mqtt/homeassistant/homeassistant.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class ForgetTest : public WritesTest {
  protected:
    const std::string serial_ = "BX0120064003P";
    const std::string id_ = "cgwacs_BX0120064003P";

    std::string forget(const std::string& serial) {
        said_ = request("gridbridge/p/forget/set", serial);
        for (const Message& message : said_) {
            if (message.topic == "gridbridge/p/forget") {
                EXPECT_FALSE(message.retain);
                return message.payload;
            }
        }
        return "no answer";
    }
    static std::string answer(const std::string& serial, const std::string& result) {
        return R"({"serial":")" + serial + R"(","result":")" + result + "\"}";
    }
    // Until every meter has been away for longer than its service stays.
    void let_all_go() {
        Messages out;
        now_ += 10s;
        bridge_->tick(now_, out);
        now_ += 60s;
        bridge_->tick(now_, out);
    }

    Messages said_;
};

TEST_F(ForgetTest, AMeterThatIsThereIsNotForgotten) {
    EXPECT_EQ(forget(serial_), answer(serial_, "present"));
    EXPECT_THAT(log_, HasSubstr("\"BX0120064003P\" is not forgotten: it is there"));
    Messages out;
    now_ += 10s;
    bridge_->tick(now_, out); // lost
    EXPECT_EQ(forget(serial_), answer(serial_, "present"));
    EXPECT_NE(settings_.find(id_), nullptr);
}

TEST_F(ForgetTest, AnUnknownOneIsSaid) {
    EXPECT_EQ(forget("NEVER_SEEN"), answer("NEVER_SEEN", "unknown"));
    EXPECT_EQ(forget(""), answer("", "unknown"));
    EXPECT_EQ(forget("\x80\"\n#"), "{\"serial\":\"\xEF\xBF\xBD\\\"\\n#\",\"result\":\"unknown\"}");
    EXPECT_THAT(forget(std::string(100000, 'x')).size(), testing::Lt(300U));
    EXPECT_THAT(log_, HasSubstr("no meter with that serial number is known"));
}

TEST_F(ForgetTest, AMeterThatIsGoneLeavesNothing) {
    write(device + "/CustomName", R"({"value":"Oven"})");
    let_all_go();
    EXPECT_EQ(forget(" " + serial_ + "\n"), answer(serial_, "forgotten"));
    EXPECT_EQ(settings_.find(id_), nullptr);
    EXPECT_EQ(settings_.find(id_ + "_S"), nullptr);
    EXPECT_EQ(settings_.device_ids(), "");
    EXPECT_THAT(venus(said_), HasSubstr(device + "/CustomName \n")) << "zero bytes";
    EXPECT_THAT(venus(said_), HasSubstr(device + "_S/Enabled \n"));
    EXPECT_THAT(venus(said_), HasSubstr("settings/0/Settings/CGwacs/DeviceIds {\"value\":\"\"}"));
    EXPECT_EQ(read(device), "");
    EXPECT_THAT(read("settings/0"), Not(HasSubstr(serial_)));
    EXPECT_THAT(said_, Contains(Message{"gridbridge/p/meter/BX0120064003P/status", "", true}));
    EXPECT_THAT(log_, HasSubstr("forgot \"BX0120064003P\""));
    Messages out;
    bridge_->connected(now_, out);
    bridge_->store_energy(now_, out);
    EXPECT_THAT(as_text(out), HasSubstr("meter/BX0120064003P/status  retained")) << "it may have got lost";
    EXPECT_THAT(as_text(out), Not(HasSubstr("meter/BX0120064003P/status offline")));
    out.clear();
    bridge_->connected(now_, out);
    EXPECT_THAT(as_text(out), Not(HasSubstr("meter/BX0120064003P/status"))) << "and no more";
    EXPECT_EQ(settings_.find(id_), nullptr);
    EXPECT_EQ(forget(serial_), answer(serial_, "unknown")) << "it is forgotten already";
}

// The driver may not say again who the meter is: it is the same one for it.
TEST_F(ForgetTest, AMeterThatReturnsIsANewOne) {
    update(other, em24_info("B"));
    write(device + "/ClassAndVrmInstance", R"({"value":"acload:77"})");
    write(device + "/CustomName", R"({"value":"Oven"})");
    let_all_go();
    EXPECT_EQ(forget(serial_), answer(serial_, "forgotten"));
    EXPECT_THAT(venus(update(first, {})), HasSubstr("grid/30/CustomName {\"value\":\"Grid\"}"));
    EXPECT_EQ(settings_.device_ids(), "B," + serial_);
    EXPECT_FALSE(settings_.to_withdraw().contains(serial_)) << "what is said of it now stays";
    EXPECT_EQ(read(device + "/ClassAndVrmInstance"),
              device + "/ClassAndVrmInstance {\"value\":\"grid:30\"}\n");
    EXPECT_EQ(forget(serial_), answer(serial_, "present"));
}

TEST_F(ForgetTest, ItsNumberIsFree) {
    let_all_go();
    forget(serial_);
    MeterInfo exchanged = em24_info("NEW");
    EXPECT_THAT(venus(update(first, exchanged)), HasSubstr("grid/30/Serial {\"value\":\"NEW\"}"));
}

TEST_F(ForgetTest, OfAnEarlierRunOrNeverAnsweredInThisOne) {
    update(other, em24_info("B"));
    let_all_go();
    restart();
    EXPECT_EQ(forget("B"), answer("B", "forgotten"));
    EXPECT_EQ(settings_.find("cgwacs_B"), nullptr);
}

TEST_F(ForgetTest, ASecondServiceThatIsThereKeepsItsMeter) {
    update(second_service, second_info());
    Messages out;
    now_ += 10s;
    bridge_->tick(now_, out);
    now_ += 60s;
    update(second_service, {});
    bridge_->tick(now_, out);
    EXPECT_EQ(forget(serial_), answer(serial_, "present"));
    let_all_go();
    EXPECT_EQ(forget(serial_), answer(serial_, "forgotten"));
    EXPECT_EQ(settings_.find(id_ + "_S"), nullptr);
}

TEST_F(ForgetTest, WhatIsSaidOfAConfiguredInstanceChanges) {
    settings_ = Settings();
    settings_.instance_for("cgwacs_OLD", "grid", 30);
    start();
    update(other, em24_info("B"));
    let_all_go();
    EXPECT_EQ(forget("OLD"), answer("OLD", "forgotten"));
    EXPECT_EQ(forget("OLD"), answer("OLD", "unknown"));
}

// Erased while no service ran: what the broker has retained goes at the next connect, once.
TEST_F(ForgetTest, WhatWasErasedMeanwhileIsWithdrawn) {
    settings_.set_to_withdraw({"OLD", serial_});
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_THAT(out, Contains(Message{"gridbridge/p/meter/OLD/status", "", true}));
    EXPECT_THAT(out, Not(Contains(Message{"gridbridge/p/meter/BX0120064003P/status", "", true})))
        << "it is there again";
    EXPECT_TRUE(settings_.to_withdraw().empty());
}

TEST(ForgetHomeAssistant, TheDiscoveryIsWithdrawn) {
    HomeAssistantOptions options;
    options.portal_id = "p";
    HomeAssistant outlet(options);
    Messages out;
    outlet.forgotten("OLD", out);
    ASSERT_FALSE(out.empty());
    for (const Message& message : out) {
        EXPECT_THAT(message.topic, HasSubstr("homeassistant/device/"));
        EXPECT_EQ(message.payload, "");
        EXPECT_TRUE(message.retain);
    }
}

TEST(ForgetPayload, ComesBackAsItWent) {
    const ForgetAnswer answer{"A\"B", ForgetResult::Present};
    EXPECT_EQ(parse_forget_payload(forget_payload(answer)), answer);
    for (const char* const odd :
         {"", "1", "[]", "{}", R"({"serial":"A"})", R"({"serial":1,"result":"present"})",
          R"({"serial":"A","result":"maybe"})"}) {
        EXPECT_EQ(parse_forget_payload(odd), std::nullopt) << odd;
    }
}

} // namespace
} // namespace gridbridge
