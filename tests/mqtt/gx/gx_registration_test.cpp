#include "mqtt/gx/gx_registration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>

namespace gridbridge {
namespace {

TEST(GxRegistration, NamesHaveTheCharactersOfTheDriver) {
    EXPECT_EQ(gx_name("c0619ab40123"), "c0619ab40123");
    EXPECT_THAT(gx_name("my house"), testing::MatchesRegex("my_house_[0-9a-f]{8}"));
    EXPECT_NE(gx_name("my house"), gx_name("my-house"));
    EXPECT_LE(gx_name(std::string(500, 'x')).size(), 80U);
}

// The recorded registration: its forms are what ours must have.
TEST(GxRegistration, AsRecorded) {
    const char* const chosen = std::getenv("GRIDBRIDGE_CORPUS");
    std::ifstream file(std::string(chosen != nullptr ? chosen : GRIDBRIDGE_DEFAULT_CORPUS) +
                       "/venus-mqtt/20-device-registration.txt");
    if (!file) {
        GTEST_SKIP() << "the recorded registration is not there";
    }
    using Json = nlohmann::json;
    std::string line, answer, farewell, status_line, write_line;
    while (std::getline(file, line)) {
        const auto body = line.find(" 0 0 ");
        const std::string payload = body == std::string::npos ? "" : line.substr(body + 5);
        const auto first = [&](std::string& into, const std::string& topic, const std::string& part) {
            if (into.empty() && line.starts_with(topic) && payload.find(part) != std::string::npos) {
                into = payload;
            }
        };
        first(answer, "device/gwbridge/DBus", "topicPath");
        first(status_line, "device/gwbridge/Status", "\"connected\": 1");
        first(farewell, "device/gwbridge/Status", "\"connected\": 0");
        first(write_line, "W/b827eb0a1b2c/grid/1/Ac/L1/Power", "value");
    }
    const auto services = parse_gx_answer(answer);
    ASSERT_TRUE(services);
    EXPECT_EQ(services->at("g1"), (GxService{"grid", "b827eb0a1b2c/grid/1"}));
    EXPECT_EQ(Json::parse(gx_registration("gwbridge", "v1.2.3", "g1", "grid")), Json::parse(status_line));
    EXPECT_EQ(Json::parse(gx_farewell("gwbridge", "v1.2.3")), Json::parse(farewell));
    Reading reading;
    reading.set(Quantity::PowerL1, 500.5);
    const auto values = gx_values("grid", {}, reading, false);
    ASSERT_EQ(values.front().first, "Ac/L1/Power");
    EXPECT_EQ(Json::parse(values.front().second), Json::parse(write_line));
}

} // namespace
} // namespace gridbridge
