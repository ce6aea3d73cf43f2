// The broker comes, goes, hangs and returns.
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace gridbridge::testing_support {
namespace {

TEST(BrokerLife, AbsentAtStartThenFound) {
    Broker broker(false);
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("cannot connect to mqtt://127.0.0.1:"))
        << service.process->errors();
    broker.start();
    Subscriber subscriber(broker);
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power"));
}

TEST(BrokerLife, KilledAndRestartedGetsTheCompleteNewestState) {
    Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "rtu://" + folder.path("port"));
    const RunningService service(broker, {"cg+" + meter.uri + "?name=Main"}, folder.path("state"));
    {
        Subscriber before(broker);
        ASSERT_TRUE(before.newest("grid/30/Ac/Power"));
    }
    broker.kill();
    ASSERT_TRUE(service.process->wait_for_line("lost mqtt://"));
    broker.start();
    Subscriber after(broker);
    ASSERT_TRUE(service.process->wait_for_line("connected to mqtt://"));
    // What changes comes by itself; what does not was published at once and can be asked for.
    EXPECT_TRUE(after.newest("grid/30/Ac/Power"));
    EXPECT_EQ(after.newest("p/system/0/Serial"), R"({"value":"p"})");
    EXPECT_EQ(after.newest("gridbridge/p/status"), "online");
    EXPECT_TRUE(after.newest("gridbridge/p/meter/BX1230010001S/status"));
    broker.publish("R/p/keepalive", "");
    EXPECT_EQ(after.newest("grid/30/CustomName"), R"({"value":"Main"})") << "subscriptions were renewed";
}

long long good_readings(Subscriber& subscriber) {
    const auto health = subscriber.newest("gridbridge/p/health");
    EXPECT_TRUE(health);
    return health ? nlohmann::json::parse(*health)["meters"][0]["good"].get<long long>() : 0;
}

TEST(BrokerLife, AwayFor20SecondsAndBackWithin2) {
    Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"cg+" + meter.uri + "?name=Main"}, folder.path("state"));
    long long before = 0;
    {
        Subscriber subscriber(broker);
        before = good_readings(subscriber);
    }
    broker.kill();
    std::this_thread::sleep_for(std::chrono::seconds(20)); // the outage
    broker.start();
    const auto begin = std::chrono::steady_clock::now();
    Subscriber after(broker);
    EXPECT_TRUE(after.newest("grid/30/Ac/Power")) << service.process->errors();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("published %.2f s after the broker's return\n", took.count());
    EXPECT_GE(good_readings(after), before + 40) << "4 a second for 20 s, on a busy machine: polling went on";
}

TEST(BrokerLife, LastWillWhenTheServiceIsKilled) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.wait_for("gridbridge/p/status", "online"));
    service.process->signal(SIGKILL);
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/status", "offline"));
    Subscriber later(broker);
    EXPECT_TRUE(later.wait_for([](const Arrived& message) {
        return message.topic == "gridbridge/p/status" && message.payload == "offline" && message.retained;
    }));
}

TEST(BrokerLife, ABrokerThatNeverAnswersDoesNotBlockTheStop) {
    const Broker broker;
    const Folder folder;
    broker.pause(true); // connections are accepted by the kernel, nothing else happens
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"p1+" + meter.uri}, folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("recognised ")) << service.process->errors();
    const auto begin = std::chrono::steady_clock::now();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("stopped %.2f s after SIGTERM with a silent broker\n", took.count());
    broker.pause(false);
}

TEST(BrokerLife, AHangingBrokerDoesNotBlockTheStop) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"p1+" + meter.uri}, folder.path("state"));
    {
        Subscriber subscriber(broker);
        ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    }
    broker.pause(true);
    const auto begin = std::chrono::steady_clock::now();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    RecordProperty("seconds_to_stop", std::to_string(took.count()));
    std::printf("stopped %.2f s after SIGTERM with a hanging broker\n", took.count());
    broker.pause(false);
}

} // namespace
} // namespace gridbridge::testing_support
