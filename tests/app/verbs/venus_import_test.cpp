#include "app/verbs/venus_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view of_a_gx = R"(<?xml version="1.0" encoding="UTF-8"?>
<Settings>
  <CGwacs><DeviceIds type="s" default="" silent="False">BX0120064003P</DeviceIds></CGwacs>
  <Devices>
    <cgwacs_BX0120064003P>
      <ClassAndVrmInstance type="s" min="" max="" default="grid:30" silent="False">grid:33</ClassAndVrmInstance>
      <CustomName type="s" default="" silent="False">Haus &amp; Hof</CustomName>
      <IsMultiphase type="i" default="1" silent="False">1</IsMultiphase>
      <Position type="i" min="0" max="2" default="0" silent="False">1</Position>
      <SupportMultiphase type="i" default="1" silent="False">1</SupportMultiphase>
      <L1ReverseEnergy type="f" min="0" max="1000000" default="0" silent="True">12.5</L1ReverseEnergy>
      <L2ReverseEnergy type="f" min="0" max="1000000" default="0" silent="True">0</L2ReverseEnergy>
    </cgwacs_BX0120064003P>
    <cg_KX0000000001C>
      <ClassAndVrmInstance type="s" default="grid:40" silent="False">pvinverter:41</ClassAndVrmInstance>
      <CustomName type="s" default="" silent="False"></CustomName>
    </cg_KX0000000001C>
    <mqtt_x><ClassAndVrmInstance>grid:50</ClassAndVrmInstance></mqtt_x>
  </Devices>
</Settings>
)";

TEST(VenusImport, TakesWhatAClientWouldHaveWritten) {
    Settings settings;
    const Imported imported = import_venus_settings(of_a_gx, settings, false);
    EXPECT_THAT(imported.problems, IsEmpty());
    EXPECT_EQ(imported.lines.size(), 2U);
    EXPECT_THAT(imported.lines.at(0), HasSubstr("cgwacs_BX0120064003P: grid/33, CustomName Haus & Hof"));
    const std::string id = "cgwacs_BX0120064003P";
    ASSERT_NE(settings.find(id), nullptr);
    EXPECT_EQ(settings.find(id)->service_class, "grid");
    EXPECT_TRUE(settings.find(id)->role_is_written) << "the configuration does not change it any more";
    EXPECT_EQ(settings.instance_for(id, "grid", 30), 33);
    EXPECT_EQ(settings.value(id, "CustomName"), SettingValue(std::string("Haus & Hof")));
    EXPECT_EQ(settings.value(id, "Position"), SettingValue(1));
    EXPECT_DOUBLE_EQ(settings.reverse_kwh(id)[0].value_or(0), 12.5);
    EXPECT_EQ(settings.instance_for("cgwacs_KX0000000001C", "pvinverter", {}), 41);
    EXPECT_EQ(settings.find("mqtt_x"), nullptr);
}

TEST(VenusImport, AKnownDeviceIsReplacedOnlyWhenAsked) {
    Settings settings;
    settings.set_class("cgwacs_BX0120064003P", "pvinverter", false);
    EXPECT_THAT(import_venus_settings(of_a_gx, settings, false).problems,
                ElementsAre(HasSubstr("cgwacs_BX0120064003P: is known already")));
    EXPECT_EQ(settings.find("cgwacs_BX0120064003P")->service_class, "pvinverter");
    EXPECT_THAT(import_venus_settings(of_a_gx, settings, true).problems, IsEmpty());
    EXPECT_EQ(settings.find("cgwacs_BX0120064003P")->service_class, "grid");
}

TEST(VenusImport, WhatIsNoSettingsFileIsSaid) {
    Settings settings;
    EXPECT_THAT(import_venus_settings("no xml", settings, false).problems,
                ElementsAre(HasSubstr("not XML: ")));
    EXPECT_THAT(import_venus_settings("<a/>", settings, false).problems,
                ElementsAre(HasSubstr("no Settings/Devices/cgwacs_")));
    EXPECT_THAT(import_venus_settings("<Settings><Devices><cgwacs_X><ClassAndVrmInstance>battery:1"
                                      "</ClassAndVrmInstance></cgwacs_X></Devices></Settings>",
                                      settings, false)
                    .problems,
                ElementsAre(HasSubstr("is not a role and instance of a meter")));
    EXPECT_EQ(settings.find("cgwacs_X"), nullptr);
    std::string deep;
    for (int i = 0; i < 300000; ++i) {
        deep += "<a>";
    }
    EXPECT_THAT(import_venus_settings(deep, settings, false).problems, ElementsAre(HasSubstr("not XML: ")));
    EXPECT_THAT(import_venus_settings(std::string(max_settings_xml + 1, ' '), settings, false).problems,
                ElementsAre(HasSubstr("larger than 4 MB")));
}

} // namespace
} // namespace gridbridge
