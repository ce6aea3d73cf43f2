// What clients write to services and settings, through the Venus outlet and the bridge.
#include "tests/mqtt/bridge/writes_world.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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

TEST_F(WritesTest, AMeterWithoutExportCannotBecomeTheGrid) {
    settings_.move_instance("cgwacs_PFA", "grid", 30);
    settings_.set_class("cgwacs_PFA", "grid", true); // as an earlier program had allowed
    MeterInfo info = em24_info("PFA");
    info.import_only = true;
    info.default_role = "acload"; // stands for the configuration
    update(other, info);
    EXPECT_EQ(read("acload/30/AllowedRoles"),
              R"(acload/30/AllowedRoles {"value":["pvinverter","genset","acload","evcharger","heatpump"]})"
              "\n");
    EXPECT_EQ(write("acload/30/Role", R"({"value":"grid"})"), "");
    EXPECT_EQ(write("settings/0/Settings/Devices/cgwacs_PFA/ClassAndVrmInstance", R"({"value":"grid:50"})"),
              "");
    EXPECT_THAT(write("acload/30/Role", R"({"value":"genset"})"), HasSubstr("genset/30/Role"));
}

TEST_F(WritesTest, AVolumeCounterHasNoRoleAndNoPosition) {
    MeterInfo gas = em24_info("G1");
    gas.kind = "p1";
    gas.default_role = "pulsemeter";
    gas.role_is_fixed = true;
    Reading reading;
    reading.received = now_;
    reading.set(Quantity::Volume, 1.0);
    Messages out;
    bridge_->update(update_of(other, gas, reading), now_, out);
    const std::string path = "settings/0/Settings/Devices/p1_G1";
    EXPECT_EQ(read(path), path + "/ClassAndVrmInstance {\"value\":\"pulsemeter:30\"}\n" + path +
                              "/CustomName {\"value\":\"\"}\n");
    for (const char* absent : {"Role", "AllowedRoles", "Position", "DeviceType", "UpdateIndex", "NrOfPhases",
                               "Ac/Power", "IsGenericEnergyMeter"}) {
        EXPECT_EQ(read("pulsemeter/30/" + std::string(absent)), "") << absent;
        EXPECT_EQ(write("pulsemeter/30/" + std::string(absent), R"({"value":1})"), "") << absent;
    }
    EXPECT_EQ(write(path + "/Position", R"({"value":1})"), "");
    EXPECT_EQ(write(path + "/ClassAndVrmInstance", R"({"value":"grid:40"})"), "");
    restart(); // away: what it was is known
    EXPECT_EQ(write(path + "/ClassAndVrmInstance", R"({"value":"grid:40"})"), "");
    EXPECT_THAT(write(path + "/ClassAndVrmInstance", R"({"value":"pulsemeter:40"})"),
                HasSubstr("pulsemeter:40"));
}

TEST_F(WritesTest, PositionIsZeroToTwoWhereTheRoleHasOne) {
    const std::string product = "pvinverter/30/ProductName {\"value\":\"PV inverter on ";
    const std::string position = "pvinverter/30/Position {\"value\":";
    write("grid/30/Role", R"({"value":"pvinverter"})");
    EXPECT_EQ(write("pvinverter/30/Position", R"({"value":2})"),
              device + "/Position {\"max\":2,\"min\":0,\"value\":2}\n" + product + "input 2\"}\n" + position +
                  "2}\n");
    for (const char* refused : {"3", "-1", "\"x\"", "null", "2"}) {
        EXPECT_EQ(write("pvinverter/30/Position", "{\"value\":" + std::string(refused) + "}"), "") << refused;
    }
    EXPECT_EQ(write(device + "/Position", R"({"value":0.9})"),
              device + "/Position {\"max\":2,\"min\":0,\"value\":0}\n" + product + "input 1\"}\n" + position +
                  "0}\n");
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

TEST_F(WritesTest, TheLastNumberThereIsCanBeAskedForTwice) {
    update(other, em24_info("B"));
    const std::string wish = R"({"value":"grid:2147483647"})";
    EXPECT_THAT(write(device + "/ClassAndVrmInstance", wish), HasSubstr("grid:2147483647"));
    EXPECT_THAT(write("settings/0/Settings/Devices/cgwacs_B/ClassAndVrmInstance", wish),
                HasSubstr("\"grid:30\""));
    EXPECT_EQ(write(device + "/ClassAndVrmInstance", R"({"value":"grid:2147483648"})"), "");
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

} // namespace
} // namespace gridbridge
