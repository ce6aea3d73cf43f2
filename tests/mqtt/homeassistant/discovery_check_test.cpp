// The checker finds what Home Assistant refuses.
#include "tests/mqtt/homeassistant/discovery_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string topic = "homeassistant/device/m1/config";

json good() {
    return {{"device", {{"identifiers", {"m1"}}, {"name", "Grid"}}},
            {"origin", {{"name", "x"}}},
            {"availability", {{{"topic", "x/status"}}}},
            {"components",
             {{"power",
               {{"platform", "sensor"},
                {"unique_id", "m1_power"},
                {"default_entity_id", "sensor.m1_power"},
                {"name", "Power"},
                {"state_topic", "x/power"},
                {"device_class", "power"},
                {"unit_of_measurement", "W"},
                {"state_class", "measurement"},
                {"value_template", "{{ value_json.value }}"}}}}}};
}

std::vector<std::string> problems(const json& payload, const std::string& at = topic) {
    return discovery_problems(
        {{"x/status", "online", true}, {at, payload.dump(), true}, {"x/power", R"({"value":1})", false}});
}

TEST(DiscoveryCheck, TakesAGoodDevice) {
    EXPECT_THAT(problems(good()), IsEmpty());
    EXPECT_THAT(named_topics({{topic, good().dump(), true}}), testing::ElementsAre("x/power", "x/status"));
}

struct Fault {
    const char* name;
    void (*make)(json& payload);
    const char* text;
};

class Refuses : public testing::TestWithParam<Fault> {};

TEST_P(Refuses, Payload) {
    json payload = good();
    GetParam().make(payload);
    EXPECT_THAT(problems(payload), Contains(HasSubstr(GetParam().text)));
}

json& power(json& payload) {
    return payload["components"]["power"];
}

INSTANTIATE_TEST_SUITE_P(
    DiscoveryCheck, Refuses,
    testing::Values(
        Fault{"wrong_unit", [](json& p) { power(p)["unit_of_measurement"] = "kWh"; }, "does not fit power"},
        Fault{"no_unit", [](json& p) { power(p).erase("unit_of_measurement"); }, "does not fit power"},
        Fault{"unit_of_text", [](json& p) { power(p)["unit_of_measurement"] = "Watt"; }, "does not fit"},
        Fault{"no_origin", [](json& p) { p.erase("origin"); }, "no origin"},
        Fault{"no_device", [](json& p) { p["device"].erase("identifiers"); }, "without identifiers"},
        Fault{"no_components", [](json& p) { p.erase("components"); }, "no components"},
        Fault{"duplicate_id", [](json& p) { p["components"]["power_2"] = power(p); }, "has the unique_id of"},
        Fault{"no_unique_id", [](json& p) { power(p).erase("unique_id"); }, "needs platform and unique_id"},
        Fault{"no_state_topic", [](json& p) { power(p).erase("state_topic"); }, "needs state_topic"},
        Fault{"unknown_key", [](json& p) { power(p)["statetopic"] = "x"; }, "unknown key statetopic"},
        Fault{"unknown_device_key", [](json& p) { p["device"]["vendor"] = "x"; }, "unknown key vendor"},
        Fault{"id_characters", [](json& p) { power(p)["unique_id"] = "m1/power"; }, "unique_id"},
        Fault{"entity_id", [](json& p) { power(p)["default_entity_id"] = "M1"; }, "default_entity_id"},
        Fault{"state_class", [](json& p) { power(p)["state_class"] = "total_increasing"; }, "state_class"},
        Fault{"repeats_name", [](json& p) { p["device"]["name"] = "power"; }, "repeats"},
        Fault{"silent_topic", [](json& p) { power(p)["state_topic"] = "x/other"; }, "never published"},
        Fault{"early", [](json& p) { p["availability"][0]["topic"] = "x/late"; }, "before its availability"},
        Fault{"any_availability",
              [](json& p) {
                  p["availability"].push_back({{"topic", "x/power"}});
              },
              "any topic"},
        Fault{"enum_without_options", [](json& p) { power(p)["device_class"] = "enum"; }, "belong together"},
        Fault{"platform", [](json& p) { power(p)["platform"] = "meter"; }, "unknown platform"},
        Fault{"category", [](json& p) { power(p)["entity_category"] = "config"; }, "entity_category"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(DiscoveryCheck, RefusesWhatIsNotRetainedOrNotJson) {
    EXPECT_THAT(discovery_problems({{topic, good().dump(), false}}), Contains(HasSubstr("not retained")));
    EXPECT_THAT(discovery_problems({{topic, "{", true}}), Contains(HasSubstr("no JSON")));
    EXPECT_THAT(problems(good(), "homeassistant/device/m 1/config"), Contains(HasSubstr("does not take")));
    EXPECT_THAT(discovery_problems({{"x/status", "online", false}, {topic, good().dump(), true}}),
                Contains(HasSubstr("availability that is not retained")));
}

TEST(DiscoveryCheck, RefusesWhatTheStateDoesNotHave) {
    const auto run = [](const std::string& value, const std::string& state) {
        json payload = good();
        power(payload)["state_topic"] = "x/state";
        power(payload)["value_template"] = value;
        return discovery_problems(
            {{"x/status", "online", true}, {topic, payload.dump(), true}, {"x/state", state, false}});
    };
    EXPECT_THAT(run("{{ value_json.power | default(none) }}", R"({"power":1})"), IsEmpty());
    EXPECT_THAT(run("{{ value_json.power | default(none) }}", R"({"current":1})"),
                Contains(HasSubstr("does not have")));
    EXPECT_THAT(run("{{ value_json.power | default(none) }}", "x"), Contains(HasSubstr("does not have")));
    EXPECT_THAT(run("{{ value_json.power }}", R"({"power":1})"), Contains(HasSubstr("keeps its old value")));
}

TEST(DiscoveryCheck, RefusesIdsUsedByTwoDevices) {
    EXPECT_THAT(discovery_problems({{"x/status", "online", true},
                                    {topic, good().dump(), true},
                                    {"homeassistant/device/m2/config", good().dump(), true},
                                    {"x/power", "1", false}}),
                Contains(HasSubstr("has the unique_id of")));
}

TEST(DiscoveryCheck, KnowsWhatOldReleasesDoNotTake) {
    json entity = power(*std::make_unique<json>(good()));
    entity.erase("platform");
    entity["device"] = good()["device"];
    entity["origin"] = good()["origin"];
    const std::string single = "homeassistant/sensor/m1/power/config";
    const auto run = [&](const std::string& at, const json& payload) {
        return discovery_problems({{at, payload.dump(), true}, {"x/power", "1", false}},
                                  {"homeassistant", true});
    };
    EXPECT_THAT(run(single, entity), IsEmpty());
    EXPECT_THAT(run(topic, good()), Contains(HasSubstr("not the form")));
}

TEST(DiscoveryCheck, KnowsAClassThatCameLater) {
    json payload = good();
    json& entity = power(payload);
    entity["device_class"] = "reactive_energy";
    entity["unit_of_measurement"] = "kvarh";
    entity["state_class"] = "total_increasing";
    EXPECT_THAT(discovery_problems({{topic, payload.dump(), true}, {"x/power", "1", false}}),
                Contains(HasSubstr("unknown device_class")));
}

} // namespace
} // namespace gridbridge
