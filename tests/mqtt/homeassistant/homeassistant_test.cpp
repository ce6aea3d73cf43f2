// What is announced to Home Assistant.
#include "tests/mqtt/homeassistant/homeassistant_world.hpp"

#include "mqtt/homeassistant/homeassistant_names.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(HomeAssistantTest, EveryQuantityIsAnnouncedByTheRules) {
    start();
    read(full_reading(now_));
    run_until(now_ + 3s);
    EXPECT_THAT(problems(), IsEmpty());
    const json components = payload()["components"];
    for (const QuantityRow& row : quantity_table) {
        EXPECT_TRUE(components.contains(row.name)) << row.name;
    }
}

TEST_F(HomeAssistantTest, TheEnergyDashboardNeedsNoTemplate) {
    start();
    read(grid_reading(now_));
    const json components = payload()["components"];
    const json energy = components["energy_forward"];
    EXPECT_EQ(energy["state_topic"], "gridbridge/p/meter/BX0120064003P/state");
    EXPECT_EQ(energy["value_template"], "{{ value_json.energy_forward | default(none) }}");
    EXPECT_EQ(energy["device_class"], "energy");
    EXPECT_EQ(energy["unit_of_measurement"], "kWh");
    EXPECT_EQ(energy["state_class"], "total_increasing");
    EXPECT_EQ(energy["name"], "Energy import");
    EXPECT_FALSE(energy.contains("enabled_by_default"));
    EXPECT_FALSE(components["energy_reverse"].contains("enabled_by_default"));
    EXPECT_FALSE(components["power"].contains("enabled_by_default"));
    const json power = components["power"];
    EXPECT_EQ(power["device_class"], "power");
    EXPECT_EQ(power["state_class"], "measurement");
    EXPECT_EQ(power["value_template"], "{{ value_json.power | default(none) }}");
    EXPECT_EQ(state()["energy_forward"], 5276.4);
}

TEST_F(HomeAssistantTest, WhatFewPeopleLookAtIsDisabled) {
    start();
    read(full_reading(now_));
    const json components = payload()["components"];
    for (const char* const id : {"reactive_power_l1", "apparent_power", "voltage_l1_l2", "energy_forward_l1",
                                 "power_factor_l2", "voltage_sags_l1", "current_limit"}) {
        EXPECT_EQ(components[id].value("enabled_by_default", true), false) << id;
    }
    for (const char* const id : {"power_l1", "current_l1", "voltage_l1", "energy_forward_t1", "frequency",
                                 "volume", "active_tariff", "connected", "role", "age"}) {
        EXPECT_TRUE(components[id].value("enabled_by_default", true)) << id;
    }
}

TEST_F(HomeAssistantTest, ReactiveEnergyHasNoClassThatReleasesMayNotKnow) {
    start();
    read(full_reading(now_));
    for (const char* const id :
         {"reactive_energy_forward", "reactive_energy_reverse", "reactive_energy_q1"}) {
        const json entity = payload()["components"][id];
        EXPECT_EQ(entity["unit_of_measurement"], "kvarh");
        EXPECT_EQ(entity["state_class"], "total_increasing");
        EXPECT_FALSE(entity.contains("device_class"));
    }
}

TEST_F(HomeAssistantTest, ATextIsNoLongerThanAState) {
    start();
    read(grid_reading(now_));
    const json components = payload()["components"];
    for (const json& entity : components) {
        const bool is_text = entity["platform"] == "text" || entity["name"] == "Firmware";
        EXPECT_EQ(entity.value("value_template", "").find("[:255]") != std::string::npos, is_text)
            << entity.dump();
    }
}

TEST_F(HomeAssistantTest, TheDeviceHangsOnTheBridge) {
    start();
    read(grid_reading(now_));
    const json device = payload()["device"];
    EXPECT_EQ(device["name"], "Grid");
    EXPECT_EQ(device["serial_number"], "BX0120064003P");
    EXPECT_EQ(device["manufacturer"], "Carlo Gavazzi") << "as its driver says";
    EXPECT_EQ(device["model"], "EM24-DIN AV9");
    EXPECT_EQ(device["sw_version"], "4");
    const json bridge = payload("homeassistant/device/gridbridge_bridge_p/config");
    EXPECT_EQ(bridge["device"]["identifiers"][0], device["via_device"]);
    const auto order = topics(all_);
    EXPECT_LT(std::find(order.begin(), order.end(), "homeassistant/device/gridbridge_bridge_p/config"),
              std::find(order.begin(), order.end(), device_topic));
}

