// `[readings]` of the real program: one JSON object per reading, beside the Venus topics.
#include "tests/integration/support.hpp"
#include "tests/mqtt/readings/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <set>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::IsEmpty;

constexpr std::size_t enough = 8; // readings

std::vector<json> objects_on(const std::string& topic, const Subscriber& subscriber) {
    std::vector<json> objects;
    for (const Arrived& message : subscriber.all()) {
        if (message.topic == topic) {
            objects.push_back(json::parse(message.payload));
        }
    }
    return objects;
}

// Each power is that of the Venus topic before it: both come of one reading.
void expect_the_powers_of_venus(const Subscriber& subscriber, const std::string& topic,
                                const std::string& venus_topic) {
    json venus;
    std::set<double> powers;
    for (const Arrived& message : subscriber.all()) {
        if (message.topic == venus_topic) {
            venus = json::parse(message.payload).at("value");
        } else if (message.topic == topic) {
            EXPECT_EQ(json::parse(message.payload).at("power"), venus) << message.payload;
            ASSERT_TRUE(venus.is_number());
            powers.insert(venus.get<double>());
        }
    }
    EXPECT_GE(powers.size(), 3U) << "a steady power shows nothing";
}

void expect_no_gap(const std::vector<json>& objects) {
    const json schema = reading_schema();
    for (std::size_t i = 0; i < objects.size(); ++i) {
        EXPECT_THAT(schema_faults(objects[i], schema), IsEmpty()) << objects[i];
        EXPECT_EQ(objects[i]["seq"], objects[0]["seq"].get<std::uint64_t>() + i);
        EXPECT_TRUE(objects[i]["time"].is_number());
        EXPECT_GE(objects[i]["monotonic_ms"], objects[i == 0 ? 0 : i - 1]["monotonic_ms"]);
    }
}

TEST(Readings, EachIsWhatTheVenusTopicsSayAndALossIsNull) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter em540("em540", "tcp://127.0.0.1:0");
    const SimulatedMeter p1("p1", "tcp://127.0.0.1:0", {"--period", "0.3"});
    folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                        "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\n[status]\nlisten = \"\"\n[readings]\nenabled = true\n"
                                        "[[meter]]\nuri = \"cg+" +
                                        em540.uri + "\"\nstale_after = 2\n[[meter]]\nuri = \"p1+" + p1.uri +
                                        "\"\n");
    Subscriber subscriber(broker);
    const Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    const std::string of_p1 = "gridbridge/p/meter/E0044000000000001/reading";
    std::string of_em540;
    std::size_t em540_count = 0;
    std::size_t p1_count = 0;
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        if (message.topic.ends_with("/reading")) {
            EXPECT_FALSE(message.retained);
            ++(message.topic == of_p1 ? p1_count : em540_count);
            of_em540 = message.topic == of_p1 ? of_em540 : message.topic;
        }
        return em540_count >= enough && p1_count >= enough;
    })) << service.errors();
    expect_the_powers_of_venus(subscriber, of_em540, "N/p/grid/30/Ac/Power");
    expect_the_powers_of_venus(subscriber, of_p1, "N/p/grid/31/Ac/Power");
    EXPECT_TRUE(objects_on(of_p1, subscriber).back()["meter_time"].is_number());
    EXPECT_TRUE(objects_on(of_em540, subscriber).back()["meter_time"].is_null());

    em540.process->signal(SIGKILL);
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == of_em540 && json::parse(message.payload)["state"] == "lost";
    })) << service.errors();
    const auto objects = objects_on(of_em540, subscriber);
    expect_no_gap(objects);
    expect_no_gap(objects_on(of_p1, subscriber));
    const json& lost = objects.back();
    EXPECT_EQ(lost["monotonic_ms"], objects[objects.size() - 2]["monotonic_ms"]);
    EXPECT_GE(lost["age_ms"], 1500);
    for (const std::string name : {"power", "power_l1", "voltage_l2", "energy_forward"}) {
        EXPECT_TRUE(objects[objects.size() - 2].at(name).is_number()) << name;
        EXPECT_TRUE(lost.at(name).is_null()) << name;
    }
}

TEST(Readings, AreOffUnlessConfigured) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter p1("p1", "tcp://127.0.0.1:0", {"--period", "0.3"});
    Subscriber subscriber(broker);
    const RunningService service(broker, {"p1+" + p1.uri}, folder.path("state"));
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
    ASSERT_TRUE(subscriber.newest("N/p/heartbeat"));
    for (const Arrived& message : subscriber.all()) {
        EXPECT_FALSE(message.topic.ends_with("/reading")) << message.topic;
    }
}

} // namespace
} // namespace gridbridge::testing_support
