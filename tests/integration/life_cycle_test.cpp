// Meters and the service come, go and are told to.
#include "tests/integration/late_broker.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

const std::string null_value = R"({"value":null})";

std::string config_for(const Broker& broker, const Folder& folder, const std::string& uri,
                       const std::string& name) {
    return "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") + "\"\n[mqtt]\nservers = [\"" +
           broker.url() + "\"]\n[[meter]]\nuri = \"" + uri + "\"\nname = \"" + name + "\"\n";
}

TEST(LifeCycle, UnpluggedMeterIsNullAtOnceAndReturns) {
    const Broker broker;
    const Folder folder;
    auto meter = std::make_unique<SimulatedMeter>("em24", "rtu://" + folder.path("port"));
    const RunningService service(broker, {"cg+" + meter->uri}, folder.path("state"));
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    meter.reset(); // the pty is closed
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", null_value)) << service.process->errors();
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/L3/Current", null_value));
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":0})"));
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/meter/BX1230010001S/status", "offline"));
    subscriber.forget();
    meter = std::make_unique<SimulatedMeter>("em24", "rtu://" + folder.path("port"));
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":1})")) << service.process->errors();
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/meter/BX1230010001S/status", "online"));
}

TEST(LifeCycle, MeterAbsentAtStartIsFoundLater) {
    const Broker broker;
    const Folder folder;
    const RunningService service(broker, {"p1+serial://" + folder.path("port")}, folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("does not exist: not plugged in"))
        << service.process->errors();
    Subscriber subscriber(broker);
    const SimulatedMeter meter("p1", "serial://" + folder.path("port"));
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
}

TEST(LifeCycle, SilentStreamIsNullWithinItsStaleTime) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("sml", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"sml+" + meter.uri + "?stale_after=1.5"}, folder.path("state"));
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    meter.process->signal(SIGSTOP); // the connection stays, nothing comes
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", null_value)) << service.process->errors();
    meter.process->signal(SIGCONT);
    subscriber.forget();
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":1})"));
}

class OnSignal : public testing::TestWithParam<int> {};

TEST_P(OnSignal, TheServiceLeavesInOrder) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    subscriber.forget();
    const auto begin = std::chrono::steady_clock::now();
    service.process->signal(GetParam());
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("stopped %.2f s after signal %d\n", took.count(), GetParam());
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", ""));
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/meter/BX1230010001S/status", "offline"));
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/status", "offline"));
}

INSTANTIATE_TEST_SUITE_P(Integration, OnSignal, testing::Values(SIGTERM, SIGINT));

TEST(LifeCycle, StopsWithAnUnpluggedPortASilentMeterAndNoBroker) {
    const Broker broker(false);
    const Folder folder;
    const SimulatedMeter silent("em24", "rtu://" + folder.path("port"), {"--fault", "drop=1"});
    const RunningService service(
        broker,
        {"cg+rtu:///dev/does-not-exist", "cg+" + silent.uri + "?timeout=10000", "p1+tcp://127.0.0.1:1"},
        folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("cannot connect to mqtt://"));
    const auto begin = std::chrono::steady_clock::now();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("stopped %.2f s after SIGTERM with nothing reachable\n", took.count());
}

TEST(LifeCycle, PortalIdAndInstancesSurviveARestart) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter first("em24", "tcp://127.0.0.1:0");
    const SimulatedMeter second("em540", "tcp://127.0.0.1:0");
    const auto start = [&](const std::vector<std::string>& meters) {
        std::vector<std::string> command{GRIDBRIDGE_PROGRAM, "run",         "--mqtt",
                                         broker.url(),       "--state-dir", folder.path("state")};
        for (const std::string& meter : meters) {
            command.insert(command.end(), {"--meter", "cg+" + meter});
        }
        return std::make_unique<Process>(std::move(command));
    };
    std::string portal;
    {
        Subscriber subscriber(broker);
        const auto service = start({first.uri});
        portal = subscriber.newest("system/0/Serial").value_or("");
        ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
        service->signal(SIGTERM);
        EXPECT_EQ(service->wait(), 0);
    }
    EXPECT_EQ(portal.size(), std::string(R"({"value":"c0619ab40123"})").size()) << portal;
    Subscriber subscriber(broker);
    const auto service = start({second.uri, first.uri});
    EXPECT_TRUE(subscriber.newest("grid/31/Ac/Power")) << "the newcomer";
    EXPECT_EQ(subscriber.newest("grid/30/Serial"), R"({"value":"BX1230010001S"})");
    EXPECT_EQ(subscriber.newest("system/0/Serial"), portal);
}

