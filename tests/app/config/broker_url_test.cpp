// Brokers as users write them, and what is shown of their passwords.
#include "app/config/broker_url.hpp"

#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(BrokerUrl, TakesAHostAPortAndALogin) {
    const auto server = [](std::string_view text) {
        const auto url = parse_broker_url(text);
        return url ? url->server : std::string("none");
    };
    EXPECT_EQ(server("broker"), "mqtt://broker:1883");
    EXPECT_EQ(server("broker:2000"), "mqtt://broker:2000");
    EXPECT_EQ(server("mqtts://broker/"), "mqtts://broker:8883");
    EXPECT_EQ(server("mqtt://[::1]:2000"), "mqtt://[::1]:2000");
    EXPECT_EQ(server("mqtt://ann:secret@broker:2000"), "mqtt://broker:2000");
    EXPECT_EQ(server("ws://broker"), "none");
    EXPECT_EQ(server("mqtt://ann:secret@"), "none");
    EXPECT_EQ(server(""), "none");
}

TEST(BrokerUrl, DecodesTheLogin) {
    const auto url = parse_broker_url("mqtts://a%40b:p%3Aw@%@broker");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->username, "a@b");
    EXPECT_EQ(url->password, "p:w@%");
    const auto without = parse_broker_url("mqtt://ann@broker");
    ASSERT_TRUE(without);
    EXPECT_EQ(without->username, "ann");
    EXPECT_FALSE(without->password);
    EXPECT_FALSE(parse_broker_url("mqtt://broker")->username);
}

TEST(BrokerUrl, NoPasswordIsShown) {
    EXPECT_EQ(without_password("mqtt://ann:secret@broker"), "mqtt://ann:***@broker");
    EXPECT_EQ(without_password("ann:se:cr@et@broker"), "ann:***@broker");
    EXPECT_EQ(without_password("mqtt://broker:1883"), "mqtt://broker:1883");
    EXPECT_EQ(without_password("mqtt://ann@broker:1883"), "mqtt://ann@broker:1883");
}

struct Read {
    explicit Read(const std::string& mqtt) { apply_file(config, "[mqtt]\n" + mqtt, "f", findings); }
    std::string errors() const {
        std::string text;
        for (const Problem& error : findings.errors) {
            text += error.text + "\n";
        }
        return text;
    }
    Config config;
    Findings findings;
};

TEST(BrokerUrl, ItsLoginIsUsedAndNeverPrinted) {
    const Read read("servers = [\"mqtt://ann:secret@a\", \"mqtt://b\"]\n");
    EXPECT_EQ(read.errors(), "");
    EXPECT_THAT(read.config.mqtt.servers, ElementsAre("mqtt://a:1883", "mqtt://b:1883"));
    EXPECT_EQ(read.config.mqtt.username, "ann");
    EXPECT_EQ(read.config.mqtt.url_password, "secret");
    EXPECT_THAT(show_config(read.config), Not(HasSubstr("secret")));
    EXPECT_EQ(Read("servers = [\"mqtt://ann:secret@a\"]\nusername = \"bob\"\n").config.mqtt.username, "bob");
    const Read wrong("servers = [\"ws://ann:secret@a\"]\n");
    EXPECT_THAT(wrong.errors(), HasSubstr("ann:***@a"));
    EXPECT_THAT(wrong.errors(), Not(HasSubstr("secret")));
    const Read list("servers = [\"mqtt://ann:secret@a\", \"nothing://x\"]\n");
    EXPECT_THAT(list.errors(), Not(HasSubstr("secret")));
}

TEST(BrokerUrl, KeysOfOtherProgramsLeadToOurs) {
    for (const char* const key : {"password", "pass"}) {
        EXPECT_THAT(Read(std::string(key) + " = \"x\"\n").errors(), HasSubstr("password_file")) << key;
    }
    EXPECT_THAT(Read("user = \"x\"\n").errors(), HasSubstr("write username"));
    for (const char* const key : {"host", "port", "broker", "url"}) {
        EXPECT_THAT(Read(std::string(key) + " = \"x\"\n").errors(), HasSubstr("servers = [")) << key;
    }
}

} // namespace
} // namespace gridbridge
