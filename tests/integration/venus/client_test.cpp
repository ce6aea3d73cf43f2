// A client as Victron's: discovers, asks, writes; against the program and a real mosquitto.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

const std::string device = "N/p/settings/0/Settings/Devices/cgwacs_BX1230010001S";

bool ends_at(const Arrived& message, const std::string& topic, const std::string& part) {
    return message.topic == topic && message.payload.find(part) != std::string::npos;
}

// What a client does first: find the device, ask for everything with an echo.
void expect_snapshot(const Broker& broker, Subscriber& client, const std::string& echo) {
    ASSERT_TRUE(client.wait_for("N/p/system/0/Serial", R"({"value":"p"})"));
    broker.publish("R/p/keepalive",
                   R"({"keepalive-options":[{"full-publish-completed-echo":")" + echo + R"("}]})");
    EXPECT_TRUE(client.wait_for([&](const Arrived& message) {
        return ends_at(message, "N/p/full_publish_completed",
                       R"("full-publish-completed-echo":")" + echo + "\"");
    }));
}

// Debug lines say what arrives. The level is debug when this begins.
void expect_debug_lines_by_level(const Broker& broker, Process& service) {
    broker.publish("R/p/grid/30/First", "");
    EXPECT_TRUE(service.wait_for_line("R/p/grid/30/First")) << service.errors();
    broker.publish("gridbridge/p/log_level/set", "info");
    EXPECT_TRUE(service.wait_for_line("log level is now info"));
    broker.publish("R/p/grid/30/Second", "");
    broker.publish("gridbridge/p/log_level/set", "debug");
    broker.publish("R/p/grid/30/Third", "");
    EXPECT_TRUE(service.wait_for_line("R/p/grid/30/Third"));
    EXPECT_EQ(service.errors().find("R/p/grid/30/Second"), std::string::npos) << service.errors();
}

// As a broker replays it at each subscription.
void publish_retained(const Broker& broker, const std::string& topic, const std::string& payload) {
    const Result result = run({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-r",
                               "-t", topic, "-m", payload});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST(VenusClient, ARetainedWriteIsCarriedOutOnceAndNotWhenItIsReplayed) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const auto start = [&] { return RunningService(broker, {"p1+" + meter.uri}, folder.path("state")); };
    publish_retained(broker, "W/p/grid/30/CustomName", R"({"value":"before the start"})");
    publish_retained(broker, "R/p/keepalive", "");
    {
        const RunningService service = start();
        Subscriber client(broker, "N/#");
        ASSERT_TRUE(client.newest("N/p/grid/30/Ac/Power")) << service.process->errors();
        publish_retained(broker, "W/p/grid/30/CustomName", R"({"value":"once"})");
        EXPECT_TRUE(client.wait_for("N/p/grid/30/CustomName", R"({"value":"once"})"));
        broker.publish("W/p/grid/30/CustomName", R"({"value":"newer"})");
        EXPECT_TRUE(client.wait_for("N/p/grid/30/CustomName", R"({"value":"newer"})"));
        service.process->signal(SIGTERM);
        EXPECT_EQ(service.process->wait(), 0);
    }
    const RunningService service = start();
    Subscriber client(broker, "N/#");
    ASSERT_TRUE(client.newest("N/p/grid/30/Ac/Power")) << service.process->errors();
    expect_snapshot(broker, client, "after");
    for (const Arrived& message : client.all()) {
        EXPECT_EQ(message.payload.find("once"), std::string::npos) << message.topic;
        EXPECT_EQ(message.payload.find("before"), std::string::npos) << message.topic;
    }
    EXPECT_TRUE(client.wait_for("N/p/grid/30/CustomName", R"({"value":"newer"})"));
}

