// The Home Assistant outlet between the service's other outlets: meter news in, discovery messages out.
#include "mqtt/homeassistant.hpp"

#include "mqtt/bridge.hpp"
#include "mqtt/homeassistant_names.hpp"
#include "mqtt/own_topics.hpp"
#include "mqtt/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/mqtt/discovery_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string device_topic = "homeassistant/device/gridbridge_BX0120064003P/config";

std::vector<SeenMessage> seen(const Messages& messages) {
    std::vector<SeenMessage> all;
    for (const Message& message : messages) {
        all.push_back({message.topic, message.payload, message.retain});
    }
    return all;
}

Reading full_reading(Clock::time_point at) {
    Reading reading;
    reading.received = at;
    for (std::size_t i = 0; i < quantity_count; ++i) {
        reading.set(static_cast<Quantity>(i), 1.0);
    }
    return reading;
}

class HomeAssistantTest : public testing::Test {
  protected:
    void start(std::size_t meters = 1, HomeAssistantOptions options = {}) {
        options.portal_id = "p";
        options.version = "1.2.3";
        OwnTopicsOptions own;
        own.portal_id = "p";
        VenusOptions venus;
        venus.portal_id = "p";
        venus.version = "1.2.3";
        venus.unix_time = [] { return 1795169056LL; };
        BridgeOptions bridge;
        bridge.meters.resize(meters);
        bridge.meters[0].uri = "cg+rtu:///dev/ttyUSB0";
        bridge.meters[0].name = name_;
        std::vector<std::unique_ptr<Outlet>> outlets;
        outlets.push_back(std::make_unique<OwnTopics>(std::move(own)));
        outlets.push_back(std::make_unique<HomeAssistant>(options));
        outlets.push_back(std::make_unique<Venus>(std::move(venus)));
        bridge_ = std::make_unique<Bridge>(std::move(bridge), settings_, std::move(outlets));
        step([&](Messages& out) { bridge_->connected(now_, out); });
    }
    // As the publisher does it: news, then tick.
    Messages step(const std::function<void(Messages&)>& news = {}) {
        Messages out;
        if (news) {
            news(out);
        }
        bridge_->tick(now_, out);
        all_.insert(all_.end(), out.begin(), out.end());
        return out;
    }
    Messages read(const Reading& reading, SourceId source = {}, std::optional<MeterInfo> info = em24_info()) {
        return step(
            [&](Messages& out) { bridge_->update(update_of(source, std::move(info), reading), now_, out); });
    }
    Messages birth() {
        return step([&](Messages& out) {
            bridge_->request({"homeassistant/status", "online", false}, now_, out);
        });
    }
    // Runs the clock to `until` as the publisher would.
    Messages run_until(Clock::time_point until) {
        Messages out;
        while (bridge_->next_tick(now_) <= until) {
            now_ = std::max(now_ + 1ms, bridge_->next_tick(now_));
            const Messages more = step();
            out.insert(out.end(), more.begin(), more.end());
        }
        now_ = until;
        return out;
    }
    static std::vector<std::string> topics(const Messages& messages) {
        std::vector<std::string> topics;
        std::transform(messages.begin(), messages.end(), std::back_inserter(topics),
                       [](const Message& message) { return message.topic; });
        return topics;
    }
    static std::size_t discoveries(const Messages& messages) {
        return static_cast<std::size_t>(
            std::count_if(messages.begin(), messages.end(), [](const Message& message) {
                return message.topic.starts_with("homeassistant/") && !message.payload.empty();
            }));
    }
    json payload(const std::string& topic = device_topic) const {
        for (auto message = all_.rbegin(); message != all_.rend(); ++message) {
            if (message->topic == topic) {
                return message->payload.empty() ? json() : json::parse(message->payload);
            }
        }
        return {};
    }
    std::vector<std::string> problems(const DiscoveryRules& rules = {}) const {
        return discovery_problems(seen(all_), rules);
    }

