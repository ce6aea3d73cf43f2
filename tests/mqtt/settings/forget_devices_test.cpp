// What is kept of a meter that is gone for good.
#include "mqtt/settings/forget_devices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Settings three_meters() {
    Settings settings;
    settings.set_device_ids("A,AB,B");
    for (const char* const id : {"cgwacs_A", "cgwacs_A_S", "sml_A", "cgwacs_AB"}) {
        settings.instance_for(id, "grid", {});
    }
    settings.saved();
    return settings;
}

TEST(ForgetDevices, AreAllWithTheSerialNumber) {
    const Settings settings = three_meters();
    EXPECT_THAT(devices_with_serial(settings, "A"), ElementsAre("cgwacs_A", "cgwacs_A_S", "sml_A"));
    EXPECT_THAT(devices_with_serial(settings, "A_S"), IsEmpty()) << "no meter of its own";
    EXPECT_THAT(devices_with_serial(settings, ""), IsEmpty());
}

TEST(ForgetDevices, TheirNumbersAreFree) {
    Settings settings = three_meters();
    forget_devices(settings, "A");
    EXPECT_EQ(settings.device_ids(), "AB,B");
    EXPECT_EQ(settings.find("cgwacs_A"), nullptr);
    EXPECT_EQ(settings.find("cgwacs_A_S"), nullptr);
    EXPECT_EQ(settings.instance_for("p1_NEW", "grid", {}), 30);
    EXPECT_TRUE(settings.changed());
}

TEST(ForgetDevices, OthersStay) {
    Settings settings = three_meters();
    forget_devices(settings, "C");
    EXPECT_FALSE(settings.changed());
    EXPECT_EQ(settings.devices().size(), 4U);
}

} // namespace
} // namespace gridbridge
