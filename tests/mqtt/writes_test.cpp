// What clients write to services and settings, through the Venus outlet and the bridge.
#include "mqtt/bridge.hpp"
#include "mqtt/own_topics.hpp"
#include "mqtt/venus.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr SourceId first{0, 0};
constexpr SourceId second_service{0, 1};
constexpr SourceId other{1, 0};
const std::string device = "settings/0/Settings/Devices/cgwacs_BX0120064003P";

class WritesTest : public testing::Test {
  protected:
    void SetUp() override { start(); }
    void start() {
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        OwnTopicsOptions own;
        own.portal_id = "p";
        BridgeOptions options;
        options.meters.resize(2);
        options.meters[0].name = "Grid";
        options.meters[0].position = 1;
        options.orders = &orders_;
        options.log = [this](LogLevel, std::string_view, std::string_view message) {
            log_ += std::string(message) + "\n";
        };
        std::vector<std::unique_ptr<Outlet>> outlets;
        outlets.push_back(std::make_unique<Venus>(venus));
        outlets.push_back(std::make_unique<OwnTopics>(own));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        MeterInfo info = em24_info();
        info.supports_multiphase = true;
        info.phases = 3;
        update(first, info);
    }
    // The service ends and starts again with what it has kept.
    void restart() {
        Messages out;
        bridge_->store_energy(now_, out);
        settings_ = Settings::from_json(settings_.to_json()).value();
        orders_.take(first);
        start();
    }
    Messages update(SourceId source, std::optional<MeterInfo> info, double l1 = 1.0) {
        Messages out;
        bridge_->update(update_of(source, std::move(info), grid_reading(now_, l1)), now_, out);
        return out;
    }
    // Answers below N/p/, as text.
    std::string write(const std::string& topic, const std::string& payload) {
        return venus(request("W/p/" + topic, payload));
    }
    std::string read(const std::string& topic) { return venus(request("R/p/" + topic, "")); }
    Messages request(const std::string& topic, const std::string& payload) {
        Messages out;
        bridge_->request({topic, payload, false}, now_, out);
        return out;
    }
    static std::string venus(const Messages& messages) {
        std::string text;
        for (const Message& message : messages) {
            if (message.topic.starts_with("N/p/")) {
                text += message.topic.substr(4) + " " + message.payload + "\n";
            }
        }
        return text;
    }
    MeterInfo second_info() {
        MeterInfo info = em24_info("BX0120064003P_S");
        info.default_role = "pvinverter";
        info.multiphase = false;
        info.phases = 1;
        return info;
    }

    Settings settings_;
    Orders orders_;
    std::unique_ptr<Bridge> bridge_;
    std::string log_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(WritesTest, CustomNameTakesAnyTextAndIsKept) {
    const std::string payload = R"({"value":"Z\u00e4hler \"Nord\" \\ /"})";
    EXPECT_EQ(write("grid/30/CustomName", payload),
              device + "/CustomName {\"value\":\"Zähler \\\"Nord\\\" \\\\ /\"}\n" +
                  "grid/30/CustomName {\"value\":\"Zähler \\\"Nord\\\" \\\\ /\"}\n");
    EXPECT_EQ(write("grid/30/CustomName", payload), "") << "the same again";
    restart();
    EXPECT_THAT(read("grid/30/CustomName"), HasSubstr("Zähler")) << "wins over the configuration";
    EXPECT_THAT(write("grid/30/CustomName", R"({"value":5,"more":1})"),
                HasSubstr("grid/30/CustomName {\"value\":\"5\"}\n"))
        << "numbers are taken as text";
    for (const char* refused : {"", "12", "hello", R"({"val":1})", R"({"value":null})", R"({"value":[]})",
                                R"({"value":{"a":1}})", R"({"value":[1,"b"]})"}) {
        EXPECT_EQ(write("grid/30/CustomName", refused), "") << refused;
    }
    EXPECT_THAT(write("grid/30/CustomName", R"({"value":""})"),
                HasSubstr("grid/30/CustomName {\"value\":\"\"}\n"));
    restart();
    EXPECT_EQ(read("grid/30/CustomName"), "grid/30/CustomName {\"value\":\"\"}\n")
        << "emptied, not configured";
}

