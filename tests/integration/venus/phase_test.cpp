// What a client changes in the way a meter is read: the second service on L2, and the phase configuration.
#include "tests/integration/corpus.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace gridbridge::testing_support {
namespace {

const std::string device = "settings/0/Settings/Devices/cgwacs_BX1230010001S";

double number_of(const std::string& payload) {
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    return json.is_object() && json["value"].is_number() ? json["value"].get<double>() : 0.0;
}

// The newest payload of each topic below N/p/.
std::map<std::string, std::string> newest_of(const Subscriber& client) {
    std::map<std::string, std::string> newest;
    for (const Arrived& message : client.all()) {
        if (message.topic.starts_with("N/p/")) {
            newest[message.topic.substr(4)] = message.payload;
        }
    }
    return newest;
}

// Everything there is now, in one snapshot.
std::map<std::string, std::string> snapshot(const Broker& broker, Subscriber& client) {
    client.forget();
    broker.publish("R/p/keepalive", "");
    EXPECT_TRUE(client.wait_for(
        [](const Arrived& message) { return message.topic == "N/p/full_publish_completed"; }));
    return newest_of(client);
}

bool has_number(Subscriber& client, const std::string& topic) {
    return client.wait_for([&](const Arrived& message) {
        return message.topic == "N/p/" + topic && number_of(message.payload) != 0;
    });
}

// The same for a value that does not change: asked for until it is a number.
bool reads_number(const Broker& broker, Subscriber& client, const std::string& topic) {
    for (int attempt = 0; attempt < 200; ++attempt) {
        broker.publish("R/p/" + topic, "");
        if (number_of(newest_of(client)[topic]) != 0) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
}

void stop(RunningService& service) {
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
}

// The simulated EM24 has about 1 kW on each phase, the third exports.
void expect_two_single_phase_services(const Broker& broker, Subscriber& client) {
    ASSERT_TRUE(has_number(client, "grid/30/Ac/Power"));
    ASSERT_TRUE(has_number(client, "pvinverter/30/Ac/Power"));
    EXPECT_TRUE(reads_number(broker, client, "grid/30/Ac/Energy/Forward"));
    EXPECT_TRUE(reads_number(broker, client, "pvinverter/30/Ac/Energy/Forward"));
    auto now = snapshot(broker, client);
    EXPECT_EQ(now["grid/30/Serial"], R"({"value":"BX1230010001S"})");
    EXPECT_EQ(now["pvinverter/30/Serial"], R"({"value":"BX1230010001S_S"})");
    for (const std::string service : {"grid/30", "pvinverter/30"}) {
        EXPECT_EQ(now[service + "/NrOfPhases"], R"({"value":1})") << service;
        EXPECT_EQ(now[service + "/Connected"], R"({"value":1})") << service;
        EXPECT_EQ(now[service + "/Ac/Power"], now[service + "/Ac/L1/Power"]) << service;
        EXPECT_EQ(now[service + "/Ac/L2/Power"], R"({"value":null})") << service;
        EXPECT_EQ(now[service + "/Ac/L3/Power"], R"({"value":null})") << service;
        EXPECT_NE(now[service + "/Ac/L1/Voltage"], R"({"value":null})") << service;
        EXPECT_NE(now[service + "/Ac/Energy/Forward"], R"({"value":null})") << service;
    }
    EXPECT_EQ(now["pvinverter/30/AllowedRoles"],
              R"({"value":["pvinverter","acload","evcharger","heatpump"]})");
    EXPECT_EQ(now["pvinverter/30/IsGenericEnergyMeter"], R"({"value":1})");
    EXPECT_EQ(now[device + "/IsMultiphase"], R"({"value":0})");
    EXPECT_EQ(now[device + "_S/Enabled"], R"({"value":1})");
}

TEST(VenusPhases, TheSecondServiceIsSwitchedOnKeptAndSwitchedOff) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    const std::vector<std::string> meters{"cg+" + meter.uri};
    {
        RunningService service(broker, meters, folder.path("state"));
        Subscriber client(broker);
        ASSERT_TRUE(has_number(client, "grid/30/Ac/L2/Power")) << service.process->errors();
        auto before = snapshot(broker, client);
        EXPECT_EQ(before["grid/30/NrOfPhases"], R"({"value":3})");
        EXPECT_EQ(before[device + "/IsMultiphase"], R"({"value":1})");
        EXPECT_EQ(before[device + "_S/Enabled"], R"({"value":0})");
        EXPECT_EQ(before[device + "_S/ClassAndVrmInstance"], R"({"value":"pvinverter:30"})");
        EXPECT_EQ(before.count("pvinverter/30/Serial"), 0U);
        client.forget();
        broker.publish("W/p/" + device + "_S/Enabled", R"({"value":1})");
        EXPECT_TRUE(client.wait_for("N/p/" + device + "_S/Enabled", R"({"value":1})"));
        EXPECT_TRUE(client.wait_for("N/p/grid/30/Ac/L2/Power", R"({"value":null})"));
        ASSERT_TRUE(client.wait_for("N/p/grid/30/NrOfPhases", R"({"value":1})")) << service.process->errors();
        client.forget();
        expect_two_single_phase_services(broker, client);
        broker.publish("W/p/pvinverter/30/CustomName", R"({"value":"Dach \"Süd\""})");
        EXPECT_TRUE(client.wait_for("N/p/pvinverter/30/CustomName", R"({"value":"Dach \"Süd\""})"));
        broker.publish("W/p/pvinverter/30/Position", R"({"value":1})");
        EXPECT_TRUE(client.wait_for("N/p/" + device + "_S/Position", R"({"max":2,"min":0,"value":1})"));
        stop(service);
    }
    RunningService service(broker, meters, folder.path("state"));
    Subscriber client(broker);
    expect_two_single_phase_services(broker, client);
    auto kept = newest_of(client);
    EXPECT_EQ(kept["pvinverter/30/CustomName"], R"({"value":"Dach \"Süd\""})");
    EXPECT_EQ(kept["pvinverter/30/Position"], R"({"value":1})");
    client.forget();
    broker.publish("W/p/" + device + "/IsMultiphase", R"({"value":1})");
    EXPECT_TRUE(client.wait_for("N/p/" + device + "_S/Enabled", R"({"value":0})"));
    EXPECT_TRUE(client.wait_for("N/p/pvinverter/30/Ac/Power", "")) << "zero bytes";
    EXPECT_TRUE(client.wait_for("N/p/pvinverter/30/Serial", ""));
    EXPECT_TRUE(client.wait_for("N/p/grid/30/NrOfPhases", R"({"value":3})"));
    EXPECT_TRUE(has_number(client, "grid/30/Ac/L2/Power")) << service.process->errors();
    const auto after = snapshot(broker, client);
    EXPECT_EQ(after.count("pvinverter/30/Serial"), 0U);
}