TEST(VenusClient, DiscoversReadsAndWrites) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    auto service = std::make_unique<RunningService>(broker, std::vector<std::string>{"cg+" + meter.uri},
                                                    folder.path("state"));
    {
        Subscriber client(broker);
        ASSERT_TRUE(client.newest("N/p/grid/30/Ac/Power")) << service->process->errors();
        expect_snapshot(broker, client, "tok-1");
        client.forget();
        broker.publish("R/p/keepalive", R"({"keepalive-options":["suppress-republish"]})");
        broker.publish("R/p/grid/30/Serial", "");
        EXPECT_TRUE(client.wait_for("N/p/grid/30/Serial", R"({"value":"BX1230010001S"})"));
        for (const Arrived& message : client.all()) {
            EXPECT_NE(message.topic, "N/p/full_publish_completed");
        }
        broker.publish("W/p/grid/30/CustomName", R"({"value":"Zähler \"Nord\""})");
        EXPECT_TRUE(client.wait_for("N/p/grid/30/CustomName", R"({"value":"Zähler \"Nord\""})"));
        broker.publish("W/p/settings/0/Settings/Devices/cgwacs_BX1230010001S/ClassAndVrmInstance",
                       R"({"value":"grid:42"})");
        EXPECT_TRUE(client.wait_for(device + "/ClassAndVrmInstance", R"({"value":"grid:42"})"));
        EXPECT_TRUE(client.wait_for("N/p/grid/30/Ac/Power", "")) << "zero bytes on the old topics";
        EXPECT_TRUE(client.wait_for("N/p/grid/42/DeviceInstance", R"({"value":42})"));
        broker.publish("W/p/grid/42/Role", R"({"value":"pvinverter"})");
        EXPECT_TRUE(client.wait_for("N/p/grid/42/Role", ""));
        EXPECT_TRUE(client.wait_for("N/p/pvinverter/42/Role", R"({"value":"pvinverter"})"));
        broker.publish("W/p/pvinverter/42/Position", R"({"value":1})");
        EXPECT_TRUE(client.wait_for(device + "/Position", R"({"max":2,"min":0,"value":1})"));
        broker.publish("gridbridge/p/log_level/set", "nonsense");
        EXPECT_TRUE(service->process->wait_for_line("log level \"nonsense\" is unknown"));
        broker.publish("gridbridge/p/log_level/set", "debug");
        EXPECT_TRUE(service->process->wait_for_line("log level is now debug"));
        expect_debug_lines_by_level(broker, *service->process);
    }
    service->process->signal(SIGTERM);
    EXPECT_EQ(service->process->wait(), 0) << service->process->errors();
    service.reset();
    service = std::make_unique<RunningService>(broker, std::vector<std::string>{"cg+" + meter.uri},
                                               folder.path("state"));
    Subscriber client(broker);
    ASSERT_TRUE(client.newest("N/p/pvinverter/42/Ac/Power")) << service->process->errors();
    expect_snapshot(broker, client, "tok-2");
    EXPECT_TRUE(client.wait_for("N/p/pvinverter/42/CustomName", R"({"value":"Zähler \"Nord\""})"));
    EXPECT_TRUE(client.wait_for("N/p/pvinverter/42/Position", R"({"value":1})"));
}

TEST(VenusClient, TheBrokerKeepsTheSettings) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    folder.write("file", "in the way of a directory");
    for (const bool again : {false, true}) {
        const RunningService service(broker, {"p1+" + meter.uri}, folder.path("file/state"));
        Subscriber client(broker);
        ASSERT_TRUE(client.newest(again ? "N/p/acload/30/Ac/Power" : "N/p/grid/30/Ac/Power"))
            << service.process->errors();
        if (!again) {
            broker.publish("W/p/grid/30/Role", R"({"value":"acload"})");
            ASSERT_TRUE(client.wait_for("N/p/acload/30/Role", R"({"value":"acload"})"));
        } else {
            for (const Arrived& message : client.all()) {
                EXPECT_FALSE(message.topic.starts_with("N/p/grid/")) << message.topic;
            }
        }
        service.process->signal(SIGTERM);
        EXPECT_EQ(service.process->wait(), 0);
    }
}

TEST(VenusClient, AMeterTakenOutOfTheConfigurationIsCleared) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter first("em540", "tcp://127.0.0.1:0");
    const SimulatedMeter second("p1", "tcp://127.0.0.1:0");
    const std::string head = "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                             "\"\n[mqtt]\nservers = [\"" + broker.url() +
                             "\"]\n[venus]\nretain = true\n[[meter]]\nuri = \"cg+" + first.uri + "\"\n";
    folder.write("gridbridge.toml", head + "[[meter]]\nuri = \"p1+" + second.uri + "\"\nrole = \"acload\"\n");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    Subscriber client(broker);
    ASSERT_TRUE(client.newest("N/p/acload/30/Ac/Power")) << service.errors();
    ASSERT_TRUE(client.newest("N/p/grid/30/Ac/Power")) << service.errors();
    folder.write("gridbridge.toml", head);
    client.forget();
    service.signal(SIGHUP);
    ASSERT_TRUE(client.wait_for("N/p/acload/30/Ac/Power", "")) << service.errors();
    EXPECT_TRUE(client.wait_for("N/p/acload/30/Serial", ""));
    EXPECT_TRUE(client.wait_for([](const Arrived& message) {
        return message.topic == "N/p/grid/30/Ac/Power" && !message.payload.empty();
    }));
    const std::string status = "gridbridge/p/meter/E0044000000000001/status";
    ASSERT_TRUE(client.wait_for(status, "offline")) << "known, and not seen";
    client.forget();
    ASSERT_TRUE(client.wait_for(status, ""))
        << "the other meters have answered, and this one is none of them";
    Subscriber later(broker);
    ASSERT_TRUE(later.newest("N/p/grid/30/Serial"));
    for (const Arrived& message : later.all()) {
        EXPECT_FALSE(message.topic.starts_with("N/p/acload/")) << message.topic << " stayed retained";
        EXPECT_FALSE(message.topic.starts_with("gridbridge/p/meter/") && message.payload == "offline")
            << message.topic << " stayed retained";
    }
}

} // namespace
} // namespace gridbridge::testing_support