TEST_F(WritesTest, EverythingElseIsReadOnly) {
    const std::string before = read("grid/30/");
    for (const char* path :
         {"Ac/Power", "Serial", "ProductId", "DeviceInstance", "Mgmt/Connection", "Nope", "Ac/L1",
          "Connected", "AllowedRoles", "Position", "PhaseConfig", "RefreshTime"}) {
        EXPECT_EQ(write("grid/30/" + std::string(path), R"({"value":1})"), "") << path;
    }
    for (const char* topic :
         {"grid/99/CustomName", "tank/1/Level", "settings/0/Settings/Nope", "settings/0/Settings",
          "settings/0/Settings/Devices/cgwacs_BX0120064003P", "settings/1/Settings/CGwacs/DeviceIds",
          "settings/0/Settings/Devices/cgwacs_X/CustomName",
          "settings/0/Settings/Devices/cgwacs_BX0120064003P/Enabled"}) {
        EXPECT_EQ(write(topic, R"({"value":"1"})"), "") << topic;
    }
    EXPECT_EQ(read("settings/0/Settings/Nope"), "") << "nothing is created";
    EXPECT_EQ(read("settings/0/Settings/Devices/cgwacs_X"), "");
    EXPECT_THAT(request("W/q/grid/30/CustomName", R"({"value":"x"})"), IsEmpty());
    EXPECT_EQ(read("grid/30/"), before);
    EXPECT_EQ(orders_.take(first), std::nullopt);
}

TEST_F(WritesTest, RoleRenamesTheService) {
    EXPECT_EQ(write("grid/30/Role", R"({"value":"banana"})"), "");
    EXPECT_EQ(write("grid/30/Role", R"({"value":1})"), "");
    EXPECT_EQ(write("grid/30/Role", R"({"value":"grid"})"), "");
    const std::string before = read("grid/30/");
    const std::string text = write("grid/30/Role", R"({"value":"pvinverter"})");
    EXPECT_THAT(text, HasSubstr(device + "/ClassAndVrmInstance {\"value\":\"pvinverter:30\"}\n"));
    for (std::size_t at = 0; at < before.size(); at = before.find('\n', at) + 1) {
        const std::string topic = before.substr(at, before.find(' ', at) - at);
        EXPECT_THAT(text, HasSubstr("\n" + topic + " \n")) << "zero bytes on every old topic";
    }
    EXPECT_THAT(text, AllOf(HasSubstr("\npvinverter/30/Ac/Power {\"value\":"),
                            HasSubstr("\npvinverter/30/Role {\"value\":\"pvinverter\"}\n"),
                            HasSubstr("\npvinverter/30/Position {\"value\":1}\n"),
                            HasSubstr("\npvinverter/30/IsGenericEnergyMeter {\"value\":1}\n")));
    EXPECT_EQ(read("grid/30/"), "");
    restart();
    EXPECT_THAT(read("pvinverter/30/Role"), Not(IsEmpty()));
    EXPECT_THAT(write("pvinverter/30/Role", R"({"value":"evcharger"})"),
                HasSubstr("\nevcharger/30/Current {\"value\":null}\n"));
}

TEST_F(WritesTest, PositionIsZeroToTwoWhereTheRoleHasOne) {
    write("grid/30/Role", R"({"value":"pvinverter"})");
    EXPECT_EQ(write("pvinverter/30/Position", R"({"value":2})"),
              device + "/Position {\"max\":2,\"min\":0,\"value\":2}\npvinverter/30/Position {\"value\":2}\n");
    for (const char* refused : {"3", "-1", "\"x\"", "null", "2"}) {
        EXPECT_EQ(write("pvinverter/30/Position", "{\"value\":" + std::string(refused) + "}"), "") << refused;
    }
    EXPECT_EQ(write(device + "/Position", R"({"value":0.9})"),
              device + "/Position {\"max\":2,\"min\":0,\"value\":0}\npvinverter/30/Position {\"value\":0}\n");
}