TEST(LifeCycle, HangUpReloadsOrSaysWhyNot) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    folder.write("gridbridge.toml", config_for(broker, folder, "cg+" + meter.uri, "Before"));
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    ASSERT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Before"})")) << service.errors();

    folder.write("gridbridge.toml", "[mqtt]\nserver = \"x\"\n");
    service.signal(SIGHUP);
    EXPECT_TRUE(service.wait_for_line("did you mean \"servers\"?"));
    EXPECT_TRUE(service.wait_for_line("not reloaded: the running configuration stays in use"));
    subscriber.forget();
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power")) << "it goes on";

    folder.write("gridbridge.toml", config_for(broker, folder, "cg+" + meter.uri, "After"));
    service.signal(SIGHUP);
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"After"})")) << service.errors();
    service.signal(SIGHUP);
    EXPECT_TRUE(service.wait_for_line("nothing has changed"));
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0);
}

TEST(LifeCycle, OnLostExitEndsWithItsCode) {
    const Broker broker;
    const Folder folder;
    auto meter = std::make_unique<SimulatedMeter>("sml", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"sml+" + meter->uri + "?on_lost=exit"}, folder.path("state"));
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    meter.reset();
    EXPECT_EQ(service.process->wait(), 69) << service.process->errors();
}

TEST(LifeCycle, OnLostExitEndsWhenNothingEverAnswers) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter other("em24", "rtu://" + folder.path("port"), {"--unit", "9"});
    const SimulatedMeter not_a_meter("em24", "rtutcp://127.0.0.1:0", {"--fault", "drop=1"});
    const std::string silent = "tcp://" + not_a_meter.uri.substr(std::string("rtutcp://").size());
    const std::vector<std::vector<std::string>> nobody{
        {"cg+" + other.uri + "?on_lost=exit"},
        {"cg+" + other.uri + "?unit=1", "cg+" + other.uri + "?unit=2&on_lost=exit"},
        {"cg+rtu:///dev/gridbridge-does-not-exist?on_lost=exit"},
        {"p1+serial:///dev/gridbridge-does-not-exist?on_lost=exit"},
        {"p1+" + silent + "?on_lost=exit&stale_after=1"},
    };
    for (const auto& meters : nobody) {
        const RunningService service(broker, meters, folder.path("state"));
        EXPECT_EQ(service.process->wait(), 69) << meters.back() << service.process->errors();
    }
}

TEST(LifeCycle, OnLostExitStaysWhileAnotherMeterOfTheConnectionAnswers) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    const RunningService service(broker, {"cg+" + meter.uri, "cg+" + meter.uri + "?unit=2&on_lost=exit"},
                                 folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("unit 2: not found")) << service.process->errors();
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
}

TEST(LifeCycle, BrokenSettingsFileIsSetAside) {
    const Broker broker;
    const Folder folder;
    folder.write("settings.json", "{ half a file");
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"p1+" + meter.uri}, folder.path());
    EXPECT_TRUE(service.process->wait_for_line("is not a settings file")) << service.process->errors();
    Subscriber subscriber(broker);
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    EXPECT_TRUE(std::ifstream(folder.path("settings.json.bad")).is_open());
}

std::unique_ptr<Process> service_without_state_dir(const Folder& folder, int broker_port,
                                                   const std::string& meter) {
    folder.write("gridbridge.toml",
                 "portal_id = \"p\"\nstate_dir = \"\"\n[mqtt]\nservers = [\"mqtt://127.0.0.1:" +
                     std::to_string(broker_port) + "\"]\n[[meter]]\nuri = \"cg+" + meter + "\"\n");
    return std::make_unique<Process>(
        std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
}

// The network carries the answer to the connect, and then nothing for a while.
TEST(LifeCycle, SettingsKeptByABrokerSurviveANetworkThatStandsStill) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const auto is_kept = [](const Arrived& message) {
        return message.topic == "gridbridge/p/settings" &&
               message.payload.find("Cellar") != std::string::npos;
    };
    {
        Subscriber subscriber(broker);
        const auto service = service_without_state_dir(folder, broker.port(), meter.uri);
        ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service->errors();
        broker.publish("W/p/grid/30/CustomName", R"({"value":"Cellar"})");
        ASSERT_TRUE(subscriber.wait_for(is_kept)) << service->errors();
        service->signal(SIGTERM);
        EXPECT_EQ(service->wait(), 0);
    }
    const LateBroker late(broker.port(), std::chrono::seconds(6), 1);
    const auto service = service_without_state_dir(folder, late.port(), meter.uri);
    EXPECT_TRUE(service->wait_for_line("settings restored from gridbridge/p/settings")) << service->errors();
    Subscriber subscriber(broker);
    broker.publish("R/p/grid/30/CustomName", "");
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Cellar"})")) << service->errors();
    EXPECT_TRUE(subscriber.wait_for(is_kept));
    EXPECT_EQ(service->errors().find("the broker has no settings"), std::string::npos) << service->errors();
}

} // namespace
} // namespace gridbridge::testing_support
