// Two sources with one serial number, read by the real program.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

TEST(Rivals, OneOfTwoIsServedAndTheOtherTakesItsPlaceWhenItIsLost) {
    const Broker broker;
    const Folder folder;
    std::array<std::unique_ptr<SimulatedMeter>, 2> meters;
    std::array<std::string, 2> names{"One", "Two"};
    std::array<std::string, 2> titles;
    std::string config = "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                         "\"\n[mqtt]\nservers = [\"" + broker.url() + "\"]\n[status]\nlisten = \"\"\n";
    for (std::size_t i = 0; i < meters.size(); ++i) {
        meters.at(i) = std::make_unique<SimulatedMeter>("em540", "tcp://127.0.0.1:0");
        const std::string uri = "cg+" + meters.at(i)->uri;
        titles.at(i) = names.at(i) + " (" + uri + ")";
        config.append("[[meter]]\nuri = \"")
            .append(uri)
            .append("\"\nname = \"")
            .append(names.at(i))
            .append("\"\n");
    }
    folder.write("gridbridge.toml", config);
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    const auto refused = service.wait_for_line("refused: its serial number ");
    ASSERT_TRUE(refused) << service.errors();
    Arrived name; // each has the instance of its place in the configuration
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        name = message;
        return message.topic.starts_with("N/p/grid/") && message.topic.ends_with("/CustomName");
    })) << service.errors();
    const std::size_t served = name.payload.find("One") != std::string::npos ? 0 : 1; // who answered first
    const std::string its_service = name.topic.substr(0, name.topic.rfind('/'));
    const std::size_t other = 1 - served;
    EXPECT_THAT(*refused, HasSubstr(titles.at(other) + ": refused: "));
    EXPECT_THAT(*refused, HasSubstr("is that of " + titles.at(served)));
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic == "gridbridge/p/health" &&
               message.payload.find(R"("status":"degraded")") != std::string::npos &&
               message.payload.find("refused: its serial number") != std::string::npos;
    })) << service.errors();
    for (const Arrived& message : subscriber.all()) {
        EXPECT_TRUE(!message.topic.starts_with("N/p/grid/") || message.topic.starts_with(its_service + "/"))
            << "one meter, one service: " << message.topic;
    }
    subscriber.forget();
    meters.at(served).reset();
    EXPECT_TRUE(subscriber.wait_for(its_service + "/CustomName", R"({"value":")" + names.at(other) + R"("})"))
        << service.errors();
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == its_service + "/Ac/Power" && !message.payload.empty() &&
               message.payload.find("null") == std::string::npos;
    })) << service.errors();
}

} // namespace
} // namespace gridbridge::testing_support
