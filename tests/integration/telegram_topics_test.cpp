// `raw` and `obis` of stream meters: what the real program publishes of a telegram, and when it is null.
#include "drivers/text/hex.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

struct Case {
    std::string driver;
    std::string serial;
    std::string begin;  // of a telegram on its topic
    std::string energy; // code of an energy register
    std::string unit;
};

class TelegramTopics : public testing::TestWithParam<Case> {};

TEST_P(TelegramTopics, ObjectsAndNullWhenTheMeterIsLost) {
    const Case& known = GetParam();
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter(known.driver, "tcp://127.0.0.1:0", {"--period", "0.5"});
    folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                        "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\n[status]\nlisten = \"\"\n[[meter]]\nuri = \"" + known.driver +
                                        "+" + meter.uri + "\"\nstale_after = 3\nraw = true\nobis = [\"" +
                                        known.energy + "\", \"1-0:99.99.9\"]\n");
    const std::string topic = "gridbridge/p/meter/" + known.serial;
    Subscriber subscriber(broker, topic + "/obis/#"); // payloads of one line
    Process service(
        {GRIDBRIDGE_PROGRAM, "run", "--log-level", "debug", "--config", folder.path("gridbridge.toml")});
    json object;
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        if (message.topic != topic + "/obis/" + known.energy) {
            return false;
        }
        EXPECT_FALSE(message.retained);
        object = json::parse(message.payload);
        return true;
    })) << service.errors();
    EXPECT_TRUE(object.at("value").is_number()) << object;
    EXPECT_EQ(object.at("unit"), known.unit);
    EXPECT_TRUE(object.at("time").is_null());
    EXPECT_TRUE(
        subscriber.wait_for(topic + "/obis/1-0:99.99.9", R"({"value":null,"unit":null,"time":null})"));
    const auto listed = service.wait_for_line(known.energy + " = ");
    ASSERT_TRUE(listed) << service.errors();
    EXPECT_THAT(*listed, HasSubstr(": energy_forward"));
    subscriber.forget();
    meter.process->signal(SIGSTOP);
    EXPECT_TRUE(subscriber.wait_for(topic + "/obis/" + known.energy,
                                    R"({"value":null,"unit":")" + known.unit + R"(","time":null})"))
        << service.errors();
    meter.process->signal(SIGCONT);
    Subscriber later(broker, topic + "/obis/#");
    EXPECT_TRUE(later.wait_for([&](const Arrived& message) {
        return message.topic.ends_with(known.energy) && json::parse(message.payload).at("value").is_number();
    })) << service.errors();
    for (const Arrived& message : later.all()) {
        EXPECT_FALSE(message.retained) << message.topic;
    }
}

TEST_P(TelegramTopics, ARawTelegramIsWholeAndReadsBack) {
    const Case& known = GetParam();
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter(known.driver, "tcp://127.0.0.1:0", {"--period", "0.5"});
    const RunningService service(broker, {known.driver + "+" + meter.uri + "?raw=true"},
                                 folder.path("state"));
    const std::string topic = "gridbridge/p/meter/" + known.serial + "/raw";
    // One message as it is, on standard output.
    const Result told = run({"mosquitto_sub", "-p", std::to_string(broker.port()), "-t", topic, "-C", "1",
                             "-N", "-W", "60", "-F", "%r%p"});
    ASSERT_EQ(told.exit_code, 0) << service.process->errors();
    ASSERT_EQ(told.output.substr(0, 1), "0") << "not retained";
    const std::string text = told.output.substr(1);
    EXPECT_TRUE(text.starts_with(known.begin)) << text;
    const auto octets = bytes_of_hex(text);
    folder.write("telegram", octets ? std::string(octets->begin(), octets->end()) : text);
    const Result read = gridbridge({"decode", known.driver, folder.path("telegram")});
    EXPECT_THAT(read.output, HasSubstr("\"" + known.energy + "\"")) << read.errors << text;
    EXPECT_THAT(read.errors, HasSubstr(": 1 telegram(s), 0 byte(s) between telegrams\n"));
}

INSTANTIATE_TEST_SUITE_P(Streams, TelegramTopics,
                         testing::Values(Case{"p1", "E0044000000000001", "/ISK5", "1-0:1.8.1", "kWh"},
                                         Case{"sml", "1ISK0075219242", "1b1b1b1b01010101", "1-0:1.8.0", "Wh"},
                                         Case{"d0", "1ESY1160012345", "/ESY5Q3DA3024\r\n", "1-0:1.8.0",
                                              "kWh"}),
                         [](const auto& info) { return info.param.driver; });

TEST(TelegramTopics, AllObjectsAndNothingUnlessConfigured) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter all("p1", "tcp://127.0.0.1:0", {"--period", "0.5"});
    const SimulatedMeter none("sml", "tcp://127.0.0.1:0", {"--period", "0.5"});
    Subscriber subscriber(broker);
    const RunningService service(broker, {"p1+" + all.uri + "?obis=all", "sml+" + none.uri + "?role=acload"},
                                 folder.path("state"));
    const std::string topic = "gridbridge/p/meter/E0044000000000001/obis/";
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == topic + "0-1:24.2.1" &&
               message.payload.find(R"("unit":"m3","time":"2)") != std::string::npos; // of these years
    })) << service.process->errors();
    ASSERT_TRUE(subscriber.newest("acload/30/Ac/Power")) << service.process->errors();
    for (const Arrived& message : subscriber.all()) {
        EXPECT_THAT(message.topic, Not(HasSubstr("/raw")));
        EXPECT_THAT(message.topic, Not(HasSubstr("1ISK0075219242/obis")));
    }
}

} // namespace
} // namespace gridbridge::testing_support