TEST_F(WritesTest, InstancesAreGivenAsLocalsettingsDoes) {
    update(other, em24_info("B"));
    EXPECT_EQ(read("grid/31/Serial"), "grid/31/Serial {\"value\":\"B\"}\n");
    const std::string moved = write(device + "/ClassAndVrmInstance", R"({"value":"grid:42"})");
    EXPECT_THAT(moved, AllOf(HasSubstr(device + "/ClassAndVrmInstance {\"value\":\"grid:42\"}\n"),
                             HasSubstr("grid/30/Ac/Power \n"),
                             HasSubstr("grid/42/DeviceInstance {\"value\":42}\n")));
    EXPECT_THAT(write(device + "/ClassAndVrmInstance", R"({"value":"grid:31"})"),
                HasSubstr(device + "/ClassAndVrmInstance {\"value\":\"grid:32\"}\n"))
        << "taken: the next free one";
    for (const char* refused :
         {"\"grid\"", "7", "\"grid:\"", "\"battery:1\"", "null", "\"grid:32\"", "\"grid:31\""}) {
        EXPECT_EQ(write(device + "/ClassAndVrmInstance", "{\"value\":" + std::string(refused) + "}"), "")
            << refused;
    }
    EXPECT_THAT(write(device + "/ClassAndVrmInstance", R"({"value":"genset:31"})"),
                AllOf(HasSubstr("grid/32/Role \n"), HasSubstr("genset/31/Role {\"value\":\"genset\"}\n")))
        << "another class may share the number";
    restart();
    EXPECT_EQ(read("genset/31/DeviceInstance"), "genset/31/DeviceInstance {\"value\":31}\n");
}

TEST_F(WritesTest, ALostMeterIsRenamedWhenItReturns) {
    Messages out;
    bridge_->update(update_of(first, {}, {}, "unplugged"), now_, out);
    EXPECT_THAT(write("grid/30/Role", R"({"value":"acload"})"),
                AllOf(HasSubstr("grid/30/Serial \n"), Not(HasSubstr("acload/30"))));
    EXPECT_THAT(venus(update(first, {})), HasSubstr("acload/30/Serial"));
}

TEST_F(WritesTest, SettingsAreListedWithTheirRanges) {
    EXPECT_EQ(read(device), device + "/ClassAndVrmInstance {\"value\":\"grid:30\"}\n" + device +
                                "/CustomName {\"value\":\"Grid\"}\n" + device +
                                "/Position {\"max\":2,\"min\":0,\"value\":1}\n" + device +
                                "/IsMultiphase {\"value\":1}\n" + device +
                                "/SupportMultiphase {\"value\":1}\n");
    EXPECT_EQ(read(device + "_S"), device + "_S/ClassAndVrmInstance {\"value\":\"pvinverter:30\"}\n" +
                                       device + "_S/CustomName {\"value\":\"\"}\n" + device +
                                       "_S/Position {\"max\":2,\"min\":0,\"value\":0}\n" + device +
                                       "_S/Enabled {\"value\":0}\n");
    EXPECT_EQ(read("settings/0/Settings/CGwacs"),
              "settings/0/Settings/CGwacs/DeviceIds {\"value\":\"BX0120064003P\"}\n");
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    update(first, info);
    EXPECT_THAT(read(device),
                HasSubstr(device + "/L3ReverseEnergy {\"max\":1000000.0,\"min\":0.0,\"value\":0.0}\n"));
    EXPECT_THAT(write(device + "/L3ReverseEnergy", R"({"value":12.5})"), HasSubstr("\"value\":12.5"));
    EXPECT_THAT(as_text(update(first, {}, 2.0)), HasSubstr("grid/30/Ac/L3/Energy/Reverse {\"value\":12.5}"));
    EXPECT_EQ(write(device + "/L3ReverseEnergy", R"({"value":-1})"), "");
    EXPECT_EQ(write(device + "/SupportMultiphase", R"({"value":0})"), "") << "a fact";
    EXPECT_THAT(request("R/p/keepalive", ""),
                Contains(Message{"N/p/" + device + "/CustomName", R"({"value":"Grid"})", false}));
}

