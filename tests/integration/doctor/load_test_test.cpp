// The load test of the real program, asked for as the verb does it.
#include "app/config/options.hpp"
#include "app/verbs/load_test_view.hpp"
#include "tests/integration/p1_meters.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <string>
#include <thread>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

constexpr const char* topic = "gridbridge/p/load_test";

auto says(const std::string& text) {
    return [text](const Arrived& message) {
        return message.topic == topic && message.payload.find(text) != std::string::npos;
    };
}

Config config_of(const Broker& broker) {
    Config config;
    config.portal_id = "p";
    config.mqtt.servers = {broker.url()};
    return config;
}

TEST(LoadTest, ALoadThatIsSwitchedOnIsSeenOnItsPhase) {
    const Broker broker;
    const Folder folder;
    Subscriber subscriber(broker);
    std::atomic<double> load = 0;
    const P1Meters meters(1, std::chrono::milliseconds(250), [&load](double seconds) {
        SimulatedValues values = simulate_values(0);
        values.seconds = seconds;
        values.phases[0].power += load;
        return values;
    });
    const RunningService service(broker, meters.uris(), folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic.starts_with("N/p/grid/") && message.topic.ends_with("/Ac/Power");
    })) << service.process->errors();
    std::ostringstream out;
    int code = 0;
    std::jthread verb([&] {
        code = run_load_test(
            config_of(broker), {{}, 2000}, [](auto&&...) {}, out);
    });
    EXPECT_TRUE(subscriber.wait_for(says(R"("state":"switch_on")"))) << service.process->errors();
    load = 1980;
    EXPECT_TRUE(subscriber.wait_for(says("L1: +1980 W: right"))) << service.process->errors();
    broker.publish(std::string(topic) + "/set", "");
    verb.join();
    EXPECT_EQ(code, exit_code::unavailable) << "it was ended";
    EXPECT_THAT(out.str(), HasSubstr("Switch a load of about 2000 W on L1 on now.\n  L1: +1980 W: right\n"
                                     "Switch the load off again.\n"));
}

TEST(LoadTest, WhatTheServiceRefusesIsSaid) {
    const Broker broker;
    const Folder folder;
    Subscriber subscriber(broker);
    const RunningService service(broker, {"p1+tcp://127.0.0.1:1"}, folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for("gridbridge/p/status", "online")) << service.process->errors();
    testing::internal::CaptureStderr();
    std::ostringstream out;
    EXPECT_EQ(run_load_test(
                  config_of(broker), {"other", 2000}, [](auto&&...) {}, out),
              exit_code::unavailable);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("no meter with the serial number \"other\" gives readings"));
}

} // namespace
} // namespace gridbridge::testing_support