    std::string name_ = "Grid";
    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages all_;
};

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
    EXPECT_EQ(energy["state_topic"], "N/p/grid/30/Ac/Energy/Forward");
    EXPECT_EQ(energy["device_class"], "energy");
    EXPECT_EQ(energy["unit_of_measurement"], "kWh");
    EXPECT_EQ(energy["state_class"], "total_increasing");
    EXPECT_EQ(energy["name"], "Energy import");
    EXPECT_EQ(components["energy_reverse"]["state_topic"], "N/p/grid/30/Ac/Energy/Reverse");
    const json power = components["power"];
    EXPECT_EQ(power["device_class"], "power");
    EXPECT_EQ(power["state_class"], "measurement");
    EXPECT_EQ(power["value_template"], "{{ value_json.value if value_json is defined else None }}");
}

TEST_F(HomeAssistantTest, TheDeviceHangsOnTheBridge) {
    start();
    read(grid_reading(now_));
    const json device = payload()["device"];
    EXPECT_EQ(device["name"], "Grid");
    EXPECT_EQ(device["serial_number"], "BX0120064003P");
    EXPECT_EQ(device["manufacturer"], "Carlo Gavazzi");
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

TEST_F(HomeAssistantTest, AllValuesAreSaidAgainTwoSecondsAfterDiscovery) {
    start();
    run_until(now_ + 10s);
    read(grid_reading(now_));
    const auto announced = now_;
    EXPECT_THAT(topics(run_until(announced + 1900ms)), Not(Contains("N/p/grid/30/Serial")));
    const Messages again = run_until(announced + 2100ms);
    for (const std::string& topic : named_topics(seen(all_))) {
        const bool value = topic.starts_with("N/") || topic.ends_with("/health");
        EXPECT_EQ(std::count_if(again.begin(), again.end(),
                                [&](const Message& message) { return message.topic == topic; }),
                  value ? 1 : 0)
            << topic;
    }
    EXPECT_THAT(topics(run_until(announced + 4s)), Not(Contains("N/p/grid/30/Serial"))) << "once is enough";
}

TEST_F(HomeAssistantTest, BirthRepeatsEverythingSpreadOverSeconds) {
    constexpr std::uint16_t meters = 20;
    start(meters);
    for (std::uint16_t i = 0; i < meters; ++i) {
        read(grid_reading(now_), {i, 0}, em24_info("SN" + std::to_string(i)));
    }
    run_until(now_ + 3s);
    const auto born = now_;
    const Messages at_once = birth();
    EXPECT_LE(discoveries(at_once), 2U) << "the bridge and one meter";
    EXPECT_THAT(topics(at_once), Contains("N/p/grid/30/Serial")) << "retained discovery is already known";
    Messages later = run_until(born + 4s);
    EXPECT_EQ(discoveries(at_once) + discoveries(later), 1U + meters);
    later = run_until(born + 7s);
    EXPECT_EQ(discoveries(later), 0U);
    EXPECT_THAT(topics(later), Contains("N/p/grid/49/Serial")) << "2 s after the last one";
    EXPECT_EQ(discoveries(step([&](Messages& out) {
                  bridge_->request({"homeassistant/status", "offline", false}, now_, out);
              })),
              0U);
}

TEST_F(HomeAssistantTest, ANewConnectionSaysItAllAgainAfterAvailability) {
    start();
    read(grid_reading(now_));
    all_.clear(); // what was said is lost with the broker
    step([&](Messages& out) { bridge_->connected(now_, out); });
    run_until(now_ + 3s);
    EXPECT_EQ(discoveries(all_), 2U);
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(all_.front().topic, "gridbridge/p/status");
}

TEST_F(HomeAssistantTest, AMeterThatStaysAwayIsRemoved) {
    start();
    read(grid_reading(now_));
    const auto topic_cleared = [&](const Messages& messages) {
        return std::any_of(messages.begin(), messages.end(), [](const Message& message) {
            return message == Message{device_topic, {}, true};
        });
    };
    EXPECT_FALSE(topic_cleared(run_until(now_ + 50s))) << "lost: unavailable, not removed";
    EXPECT_TRUE(topic_cleared(run_until(now_ + 30s)));
    EXPECT_TRUE(topic_cleared(step([&](Messages& out) { bridge_->connected(now_, out); })) ||
                topic_cleared(run_until(now_ + 5s)))
        << "said again: the first time may have been lost";
    read(grid_reading(now_));
    EXPECT_EQ(payload()["components"]["power"]["name"], "Power") << "it is back";
}

TEST_F(HomeAssistantTest, AnotherMeterOnThePortReplacesTheFirst) {
    start();
    read(grid_reading(now_));
    now_ += 1s;
    read(grid_reading(now_), {}, em24_info("NEW1"));
    run_until(now_ + 6s);
    EXPECT_EQ(payload(), json());
    EXPECT_EQ(payload("homeassistant/device/gridbridge_NEW1/config")["device"]["serial_number"], "NEW1");
    EXPECT_THAT(problems(), IsEmpty());
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
    EXPECT_EQ(solar["components"]["power"]["state_topic"], "N/p/pvinverter/31/Ac/Power");
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

TEST_F(HomeAssistantTest, ALostMeterIsShownAsDisconnected) {
    start();
    read(grid_reading(now_));
    const json payload = this->payload();
    ASSERT_EQ(payload["availability"].size(), 2U);
    EXPECT_EQ(payload["availability"][0]["topic"], "gridbridge/p/status");
    EXPECT_EQ(payload["availability"][1]["topic"], "gridbridge/p/meter/BX0120064003P/status");
    EXPECT_EQ(payload["availability_mode"], "all");
    const json connected = payload["components"]["connected"];
    EXPECT_EQ(connected["availability"], json::array({{{"topic", "gridbridge/p/status"}}}));
    EXPECT_EQ(connected["payload_on"], "1");
}

TEST_F(HomeAssistantTest, StatesHaveNames) {
    start();
    read(full_reading(now_));
    const json tariff = payload()["components"]["active_tariff"];
    EXPECT_EQ(tariff["device_class"], "enum");
    EXPECT_EQ(tariff["options"], json::array({"T1", "T2", "T3", "T4"}));
    EXPECT_EQ(tariff["value_template"], "{{ {1: 'T1', 2: 'T2', 3: 'T3', 4: 'T4'}.get(value_json.value)"
                                        " if value_json is defined else None }}");
    EXPECT_FALSE(tariff.contains("state_class"));
    const json sequence = payload()["components"]["phase_sequence"];
    EXPECT_EQ(sequence["platform"], "binary_sensor");
    EXPECT_EQ(sequence["device_class"], "problem");
    EXPECT_EQ(sequence["payload_on"], "1");
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
    run_until(now_ + 80s);
    EXPECT_EQ(payload("ha/sensor/gridbridge_BX0120064003P/power/config"), json());
    EXPECT_EQ(payload("ha/text/gridbridge_BX0120064003P/custom_name/config"), json());
}

TEST_F(HomeAssistantTest, RetainedValuesNeverExpire) {
    start();
    read(grid_reading(now_));
    EXPECT_EQ(payload()["components"]["power"]["expire_after"], 180) << "three heartbeats";
    HomeAssistantOptions options;
    options.retained_values = true;
    start(1, options);
    read(grid_reading(now_));
    EXPECT_FALSE(payload()["components"]["power"].contains("expire_after"));
}

TEST_F(HomeAssistantTest, LeavingRemovesNothing) {
    start();
    read(grid_reading(now_));
    Messages out;
    bridge_->leave(out);
    EXPECT_THAT(topics(out), Not(Contains(HasSubstr("homeassistant/"))));
    EXPECT_EQ(out.back().payload.empty(), true);
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
