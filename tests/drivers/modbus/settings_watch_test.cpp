#include "drivers/modbus/settings_watch.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point now{1h};

TEST(SettingsWatch, ALockedSetUpIsComparedAsAWholeEveryFiveSeconds) {
    SettingsWatch watch;
    EXPECT_TRUE(watch.settings_checked(false, 2, now));
    EXPECT_FALSE(watch.locked_settings_are_due(now + 1h));
    EXPECT_TRUE(watch.settings_checked(true, 2, now));
    EXPECT_FALSE(watch.locked_settings_are_due(now + 4999ms));
    EXPECT_TRUE(watch.locked_settings_are_due(now + 5s));
    EXPECT_FALSE(watch.take_setting(now + 1h, true));
    EXPECT_FALSE(watch.settings_checked(true, 2, now + 5s)) << "said before";
    EXPECT_FALSE(watch.locked_settings_are_due(now + 9s));
    EXPECT_TRUE(watch.settings_checked(false, 2, now + 10s));
    EXPECT_FALSE(watch.locked_settings_are_due(now + 1h));
}

TEST(SettingsWatch, OtherSettingsAreReadOneByOneEachWithinAMinute) {
    SettingsWatch watch;
    watch.settings_checked(false, 2, now);
    EXPECT_FALSE(watch.take_setting(now + 24s, true));
    EXPECT_EQ(watch.take_setting(now + 25s, true), 0U);
    EXPECT_FALSE(watch.take_setting(now + 49s, true));
    EXPECT_FALSE(watch.take_setting(now + 50s, false)) << "control values go first";
    EXPECT_EQ(watch.take_setting(now + 54s, false), 1U) << "but not for ever";
    EXPECT_EQ(watch.take_setting(now + 83s, false), 0U);
    watch.settings_checked(false, 0, now);
    EXPECT_FALSE(watch.take_setting(now + 1h, true)) << "it has none";
}

TEST(SettingsWatch, TheSelectorIsLookedAtEveryFourSeconds) {
    SettingsWatch watch;
    watch.meter_found(false);
    watch.set_up(now);
    EXPECT_FALSE(watch.take_selector(now + 3999ms));
    EXPECT_TRUE(watch.take_selector(now + 4s));
    EXPECT_FALSE(watch.take_selector(now + 7s));
    EXPECT_TRUE(watch.take_selector(now + 8s));
}

TEST(SettingsWatch, AlarmsAreLookedAtAtOnceAndEveryTenSeconds) {
    SettingsWatch watch;
    watch.meter_found(true);
    watch.set_up(now);
    EXPECT_TRUE(watch.take_alarms(now));
    EXPECT_FALSE(watch.take_alarms(now + 9s));
    watch.set_up(now + 9s);
    EXPECT_TRUE(watch.take_alarms(now + 9s));
    watch.no_alarms();
    watch.set_up(now + 20s);
    EXPECT_FALSE(watch.take_alarms(now + 24h));
    watch.meter_found(false);
    watch.set_up(now);
    EXPECT_FALSE(watch.take_alarms(now + 24h)) << "it has none";
}

} // namespace
} // namespace gridbridge