TEST_F(WritesTest, OtherKindsHaveTheSettingsThatMakeSense) {
    MeterInfo p1 = em24_info("4530303033");
    p1.kind = "p1";
    update(other, p1);
    const std::string path = "settings/0/Settings/Devices/p1_4530303033";
    EXPECT_EQ(read(path), path + "/ClassAndVrmInstance {\"value\":\"grid:31\"}\n" + path +
                              "/CustomName {\"value\":\"\"}\n" + path +
                              "/Position {\"max\":2,\"min\":0,\"value\":0}\n");
}

TEST_F(WritesTest, SettingsOfAMeterThatIsAwayAreThere) {
    write("grid/30/CustomName", R"({"value":"kept"})");
    settings_ = Settings::from_json(settings_.to_json()).value();
    start();
    MeterInfo another = em24_info("ZZ");
    update(first, another);
    EXPECT_EQ(read(device + "/CustomName"), device + "/CustomName {\"value\":\"kept\"}\n");
    EXPECT_THAT(write(device + "/ClassAndVrmInstance", R"({"value":"acload:50"})"),
                HasSubstr(device + "/ClassAndVrmInstance {\"value\":\"acload:50\"}\n"));
    EXPECT_THAT(venus(update(other, em24_info())), HasSubstr("acload/50/CustomName {\"value\":\"kept\"}"));
}

TEST_F(WritesTest, SecondServiceOnPhaseTwo) {
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), std::nullopt) << "nobody chose";
    EXPECT_EQ(write(device + "_S/Enabled", R"({"value":1})"),
              device + "/IsMultiphase {\"value\":0}\n" + device + "_S/Enabled {\"value\":1}\n");
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, true}));
    const std::string came = venus(update(second_service, second_info()));
    EXPECT_THAT(came, HasSubstr("pvinverter/30/Serial {\"value\":\"BX0120064003P_S\"}\n"));
    EXPECT_THAT(came, HasSubstr(R"(AllowedRoles {"value":["pvinverter","acload","evcharger","heatpump"]})"));
    EXPECT_THAT(came, HasSubstr("pvinverter/30/CustomName {\"value\":\"\"}\n")) << "not the main one's name";
    EXPECT_EQ(write("pvinverter/30/Role", R"({"value":"grid"})"), "");
    EXPECT_THAT(write("pvinverter/30/CustomName", R"({"value":"PV"})"), HasSubstr(device + "_S/CustomName"));

    settings_ = Settings::from_json(settings_.to_json()).value();
    Orders fresh;
    orders_.set_phase_mode("cgwacs_BX0120064003P", {});
    start();
    bridge_->give_phase_modes();
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, true})) << "before drivers start";
    EXPECT_THAT(venus(update(second_service, second_info())),
                HasSubstr("pvinverter/30/CustomName {\"value\":\"PV\"}\n"));

    const std::string left = write(device + "/IsMultiphase", R"({"value":1})");
    EXPECT_THAT(left,
                AllOf(HasSubstr(device + "_S/Enabled {\"value\":0}\n"), HasSubstr("pvinverter/30/Serial \n")))
        << "it leaves at once";
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{true, false}));
    EXPECT_EQ(venus(update(second_service, {})), "") << "a late reading brings nothing back";
}

TEST_F(WritesTest, SwitchingTheSecondServiceOffLeavesASinglePhaseMeter) {
    write(device + "_S/Enabled", R"({"value":1})");
    EXPECT_EQ(write(device + "_S/Enabled", R"({"value":0})"), device + "_S/Enabled {\"value\":0}\n");
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, false}));
}

