// Numbers of meters that have not answered yet.
#include "mqtt/settings/instance_plan.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

class InstancePlanTest : public testing::Test {
  protected:
    static PlannedMeter grid(const std::string& place) { return {place, "grid", false, {}}; }
    static PlannedMeter wants(const std::string& place, int instance) {
        return {place, "grid", false, instance};
    }
    // "0:30 1:31": meter and number.
    static std::string promises_of(InstancePlan plan) {
        std::string text;
        for (std::size_t meter = 0; meter < 8; ++meter) {
            if (const auto number = plan.take(meter)) {
                text += (text.empty() ? "" : " ") + std::to_string(meter) + "=" + number->text();
            }
        }
        return text;
    }
    std::string promised(std::vector<PlannedMeter> meters) {
        InstancePlan plan(std::move(meters));
        plan.renew(settings_);
        return promises_of(plan);
    }
    // As after an earlier run.
    Settings::Device& known(const std::string& id, const std::string& place, const std::string& role,
                            int instance) {
        settings_.set_class(id, role, false);
        settings_.move_instance(id, role, instance);
        settings_.set_place(id, place);
        return settings_.device(id);
    }

    Settings settings_;
};

TEST_F(InstancePlanTest, InTheOrderOfTheConfigurationAndByClass) {
    EXPECT_EQ(promised({grid("a"), {"b", "pvinverter", true, {}}, grid("c")}),
              "0=grid:30 1=pvinverter:30 2=grid:31");
}

TEST_F(InstancePlanTest, ConfiguredNumbersComeFirst) {
    EXPECT_EQ(promised({grid("a"), wants("b", 30), wants("c", 30), wants("d", 7)}),
              "0=grid:32 1=grid:30 2=grid:31 3=grid:7");
}

TEST_F(InstancePlanTest, NumbersOfOthersAreLeftAlone) {
    known("cgwacs_OLD", "elsewhere", "grid", 30);
    known("cgwacs_PV", "roof", "pvinverter", 31);
    EXPECT_EQ(promised({grid("a"), grid("b"), wants("c", 30)}), "0=grid:32 1=grid:33 2=grid:31");
}

TEST_F(InstancePlanTest, AMeterWithANumberIsPromisedNone) {
    known("cgwacs_A", "a", "grid", 30);
    EXPECT_EQ(promised({grid("a"), grid("b"), grid("")}), "1=grid:31 2=grid:32");
    EXPECT_EQ(promised({wants("a", 40)}), "") << "what is kept wins";
}

TEST_F(InstancePlanTest, AnotherRoleNeedsANumberToo) {
    Settings::Device& device = known("cgwacs_A", "a", "grid", 30);
    EXPECT_EQ(promised({{"a", "pvinverter", true, {}}}), "0=pvinverter:30");
    EXPECT_EQ(promised({{"a", "pvinverter", false, {}}}), "") << "the driver's default does not change it";
    device.role_is_written = true;
    EXPECT_EQ(promised({{"a", "pvinverter", true, {}}}), "") << "a client chose the grid";
}

TEST_F(InstancePlanTest, APromiseIsTakenOnce) {
    InstancePlan plan({grid("a"), grid("b")});
    plan.renew(settings_);
    EXPECT_EQ(plan.take(0), (ClassInstance{"grid", 30}));
    EXPECT_EQ(plan.take(0), std::nullopt);
    EXPECT_EQ(plan.numbers(), (Settings::Numbers{{"grid", {31}}}));
}

// What a client takes away moves nobody else.
TEST_F(InstancePlanTest, ANumberGivenAwayIsReplacedByTheNextFreeOne) {
    InstancePlan plan({grid("a"), grid("b")});
    plan.renew(settings_);
    settings_.promise(plan.numbers());
    EXPECT_EQ(settings_.move_instance("cgwacs_X", "grid", 30), 30);
    plan.given_away({"grid", 30}, settings_);
    EXPECT_EQ(promises_of(plan), "0=grid:32 1=grid:31");
}

TEST_F(InstancePlanTest, WhoLosesItsNumberIsPromisedAnotherWhileOthersKeepTheirs) {
    known("cgwacs_A", "a", "grid", 30);
    InstancePlan plan({grid("a"), grid("b")});
    plan.renew(settings_);
    settings_.erase("cgwacs_A");
    plan.fill(settings_);
    EXPECT_EQ(promises_of(plan), "0=grid:30 1=grid:31");
}

TEST_F(InstancePlanTest, TheLastNumberThereIsIsFollowedByTheFirst) {
    const int last = std::numeric_limits<int>::max();
    EXPECT_EQ(promised({wants("a", last), wants("b", last)}),
              "0=grid:" + std::to_string(last) + " 1=grid:30");
}

// Devices that nobody expects get numbers behind all that are promised.
TEST_F(InstancePlanTest, PromisedNumbersAreGivenToNobodyByChance) {
    settings_.promise({{"grid", {30, 31}}, {"pvinverter", {30}}});
    settings_.set_class("cgwacs_X_S", "pvinverter", false);
    EXPECT_EQ(settings_.offered_instance("cgwacs_X_S", "pvinverter"), 31);
    EXPECT_EQ(settings_.instance_for("p1_GAS", "grid", {}), 32);
    EXPECT_EQ(settings_.instance_for("p1_HEAT", "grid", 31), 33);
    EXPECT_EQ(settings_.move_instance("p1_ASKED", "grid", 31), 31) << "a client may have it";
    EXPECT_EQ(settings_.move_instance("p1_LATE", "grid", 33), 34);
}

} // namespace
} // namespace gridbridge
