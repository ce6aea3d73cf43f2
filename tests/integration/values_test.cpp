// Every meter, over every transport, seen by mosquitto_sub.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace gridbridge::testing_support {
namespace {

double number_of(const std::optional<std::string>& payload) {
    const auto json = nlohmann::json::parse(payload.value_or("{}"), nullptr, false);
    return json.is_object() && json.value("value", nlohmann::json()).is_number() ? json["value"].get<double>()
                                                                                 : 0.0;
}

struct Case {
    const char* name;
    const char* meter;
    const char* listen; // %F: a folder
    const char* driver;
};

class EveryTransport : public testing::TestWithParam<Case> {};

TEST_P(EveryTransport, ValuesArriveAndMove) {
    const Case& param = GetParam();
    const Broker broker;
    const Folder folder;
    std::string listen = param.listen;
    if (const auto at = listen.find("%F"); at != std::string::npos) {
        listen.replace(at, 2, folder.path());
    }
    const SimulatedMeter meter(param.meter, listen);
    Subscriber subscriber(broker);
    const RunningService service(broker, {param.driver + ("+" + meter.uri)}, folder.path("state"));

    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":1})")) << service.process->errors();
    EXPECT_LT(number_of(subscriber.newest("grid/30/Ac/L3/Power")), -100.0) << "the exporting phase";
    EXPECT_GT(number_of(subscriber.newest("grid/30/Ac/L1/Power")), 100.0);
    EXPECT_LT(number_of(subscriber.newest("grid/30/Ac/L3/Current")), 0.0) << "has the sign of its phase";
    EXPECT_NEAR(number_of(subscriber.newest("grid/30/Ac/L1/Voltage")), 230.0, 10.0);
    EXPECT_NEAR(number_of(subscriber.newest("grid/30/Ac/Energy/Forward")), 4321.0, 1.0);
    EXPECT_NEAR(number_of(subscriber.newest("grid/30/Ac/Energy/Reverse")), 1234.0, 1.0);
    EXPECT_EQ(subscriber.newest("gridbridge/p/status"), "online");
    const auto power = subscriber.newest("grid/30/Ac/Power");
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == "N/p/grid/30/Ac/Power" && message.payload != power;
    })) << "values move";
    for (const Arrived& message : subscriber.all()) {
        const bool number = message.topic.find("/Ac/") != std::string::npos &&
                            !message.payload.starts_with(R"({"value":")"); // a name of the system's
        EXPECT_FALSE(number && message.payload.size() > 24)
            << "not rounded: " << message.topic << " " << message.payload;
    }
}

INSTANTIATE_TEST_SUITE_P(Integration, EveryTransport,
                         testing::Values(Case{"em24_rtu", "em24", "rtu://%F/port", "cg"},
                                         Case{"em24_tcp", "em24", "tcp://127.0.0.1:0", "cg"},
                                         Case{"em24_rtutcp", "em24", "rtutcp://127.0.0.1:0", "cg"},
                                         Case{"em540_rtu", "em540", "rtu://%F/port", "cg"},
                                         Case{"em540_tcp", "em540", "tcp://127.0.0.1:0", "cg"},
                                         Case{"em540_rtutcp", "em540", "rtutcp://127.0.0.1:0", "cg"},
                                         Case{"p1_serial", "p1", "serial://%F/port", "p1"},
                                         Case{"p1_tcp", "p1", "tcp://127.0.0.1:0", "p1"},
                                         Case{"p1_file", "p1", "file://%F/telegrams", "p1"},
                                         Case{"sml_serial", "sml", "serial://%F/port", "sml"},
                                         Case{"sml_tcp", "sml", "tcp://127.0.0.1:0", "sml"},
                                         Case{"sml_file", "sml", "file://%F/telegrams", "sml"},
                                         Case{"d0_serial", "d0", "serial://%F/port", "d0"},
                                         Case{"d0_tcp", "d0", "tcp://127.0.0.1:0", "d0"},
                                         Case{"d0_file", "d0", "file://%F/telegrams", "d0"}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(Integration, AMeterThatMustBeAskedIsAskedOverAndOver) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("d0", "serial://" + folder.path("port"), {"--mode", "request"});
    Subscriber subscriber(broker);
    const RunningService service(broker, {"d0+" + meter.uri + "?mode=request&interval=1000"},
                                 folder.path("state"));
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":1})")) << service.process->errors();
    EXPECT_EQ(subscriber.newest("grid/30/Serial"), R"({"value":"001LOG0065800041"})");
    EXPECT_LT(number_of(subscriber.newest("grid/30/Ac/L3/Power")), -100.0) << "the exporting phase";
    const auto power = subscriber.newest("grid/30/Ac/Power");
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == "N/p/grid/30/Ac/Power" && message.payload != power;
    })) << "the next readout";
    for (const Arrived& message : subscriber.all()) {
        EXPECT_FALSE(message.topic == "N/p/grid/30/Ac/Power" && message.payload == R"({"value":null})");
    }
}

TEST(Integration, AVenusClientFindsReadsAndKeepsAlive) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    const RunningService service(broker, {"cg+" + meter.uri + "?name=Main"}, folder.path("state"));
    {
        Subscriber early(broker, "N/+/system/0/Serial");
        EXPECT_EQ(early.newest("system/0/Serial"), R"({"value":"p"})");
    }
    Subscriber late(broker);
    EXPECT_TRUE(late.wait_for([](const Arrived& message) {
        return message.topic == "N/p/system/0/Serial" && message.retained;
    })) << "retained for whoever comes later";
    ASSERT_TRUE(late.newest("grid/30/UpdateIndex"));
    late.forget();
    broker.publish("R/p/keepalive", R"({"keepalive-options":[{"full-publish-completed-echo":"tok-1"}]})");
    ASSERT_TRUE(late.wait_for([](const Arrived& message) {
        return message.topic == "N/p/full_publish_completed" &&
               message.payload.starts_with(R"({"full-publish-completed-echo":"tok-1","value":)");
    }));
    EXPECT_EQ(late.newest("grid/30/CustomName"), R"({"value":"Main"})");
    EXPECT_EQ(late.newest("grid/30/ProductId"), R"({"value":45058})");
    late.forget();
    broker.publish("R/p/grid/30/Serial", "");
    EXPECT_TRUE(late.wait_for("N/p/grid/30/Serial", R"({"value":"BX1230010001S"})"));
    EXPECT_TRUE(late.newest("/p/heartbeat"));
}

} // namespace
} // namespace gridbridge::testing_support