TEST_F(WritesTest, AMeterWithoutAChoiceTakesNone) {
    MeterInfo et112 = em24_info("E");
    et112.phases = 1;
    update(other, et112);
    EXPECT_THAT(read("settings/0/Settings/Devices/cgwacs_E"), HasSubstr("IsMultiphase {\"value\":0}"));
    EXPECT_EQ(write("settings/0/Settings/Devices/cgwacs_E/IsMultiphase", R"({"value":1})"), "");
    EXPECT_EQ(read("settings/0/Settings/Devices/cgwacs_E_S"), "");
}

TEST_F(WritesTest, PhaseConfigIsAnOrderToTheMeter) {
    MeterInfo info = em24_info();
    info.phase_config = 0;
    update(first, info);
    for (const char* refused : {"5", "-1", "0", "\"x\"", "null"}) {
        write("grid/30/PhaseConfig", "{\"value\":" + std::string(refused) + "}");
    }
    EXPECT_EQ(orders_.take(first), std::nullopt);
    EXPECT_EQ(write("grid/30/PhaseConfig", R"({"value":3})"), "") << "announced when the meter has it";
    EXPECT_EQ(orders_.take(first), Order(SetPhaseConfig{3}));
    info.phase_config = 3;
    EXPECT_THAT(venus(update(first, info)), HasSubstr("grid/30/PhaseConfig {\"value\":3}\n"));
}

class CountersTest : public WritesTest {
  protected:
    std::string take(double kwh) {
        now_ += 1s;
        Reading reading = grid_reading(now_);
        reading.set(Quantity::EnergyForward, kwh);
        Messages out;
        bridge_->update(update_of(first, {}, reading), now_, out);
        return venus(out);
    }
};

TEST_F(CountersTest, AFallIsNullUntilConfirmedByAWrite) {
    EXPECT_THAT(take(0), AllOf(HasSubstr("grid/30/Ac/Energy/Forward {\"value\":null}\n"),
                               HasSubstr("grid/30/ConfirmCounters {\"value\":1}\n")));
    EXPECT_THAT(log_, HasSubstr("an energy counter fell"));
    EXPECT_EQ(write("grid/30/ConfirmCounters", R"({"value":0})"), "");
    EXPECT_EQ(write("grid/30/ConfirmCounters", R"({"value":1})"), "grid/30/ConfirmCounters {\"value\":0}\n");
    EXPECT_THAT(log_, HasSubstr("meter exchange: energy_forward goes on from 0.0 kWh instead of 5276.4"));
    EXPECT_THAT(take(0), HasSubstr("grid/30/Ac/Energy/Forward {\"value\":0.0}\n"));
}

TEST_F(CountersTest, TheMarkSurvivesARestartAndBelongsToTheSerialNumber) {
    take(6000);
    restart();
    EXPECT_THAT(read("grid/30/Ac/Energy/Forward"), HasSubstr("null")) << "5276.4 after 6000";
    EXPECT_THAT(take(6000.1), HasSubstr("Forward {\"value\":6000.1}"));
    EXPECT_THAT(venus(update(first, em24_info("new"))), HasSubstr("Energy/Forward {\"value\":5276.4}"))
        << "another meter has its own";
    EXPECT_THAT(venus(update(first, em24_info())), HasSubstr("Energy/Forward {\"value\":null}"))
        << "and the first one its old mark";
}

TEST_F(CountersTest, HeldCountersAndPhaseSumsAreInTheHealth) {
    take(0);
    for (int i = 0; i < 5; ++i) {
        now_ += 1s;
        Reading reading = grid_reading(now_);
        reading.set(Quantity::Power, 9000);
        Messages out;
        bridge_->update(update_of(first, {}, reading), now_, out);
    }
    Messages out;
    bridge_->connected(now_, out);
    const std::string text = as_text(out);
    EXPECT_THAT(text,
                AllOf(HasSubstr("\"phase_sum_differences\":5"), HasSubstr("\"phase_sum_differs_w\":9629"),
                      HasSubstr("\"phase_sum_differs_s\":4"), HasSubstr("\"counters_held_back\":1")));
}

} // namespace
} // namespace gridbridge
