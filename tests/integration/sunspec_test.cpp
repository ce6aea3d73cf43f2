// A SunSpec inverter with a meter behind it, seen by mosquitto_sub.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;

std::optional<double> number_of(const std::optional<std::string>& payload) {
    const auto parsed = json::parse(payload.value_or("{}"), nullptr, false);
    const bool is_number = parsed.is_object() && parsed.contains("value") && parsed["value"].is_number();
    return is_number ? std::optional(parsed["value"].get<double>()) : std::nullopt;
}

// With the service and an empty broker. `uri` of the inverter; the meter is behind the same one.
struct Installation {
    explicit Installation(const std::string& listen, std::vector<std::string> more = {})
        : device("sunspec_meter", listen, std::move(more)), subscriber(broker),
          service(broker, {"sunspec+" + device.uri, "sunspec+" + device.uri + "?role=grid"},
                  folder.path("state")) {}

    Folder folder;
    Broker broker;
    SimulatedMeter device;
    Subscriber subscriber;
    RunningService service;
};

class SunSpecService : public testing::TestWithParam<const char*> {};

TEST_P(SunSpecService, InverterAndMeterAreServicesOfTheirOwn) {
    const Folder ports;
    std::string listen = GetParam();
    if (const auto at = listen.find("%F"); at != std::string::npos) {
        listen.replace(at, 2, ports.path());
    }
    Installation home(listen);
    Subscriber& seen = home.subscriber;
    ASSERT_TRUE(seen.wait_for("N/p/pvinverter/30/Connected", R"({"value":1})"))
        << home.service.process->errors();
    ASSERT_TRUE(seen.wait_for("N/p/grid/30/Connected", R"({"value":1})")) << home.service.process->errors();
    EXPECT_EQ(seen.newest("pvinverter/30/Serial"), R"({"value":"SI8K2001"})");
    EXPECT_EQ(seen.newest("pvinverter/30/ProductName"), R"({"value":"Gridbridge Simulated 8k2"})");
    EXPECT_EQ(seen.newest("pvinverter/30/FirmwareVersion"), R"({"value":"1.2.3"})");
    EXPECT_EQ(seen.newest("pvinverter/30/Role"), R"({"value":"pvinverter"})");
    EXPECT_EQ(seen.newest("pvinverter/30/Position"), R"({"value":0})");
    EXPECT_EQ(seen.newest("pvinverter/30/ErrorCode"), R"({"value":0})");
    EXPECT_EQ(seen.newest("pvinverter/30/StatusCode"), R"({"value":7})");
    EXPECT_EQ(seen.newest("pvinverter/30/NrOfPhases"), R"({"value":3})");
    EXPECT_EQ(number_of(seen.newest("pvinverter/30/Ac/MaxPower")), 8200.0);
    EXPECT_NEAR(number_of(seen.newest("pvinverter/30/Ac/L1/Voltage")).value_or(0), 230, 10);
    EXPECT_NEAR(number_of(seen.newest("pvinverter/30/Ac/Energy/Forward")).value_or(0), 5432, 10);
    EXPECT_EQ(seen.newest("pvinverter/30/Ac/Energy/Reverse"), R"({"value":null})");
    EXPECT_EQ(seen.newest("grid/30/Serial"), R"({"value":"SM3P0001"})");
    EXPECT_NEAR(number_of(seen.newest("grid/30/Ac/Energy/Reverse")).value_or(0), 1234, 10);
    EXPECT_TRUE(seen.wait_for([](const Arrived& message) {
        const bool phase = message.topic == "N/p/pvinverter/30/Ac/L3/Power";
        return phase && number_of(message.payload).value_or(0) > 1;
    })) << "the sun rises";
    for (const Arrived& message : seen.all()) {
        EXPECT_EQ(message.topic.find("N/p/grid/30/StatusCode"), std::string::npos);
    }
    home.broker.publish("W/p/pvinverter/30/Position", R"({"value":1})");
    EXPECT_TRUE(seen.wait_for("N/p/pvinverter/30/Position", R"({"value":1})"));
    EXPECT_TRUE(seen.newest("Settings/Devices/sunspec_SI8K2001/ClassAndVrmInstance"));
}

INSTANTIATE_TEST_SUITE_P(Integration, SunSpecService,
                         testing::Values("tcp://127.0.0.1:0", "rtutcp://127.0.0.1:0", "rtu://%F/port"));

TEST(SunSpecIntegration, AtNightTheInverterIsUnknownAndInTheMorningItReturns) {
    Installation home("tcp://127.0.0.1:0", {"--fault", "silence=15@8"});
    Subscriber& seen = home.subscriber;
    ASSERT_TRUE(seen.wait_for("N/p/pvinverter/30/Connected", R"({"value":1})"));
    ASSERT_TRUE(seen.wait_for("N/p/pvinverter/30/Connected", R"({"value":0})"));
    EXPECT_EQ(seen.newest("pvinverter/30/Ac/Power"), R"({"value":null})");
    EXPECT_EQ(seen.newest("pvinverter/30/Ac/L1/Power"), R"({"value":null})");
    EXPECT_EQ(seen.newest("pvinverter/30/StatusCode"), R"({"value":null})");
    seen.forget();
    EXPECT_TRUE(seen.wait_for("N/p/pvinverter/30/Connected", R"({"value":1})"));
    EXPECT_TRUE(number_of(seen.newest("pvinverter/30/Ac/Power")));
}

TEST(SunSpecIntegration, ReadPrintsTheDeviceThatTheRoleMeans) {
    const SimulatedMeter device("sunspec_meter", "tcp://127.0.0.1:0");
    for (const auto& [role, serial] :
         {std::pair{"pvinverter", "SI8K2001"}, std::pair{"acload", "SM3P0001"}}) {
        const Result result =
            gridbridge({"read", "--meter", "sunspec+" + device.uri + "?role=" + role, "--json"});
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        const auto meter = json::parse(result.output, nullptr, false);
        ASSERT_TRUE(meter.is_object()) << result.output;
        EXPECT_EQ(meter["meter"]["serial"], serial);
        EXPECT_EQ(meter["venus"].contains("StatusCode"), role == std::string("pvinverter"));
    }
}

TEST(SunSpecIntegration, HomeAssistantFindsStatusAndRating) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter device("sunspec", "tcp://127.0.0.1:0");
    Subscriber subscriber(broker, "homeassistant/#");
    const RunningService service(broker, {"sunspec+" + device.uri}, folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) {
        const auto discovery = json::parse(message.payload, nullptr, false);
        if (!discovery.is_object() || !discovery.contains("components")) {
            return false;
        }
        const json& components = discovery["components"];
        if (!components.contains("status_code") || !components.contains("max_power")) {
            return false;
        }
        EXPECT_EQ(components["status_code"]["device_class"], "enum");
        EXPECT_EQ(components["status_code"]["entity_category"], "diagnostic");
        EXPECT_EQ(components["max_power"]["unit_of_measurement"], "W");
        EXPECT_EQ(components["max_power"]["entity_category"], "diagnostic");
        return true;
    }));
}

} // namespace
} // namespace gridbridge::testing_support
