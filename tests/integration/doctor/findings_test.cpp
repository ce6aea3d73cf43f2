// What the real program finds wrong.
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <memory>
#include <string>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;

constexpr const char* topic = "gridbridge/p/findings";

bool names_the_lost_meter(const Arrived& message) {
    return message.topic == topic && message.payload.find(R"("code":"meter_lost")") != std::string::npos;
}

TEST(Findings, AMeterThatIsKilledIsFoundAndWhenItIsBackNoMore) {
    const Broker broker;
    const Folder folder;
    Subscriber subscriber(broker);
    auto meter = std::make_unique<SimulatedMeter>("em540", "tcp://127.0.0.1:0");
    const std::string uri = meter->uri;
    const RunningService service(broker, {"cg+" + uri + "?stale_after=2"}, folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic.starts_with("N/p/grid/") && message.topic.ends_with("/Ac/Power");
    })) << service.process->errors();
    meter->process->signal(SIGKILL);
    meter.reset();
    Arrived found;
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        found = message;
        return names_the_lost_meter(message);
    })) << service.process->errors();
    const json list = json::parse(found.payload);
    EXPECT_EQ(list[0]["severity"], "error");
    EXPECT_FALSE(list[0]["meter"].get<std::string>().empty());
    EXPECT_TRUE(list[0]["since"].is_string());
    EXPECT_TRUE(service.process->wait_for_line("Look at power and wiring of the meter"))
        << "the log says what to do";
    EXPECT_EQ(Subscriber(broker).wait_for(topic, found.payload), true) << "not retained";
    subscriber.forget();
    const SimulatedMeter again("em540", uri);
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic == topic && !names_the_lost_meter(message);
    })) << service.process->errors();
    subscriber.forget();
    service.process->signal(SIGTERM);
    EXPECT_TRUE(subscriber.wait_for(topic, "")) << "a service that has left knows nothing";
}

} // namespace
} // namespace gridbridge::testing_support