TEST(VenusPhases, AnotherPhaseConfigurationIsWrittenToTheMeter) {
    const auto file = corpus() / "modbus" / "em24_eth.json";
    if (!std::filesystem::exists(file)) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("modbus", "tcp://127.0.0.1:0", {"--image", file.string()});
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    Subscriber client(broker);
    ASSERT_TRUE(has_number(client, "grid/30/Ac/L1/Power")) << service.process->errors();
    auto before = snapshot(broker, client);
    const std::string config = before["grid/30/PhaseConfig"];
    ASSERT_EQ(config, R"({"value":0})");
    EXPECT_EQ(before["grid/30/NrOfPhases"], R"({"value":3})");
    EXPECT_EQ(before.count("grid/30/SwitchPos"), 1U);
    broker.publish("W/p/grid/30/PhaseConfig", R"({"value":7})"); // there is none
    broker.publish("W/p/grid/30/PhaseConfig", R"({"value":3})");
    EXPECT_TRUE(client.wait_for("N/p/grid/30/PhaseConfig", R"({"value":3})")) << service.process->errors();
    EXPECT_TRUE(client.wait_for("N/p/grid/30/NrOfPhases", R"({"value":1})")) << service.process->errors();
    EXPECT_TRUE(service.process->wait_for_line("phase configuration 3 written"));
    for (const Arrived& message : client.all()) {
        EXPECT_NE(message.topic + " " + message.payload, R"(N/p/grid/30/PhaseConfig {"value":7})");
    }
    // Another master reads it.
    ASSERT_TRUE(std::filesystem::exists("/usr/bin/mbpoll")) << "install mbpoll";
    const std::string port = meter.uri.substr(meter.uri.rfind(':') + 1);
    const Result result = run({"mbpoll", "-m", "tcp", "-p", port, "-a", "1", "-0", "-r", "4098", "-c", "1",
                               "-t", "4", "-1", "127.0.0.1"});
    EXPECT_NE(result.output.find("]: \t3"), std::string::npos) << result.output;
}

} // namespace
} // namespace gridbridge::testing_support
