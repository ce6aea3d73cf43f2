// Two d0 meters on one line, asked in turn by the real program.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string first_serial = "001LOG0065800041";
const std::string second_serial = "001LOG0065800042";

std::string two_meters(const Broker& broker, const Folder& folder, const std::string& uri,
                       const std::string& keys, const std::string& second_address) {
    const auto meter = [&](const std::string& address, const std::string& name) {
        return "[[meter]]\nuri = \"d0+" + uri + "\"\naddress = \"" + address + "\"\nname = \"" + name +
               "\"\n" + keys;
    };
    return "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") + "\"\n[mqtt]\nservers = [\"" +
           broker.url() + "\"]\n[status]\nlisten = \"\"\n" + meter("1", "House") +
           meter(second_address, "Flat") + "role = \"acload\"\n";
}

bool is_number(const Arrived& message, const std::string& topic) {
    return message.topic == topic && message.payload.find("null") == std::string::npos &&
           !message.payload.empty();
}

class D0Line : public testing::TestWithParam<std::string> {};

TEST_P(D0Line, EachAddressIsAMeterOfItsOwn) {
    const Broker broker;
    const Folder folder;
    const bool is_serial = GetParam() == "serial";
    const SimulatedMeter meters("d0", is_serial ? "serial://" + folder.path("port") : "tcp://127.0.0.1:0",
                                {"--mode", "request", "--addresses", "1,2"});
    folder.write("gridbridge.toml", two_meters(broker, folder, meters.uri,
                                               is_serial ? "obis = [\"1-0:96.1.0\"]\n"
                                                         : "mode = \"request\"\nobis = [\"1-0:96.1.0\"]\n",
                                               "2"));
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    ASSERT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"House"})")) << service.errors();
    ASSERT_TRUE(subscriber.wait_for("N/p/acload/30/CustomName", R"({"value":"Flat"})")) << service.errors();
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Serial", "{\"value\":\"" + first_serial + "\"}"));
    EXPECT_TRUE(subscriber.wait_for("N/p/acload/30/Serial", "{\"value\":\"" + second_serial + "\"}"));
    for (int round = 0; round < 2; ++round) { // both go on
        subscriber.forget();
        for (const std::string& serial : {first_serial, second_serial}) {
            EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
                return message.topic == "gridbridge/p/meter/" + serial + "/obis/1-0:96.1.0";
            })) << service.errors();
        }
    }
    for (const Arrived& message : subscriber.all()) { // none says the other's serial number
        if (message.topic.ends_with("/obis/1-0:96.1.0")) {
            EXPECT_NE(message.topic.find(first_serial) == std::string::npos,
                      message.payload.find(first_serial) != std::string::npos)
                << message.topic << " " << message.payload;
        }
    }
    std::size_t drivers = 0;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(service.pid()) + "/task")) {
        drivers += run({"cat", task.path().string() + "/comm"}).output.starts_with("driver ") ? 1 : 0;
    }
    EXPECT_EQ(drivers, 1U) << "one port, one thread";
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0) << service.errors();
}

INSTANTIATE_TEST_SUITE_P(Transports, D0Line, testing::Values("serial", "tcp"),
                         [](const auto& info) { return info.param; });

TEST(D0Line, ASilentAddressIsUnhealthyByItself) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meters("d0", "tcp://127.0.0.1:0", {"--mode", "request", "--addresses", "1,2"});
    folder.write("gridbridge.toml", two_meters(broker, folder, meters.uri, "mode = \"request\"\n", "9"));
    Subscriber subscriber(broker);
    const Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return is_number(message, "N/p/grid/30/Ac/Power");
    })) << service.errors();
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic == "gridbridge/p/health" &&
               message.payload.find("no answer: is this the address of the meter") != std::string::npos;
    })) << service.errors();
    for (const Arrived& message : subscriber.all()) {
        EXPECT_FALSE(message.topic.starts_with("N/p/grid/30/Ac/Power") &&
                     message.payload.find("null") != std::string::npos)
            << "it is never stale";
        EXPECT_THAT(message.topic, Not(HasSubstr("N/p/acload")));
    }
}

} // namespace
} // namespace gridbridge::testing_support
