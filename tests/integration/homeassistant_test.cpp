// Discovery of real services as Home Assistant sees it on a real broker.
#include "tests/integration/support.hpp"
#include "tests/mqtt/homeassistant/discovery_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <set>
#include <utility>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::IsEmpty;

std::vector<SeenMessage> seen(const Subscriber& subscriber) {
    std::vector<SeenMessage> messages;
    for (const Arrived& message : subscriber.all()) {
        messages.push_back({message.topic, message.payload}); // live messages come without the retain flag
    }
    return messages;
}

// What has been said by the time that every topic is, which discovery has named until then: a device that is
// announced meanwhile has topics of its own. Ends with a failure when one is not said.
std::vector<SeenMessage> all_said(Subscriber& subscriber, const DiscoveryRules& rules) {
    for (;;) {
        auto messages = seen(subscriber);
        std::set<std::string> said;
        for (const SeenMessage& message : messages) {
            said.insert(message.payload.empty() ? std::string() : message.topic);
        }
        const auto named = named_topics(messages, rules);
        const auto missing = std::find_if(named.begin(), named.end(),
                                          [&](const std::string& topic) { return !said.contains(topic); });
        if (missing == named.end()) {
            return messages;
        }
        const bool comes = subscriber.wait_for(
            [&](const Arrived& message) { return message.topic == *missing && !message.payload.empty(); });
        if (!comes) {
            ADD_FAILURE() << *missing << " is named and never said";
            return messages;
        }
    }
}

TEST(HomeAssistant, EveryMeterIsAnnouncedByTheRulesAndEveryTopicIsSaid) {
    const Broker broker;
    const Folder folder;
    const std::string anywhere = "tcp://127.0.0.1:0";
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"em24", "cg"},  {"et112", "cg"},    {"et340", "cg"}, {"em340_s27", "cg"},
        {"em540", "cg"}, {"em580", "em580"}, {"p1", "p1"},    {"sml", "sml"}};
    std::vector<std::unique_ptr<SimulatedMeter>> meters;
    std::vector<std::string> uris;
    for (const auto& [kind, driver] : kinds) {
        meters.push_back(std::make_unique<SimulatedMeter>(kind, anywhere));
        uris.push_back(driver + "+" + meters.back()->uri + "?name=Meter%20" + kind);
    }
    Subscriber subscriber(broker);
    const RunningService service(broker, uris, folder.path("state"));
    std::set<std::string> devices;
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        if (message.topic.starts_with("homeassistant/device/")) {
            devices.insert(message.topic);
        }
        return devices.size() == kinds.size() + 1; // and the bridge
    })) << service.process->errors();
    EXPECT_THAT(discovery_problems(all_said(subscriber, {})), IsEmpty());

    Subscriber later(broker);
    for (const std::string& topic : devices) {
        EXPECT_TRUE(later.wait_for([&](const Arrived& message) {
            return message.topic == topic && message.retained;
        })) << topic;
    }
    EXPECT_TRUE(later.wait_for([](const Arrived& message) {
        return message.topic == "gridbridge/p/status" && message.payload == "online" && message.retained;
    }));
}

TEST(HomeAssistant, ItsBirthBringsDiscoveryAndEveryValueOnceMore) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter em24("em24", "rtu://" + folder.path("port"));
    const SimulatedMeter p1("p1", "tcp://127.0.0.1:0");
    Subscriber subscriber(broker);
    const RunningService service(broker, {"cg+" + em24.uri + "?name=Main", "p1+" + p1.uri},
                                 folder.path("state"));
    ASSERT_TRUE(subscriber.newest("device/gridbridge_BX1230010001S/config")) << service.process->errors();
    ASSERT_TRUE(subscriber.newest("grid/31/Ac/Power"));
    const auto announced = named_topics(seen(subscriber));
    subscriber.forget();
    broker.publish("homeassistant/status", "online");
    EXPECT_TRUE(subscriber.newest("device/gridbridge_bridge_p/config"));
    EXPECT_TRUE(subscriber.newest("device/gridbridge_BX1230010001S/config"));
    for (const std::string& topic : announced) {
        const bool value = topic.ends_with("/state") || topic.ends_with("/health");
        EXPECT_TRUE(!value || subscriber.newest(topic)) << topic; // the steady ones too
    }
}

TEST(HomeAssistant, ANameWrittenByItsTemplateArrives) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    Subscriber subscriber(broker);
    const RunningService service(broker, {"cg+" + meter.uri + "?name=Main"}, folder.path("state"));
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        if (!message.topic.starts_with("homeassistant/device/")) {
            return false;
        }
        const json payload = json::parse(message.payload);
        return payload["components"].contains("custom_name") &&
               payload["components"]["custom_name"]["command_topic"] == "W/p/grid/30/CustomName";
    }));
    broker.publish("W/p/grid/30/CustomName", R"({"value": "Haus \"A\"" })");
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Haus \"A\""})"));
}

TEST(HomeAssistant, PrefixFormAndSwitchAreConfigured) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const auto config = [&](const std::string& homeassistant) {
        folder.write("config.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                        "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\n[homeassistant]\n" + homeassistant + "[[meter]]\nuri = \"p1+" +
                                        meter.uri + "\"\n");
        return std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("config.toml")};
    };
    {
        Subscriber subscriber(broker);
        const Process service(config("prefix = \"ha\"\nper_component = true\n"));
        ASSERT_TRUE(subscriber.newest("custom_name/config")) << service.errors();
        const DiscoveryRules rules{"ha", true};
        EXPECT_THAT(discovery_problems(all_said(subscriber, rules), rules), IsEmpty());
        service.signal(SIGTERM);
    }
    Subscriber values(broker);
    const Process service(config("enabled = false\n"));
    ASSERT_TRUE(values.newest("Ac/Power")) << service.errors();
    ASSERT_TRUE(values.newest("heartbeat"));
    for (const Arrived& message : values.all()) {
        EXPECT_FALSE(message.topic.starts_with("homeassistant/")) << message.topic;
    }
}

TEST(HomeAssistant, PublishKeepaliveIsAnErrorUntilItIsSwitchedOff) {
    const Folder folder;
    const std::string common =
        "[venus]\npublish = \"keepalive\"\n[[meter]]\nuri = \"p1+tcp://127.0.0.1:1\"\n";
    folder.write("a.toml", common);
    const Result refused = gridbridge({"check-config", "--config", folder.path("a.toml")});
    EXPECT_EQ(refused.exit_code, 78);
    EXPECT_THAT(refused.errors, testing::HasSubstr("[homeassistant] enabled = false"));
    folder.write("b.toml", "[homeassistant]\nenabled = false\n" + common);
    EXPECT_EQ(gridbridge({"check-config", "--config", folder.path("b.toml")}).exit_code, 0);
}

} // namespace
} // namespace gridbridge::testing_support