TEST_F(HomeAssistantTest, AnEntityAppearsWithItsFirstValue) {
    start();
    read(grid_reading(now_));
    EXPECT_FALSE(payload()["components"].contains("voltage_l2")) << "null on Venus, nothing here";
    EXPECT_TRUE(payload()["components"].contains("voltage_l1"));
    now_ += 1s;
    EXPECT_EQ(discoveries(read(grid_reading(now_, 1.0))), 0U) << "nothing new";
    now_ += 1s;
    Reading more = grid_reading(now_);
    more.set(Quantity::VoltageL2, 230.0);
    EXPECT_EQ(discoveries(read(more)), 1U);
    EXPECT_TRUE(payload()["components"].contains("voltage_l2"));
    now_ += 1s;
    EXPECT_EQ(discoveries(read(grid_reading(now_))), 0U) << "an unknown value is no reason to remove it";
}

TEST_F(HomeAssistantTest, IdentityIsSerialAndQuantityAlone) {
    start();
    read(grid_reading(now_));
    const json before = payload()["components"];
    settings_ = Settings();
    name_ = "Another name";
    all_.clear();
    start();
    MeterInfo moved = em24_info();
    moved.connection = "/dev/ttyUSB7";
    read(grid_reading(now_), {}, moved);
    const json after = payload()["components"];
    for (const auto& [key, component] : before.items()) {
        EXPECT_EQ(after[key]["unique_id"], component["unique_id"]);
        EXPECT_EQ(after[key]["default_entity_id"], component["default_entity_id"]);
    }
    EXPECT_EQ(before["power_l1"]["unique_id"], "gridbridge_BX0120064003P_power_l1");
    EXPECT_EQ(before["power_l1"]["default_entity_id"], "sensor.gridbridge_bx0120064003p_power_l1");
}

class RoleOutlet : public HomeAssistantTest {
  protected:
    // Tells the outlet alone: what a changed role does to the other topics is not its business.
    Messages tell(HomeAssistant& outlet, Meter& meter) {
        Messages out;
        meter.reading = grid_reading(now_);
        outlet.reading(meter, now_, out);
        outlet.tick(now_, out);
        return out;
    }
    Meter meter_of(const std::string& role, int instance) {
        Meter meter;
        meter.info = em24_info();
        meter.info_version = 1;
        meter.role = role;
        meter.instance = instance;
        return meter;
    }
    static json only_payload(const Messages& messages) {
        return messages.size() == 1 ? json::parse(messages[0].payload) : json();
    }
};

TEST_F(RoleOutlet, RoleAndInstanceMoveTheTopicsWithoutRemovingTheDevice) {
    HomeAssistantOptions options;
    options.portal_id = "p";
    HomeAssistant outlet(options);
    Meter meter = meter_of("grid", 30);
    const json grid = only_payload(tell(outlet, meter));
    EXPECT_EQ(grid["components"]["role"]["command_topic"], "W/p/grid/30/Role");
    EXPECT_THAT(tell(outlet, meter), IsEmpty());
    Messages nothing;
    outlet.gone(meter, nothing); // a changed role: the service leaves and is soon back
    outlet.tick(now_, nothing);
    now_ += 2s;
    outlet.tick(now_, nothing);
    EXPECT_THAT(nothing, IsEmpty());
    meter = meter_of("pvinverter", 31);
    const json solar = only_payload(tell(outlet, meter));
    EXPECT_EQ(solar["components"]["role"]["command_topic"], "W/p/pvinverter/31/Role");
    EXPECT_EQ(solar["components"]["power"]["state_topic"], grid["components"]["power"]["state_topic"]);
    EXPECT_EQ(solar["components"]["energy_forward"]["name"], "Energy produced");
    EXPECT_EQ(solar["components"]["energy_forward"]["unique_id"],
              grid["components"]["energy_forward"]["unique_id"]);
    now_ += 1min;
    outlet.tick(now_, nothing);
    EXPECT_THAT(nothing, IsEmpty()) << "never removed";
    meter.info.role_is_fixed = true;
    ++meter.info_version;
    EXPECT_FALSE(only_payload(tell(outlet, meter))["components"].contains("role"));
}

TEST_F(RoleOutlet, SettingsOfferWhatVenusOffers) {
    start();
    read(grid_reading(now_));
    const json role = payload()["components"]["role"];
    const auto allowed = std::find_if(all_.begin(), all_.end(), [](const Message& message) {
        return message.topic == "N/p/grid/30/AllowedRoles";
    });
    ASSERT_NE(allowed, all_.end());
    EXPECT_EQ(role["options"], json::parse(allowed->payload)["value"]);
    EXPECT_EQ(role["command_template"], R"({"value": "{{ value }}"})");
    const json name = payload()["components"]["custom_name"];
    EXPECT_EQ(name["command_topic"], "W/p/grid/30/CustomName");
    EXPECT_EQ(name["command_template"], R"({"value": {{ value | tojson }} })");
}

TEST_F(HomeAssistantTest, NoEntityRepeatsTheName) {
    for (const char* name : {"Power", "energy", "Role", "Current L1"}) {
        name_ = name;
        all_.clear();
        start();
        read(full_reading(now_));
        run_until(now_ + 3s);
        EXPECT_THAT(problems(), IsEmpty()) << name;
    }
}

TEST_F(HomeAssistantTest, StatesHaveNames) {
    start();
    read(full_reading(now_));
    const json tariff = payload()["components"]["active_tariff"];
    EXPECT_EQ(tariff["device_class"], "enum");
    EXPECT_EQ(tariff["options"], json::array({"T1", "T2", "T3", "T4"}));
    EXPECT_EQ(tariff["value_template"], "{{ {1: 'T1', 2: 'T2', 3: 'T3', 4: 'T4'}"
                                        ".get(value_json.active_tariff | default(none)) }}");
    EXPECT_FALSE(tariff.contains("state_class"));
    const json sequence = payload()["components"]["phase_sequence"];
    EXPECT_EQ(sequence["platform"], "binary_sensor");
    EXPECT_EQ(sequence["device_class"], "problem");
    EXPECT_EQ(sequence["payload_on"], "1");
}

TEST_F(HomeAssistantTest, FindingsOfAMeterAreItsProblem) {
    start();
    read(grid_reading(now_), {}, em24_info("A'\"b"));
    const json problem =
        payload("homeassistant/device/" + discovery_id("A'\"b") + "/config")["components"]["problem"];
    EXPECT_EQ(problem["platform"], "binary_sensor");
    EXPECT_EQ(problem["device_class"], "problem");
    EXPECT_EQ(problem["entity_category"], "diagnostic");
    EXPECT_EQ(problem["state_topic"], "gridbridge/p/findings");
    EXPECT_EQ(problem["json_attributes_topic"], "gridbridge/p/findings");
    EXPECT_THAT(problem["value_template"].get<std::string>(), HasSubstr(R"('eq', "A'\"b"))"));
    EXPECT_EQ(problem["availability"], json::array({{{"topic", "gridbridge/p/status"}}}))
        << "a lost meter is a problem";
    const json bridge = payload("homeassistant/device/gridbridge_bridge_p/config")["components"]["finding"];
    EXPECT_THAT(bridge["value_template"].get<std::string>(), HasSubstr(R"('eq', ""))"));
}

TEST_F(HomeAssistantTest, OldReleasesGetOneMessagePerEntity) {
    HomeAssistantOptions options;
    options.per_component = true;
    options.prefix = "ha";
    start(1, options);
    read(full_reading(now_));
    run_until(now_ + 3s);
    EXPECT_THAT(problems({"ha", true}), IsEmpty());
    const json power = payload("ha/sensor/gridbridge_BX0120064003P/power/config");
    EXPECT_EQ(power["unique_id"], "gridbridge_BX0120064003P_power");
    EXPECT_EQ(power["availability"].size(), 2U);
    EXPECT_FALSE(power.contains("platform"));
    const json reactive = payload("ha/sensor/gridbridge_BX0120064003P/reactive_energy_forward/config");
    EXPECT_EQ(reactive["unit_of_measurement"], "kvarh");
    EXPECT_FALSE(reactive.contains("device_class"));
    EXPECT_THAT(topics(all_), Not(Contains(HasSubstr("ha/device/"))));
    read(full_reading(now_), {}, em24_info("NEW1"));
    run_until(now_ + 6s);
    EXPECT_EQ(payload("ha/sensor/gridbridge_BX0120064003P/power/config"), json());
    EXPECT_EQ(payload("ha/text/gridbridge_BX0120064003P/custom_name/config"), json());
}

TEST(DiscoveryId, HasOnlyAllowedCharactersAndStaysUnique) {
    EXPECT_EQ(discovery_id("E0012-3_x"), "gridbridge_E0012-3_x");
    EXPECT_TRUE(discovery_id("1 EMH/0+1").starts_with("gridbridge_1_EMH_0_1-"));
    EXPECT_NE(discovery_id("A/1"), discovery_id("A#1"));
    EXPECT_NE(discovery_id("A/1"), discovery_id("A_1"));
    EXPECT_EQ(discovery_id("Z\xC3\xA4hler")
                  .find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
              std::string::npos);
}

TEST(VolumeClass, FollowsTheProduct) {
    EXPECT_EQ(volume_class("Gas meter"), "gas");
    EXPECT_EQ(volume_class("Warm water meter"), "water");
    EXPECT_EQ(volume_class("M-Bus meter"), "volume");
}

} // namespace
} // namespace gridbridge
