// What is kept of the meters, without their life.
#include "mqtt/bridge/kept_state.hpp"

#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Hears the settings.
class SettingsSeen final : public Outlet, public SettingListener {
  public:
    explicit SettingsSeen(std::map<std::string, std::string>& seen) : seen_(seen) {}
    void setting(const std::string& path, const std::string& payload, Clock::time_point /*now*/,
                 Messages& /*out*/) override {
        seen_[path] = payload;
    }

  private:
    std::map<std::string, std::string>& seen_;
};

class KeptStateTest : public testing::Test {
  protected:
    static constexpr const char* id = "cgwacs_BX0120064003P";

    Meter identified(const MeterInfo& info = em24_info()) {
        Meter meter;
        kept_.identities().identify(meter, info);
        kept_.begin(meter, {}, now_, out_);
        return meter;
    }
    static Reading forward(double kwh) {
        Reading reading;
        reading.set(Quantity::EnergyForward, kwh);
        return reading;
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages out_;
    LogBook book_;
    Settings settings_;
    Orders orders_;
    std::map<std::string, std::string> seen_;
    OutletSet outlets_{{{"seen", [this] { return std::make_unique<SettingsSeen>(seen_); }}}, {}};
    KeptState kept_{settings_, outlets_, &orders_, book_.log()};
};

TEST_F(KeptStateTest, AMeterIsKnownAnnouncedAndShown) {
    const Meter meter = identified();
    EXPECT_EQ(meter.device_id, id);
    EXPECT_EQ(meter.role, "grid");
    EXPECT_TRUE(settings_.find(id)->announced);
    EXPECT_EQ(seen_["Devices/cgwacs_BX0120064003P/ClassAndVrmInstance"], R"({"value":"grid:30"})");
}

TEST_F(KeptStateTest, ACounterThatFallsIsHeldAndConfirmed) {
    Meter meter = identified();
    Reading before = forward(100);
    kept_.correct(meter, before);
    Reading fallen = forward(3);
    kept_.correct(meter, fallen);
    EXPECT_FALSE(fallen.has(Quantity::EnergyForward)) << "unknown, not its old value";
    EXPECT_TRUE(meter.counters_held);
    EXPECT_EQ(meter.standing, (CounterGuard::Marks{{Quantity::EnergyForward, 100.0}}));
    EXPECT_THAT(book_.text(), HasSubstr("energy_forward fell from 100.0 to 3.0 kWh: null until"));
    EXPECT_TRUE(kept_.confirm_counters(meter));
    EXPECT_FALSE(meter.counters_held);
    EXPECT_TRUE(meter.standing.empty());
    EXPECT_FALSE(kept_.confirm_counters(meter)) << "nothing is held";
    Reading next = forward(4);
    kept_.correct(meter, next);
    EXPECT_EQ(next.get(Quantity::EnergyForward), 4.0);
}

// The first reading after a restart may have power alone.
TEST_F(KeptStateTest, ACounterThatAReadingLacksStandsAtItsStoredValue) {
    Meter before = identified();
    Reading full = forward(100);
    full.set(Quantity::EnergyReverse, 7);
    kept_.correct(before, full);
    EXPECT_TRUE(before.standing.empty());
    kept_.store_energy(now_, out_);

    KeptState restarted(settings_, outlets_, &orders_, book_.log());
    Meter meter;
    restarted.identities().identify(meter, em24_info());
    restarted.begin(meter, {}, now_, out_);
    Reading power;
    power.set(Quantity::Power, 250);
    restarted.correct(meter, power);
    EXPECT_FALSE(power.has(Quantity::EnergyForward)) << "for all others it is unknown";
    EXPECT_EQ(meter.standing,
              (CounterGuard::Marks{{Quantity::EnergyForward, 100.0}, {Quantity::EnergyReverse, 7.0}}));
    Reading part = forward(101);
    restarted.correct(meter, part);
    EXPECT_EQ(meter.standing, (CounterGuard::Marks{{Quantity::EnergyReverse, 7.0}}));
}

TEST_F(KeptStateTest, TheFuseOfTheConnectionBoundsTheRise) {
    Meter small = identified();
    Meter meter;
    meter.source = {1, 0};
    meter.config.fuse = 1000; // 690 kW
    kept_.identities().identify(meter, em24_info("large"));
    kept_.begin(meter, {}, now_, out_);
    for (Meter* const each : {&small, &meter}) {
        Reading reading = forward(100.5);
        kept_.correct(*each, reading);
        Reading next = forward(200.5);
        next.received += 10min;
        kept_.correct(*each, next);
        EXPECT_EQ(next.has(Quantity::EnergyForward), each == &meter);
    }
    EXPECT_THAT(book_.text(), HasSubstr("energy_forward rose from 100.5 to 200.5 kWh, more than 69.0 kW"));
}

TEST_F(KeptStateTest, TheExportEstimateDoesNotStepOnADoubtfulTotal) {
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    Meter meter = identified(info);
    const auto l2 = [&](double reverse, std::chrono::seconds at) {
        Reading reading = grid_reading(now_ + at);
        reading.set(Quantity::EnergyReverse, reverse);
        kept_.correct(meter, reading);
        return reading.get(Quantity::EnergyReverseL2).value_or(0);
    };
    const double before = l2(900, 0s);
    for (const auto& [reverse, at] :
         {std::pair(90000.0, 1s), {900.0, 2s}, {0.0, 3s}, {900.0, 4s}, {5000.5, 5s}}) {
        EXPECT_EQ(l2(reverse, at), before);
    }
    EXPECT_TRUE(kept_.confirm_counters(meter));
    EXPECT_EQ(l2(5000.5, 6s), before) << "the jump was not exported";
    EXPECT_GT(l2(5000.6, 7s), before);
}

TEST_F(KeptStateTest, OtherTransformersAreNoJump) {
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    Meter meter = identified(info);
    Reading reading = grid_reading(now_);
    kept_.correct(meter, reading);
    const MeterInfo before = meter.info;
    info.energy_ratio = 40;
    kept_.identities().identify(meter, info);
    kept_.begin(meter, before, now_, out_);
    Reading more = grid_reading(now_ + 1s);
    more.set(Quantity::EnergyForward, 5276.4 * 40);
    more.set(Quantity::EnergyReverse, 8742.1 * 40);
    kept_.correct(meter, more);
    EXPECT_EQ(more.get(Quantity::EnergyForward), 5276.4 * 40);
    EXPECT_DOUBLE_EQ(more.get(Quantity::EnergyReverseL2).value_or(0), 8742.1 * 40 / 3);
    EXPECT_EQ(settings_.find(id)->energy_ratio, 40);
    Reading wrong = grid_reading(now_ + 2s);
    kept_.correct(meter, wrong);
    EXPECT_FALSE(wrong.has(Quantity::EnergyForward)) << "without the transformers";
    KeptState again(settings_, outlets_, &orders_, {});
    Meter same;
    info.energy_ratio = 1;
    again.identities().identify(same, info);
    again.begin(same, {}, now_, out_);
    Reading back = grid_reading(now_ + 3s);
    again.correct(same, back);
    EXPECT_DOUBLE_EQ(back.get(Quantity::EnergyForward).value_or(0), 5276.4)
        << "and taken out while nobody looked";
}

// Not only what the last save had of it.
TEST_F(KeptStateTest, WhatWasEstimatedJustNowIsScaledByOtherTransformers) {
    MeterInfo info = em24_info();
    info.estimate_reverse_per_phase = true;
    Meter meter = identified(info);
    const auto l2 = [&](double reverse, std::chrono::seconds at) {
        Reading reading = grid_reading(now_ + at); // L2 alone exports
        reading.set(Quantity::EnergyReverse, reverse);
        kept_.correct(meter, reading);
        return reading.get(Quantity::EnergyReverseL2).value_or(0);
    };
    const double before = l2(900, 0s);
    const double estimated = l2(900.1, 1s);
    ASSERT_GT(estimated, before + 0.05);
    const MeterInfo old = meter.info;
    info.energy_ratio = 2;
    kept_.identities().identify(meter, info);
    kept_.begin(meter, old, now_, out_);
    EXPECT_NEAR(l2(1800.2, 2s), 2 * estimated, 1e-6);
}

TEST_F(KeptStateTest, AcceptedCountersSurviveARestart) {
    Meter meter = identified();
    Reading reading = forward(100);
    kept_.correct(meter, reading);
    kept_.store_energy(now_, out_);
    KeptState again(settings_, outlets_, &orders_, {});
    Meter same;
    again.identities().identify(same, em24_info());
    again.begin(same, {}, now_, out_);
    Reading fallen = forward(3);
    again.correct(same, fallen);
    EXPECT_TRUE(same.counters_held);
}

TEST_F(KeptStateTest, NothingIsStoredWhileTheSettingsAreAwaited) {
    kept_.await_settings();
    Meter meter = identified();
    Reading reading = forward(100);
    kept_.correct(meter, reading);
    kept_.store_energy(now_, out_);
    EXPECT_THAT(settings_.find(id)->counters, IsEmpty());
    kept_.no_settings_came();
    kept_.store_energy(now_, out_);
    EXPECT_EQ(settings_.find(id)->counters.size(), 1U);
}

TEST_F(KeptStateTest, AnotherUseOfThePhasesCountsAnew) {
    Meter meter = identified();
    Reading reading = forward(100);
    kept_.correct(meter, reading);
    kept_.store_energy(now_, out_);
    const MeterInfo before = meter.info;
    MeterInfo info = before;
    info.multiphase = false;
    kept_.identities().identify(meter, info);
    kept_.begin(meter, before, now_, out_);
    Reading less = forward(3);
    kept_.correct(meter, less);
    EXPECT_EQ(less.get(Quantity::EnergyForward), 3.0) << "fewer phases: no fall";
}

TEST_F(KeptStateTest, OnlyPhaseModesThatAreKeptGoToTheDrivers) {
    settings_.device(id).supports_multiphase = true;
    kept_.give_phase_modes();
    const bool before = orders_.phase_mode(id).value_or(PhaseMode{}).multiphase;
    EXPECT_TRUE(before);
    settings_.write(id, "IsMultiphase", 0);
    kept_.give_phase_modes();
    ASSERT_TRUE(orders_.phase_mode(id));
    EXPECT_FALSE(orders_.phase_mode(id)->multiphase);
}

TEST_F(KeptStateTest, ForgetsWhatWasAnnouncedOfOthersOnce) {
    settings_.set_announced("cgwacs_OLD", true);
    settings_.set_announced("sml_BX0120064003P", true); // another driver reads it now
    const Meter meter = identified();
    EXPECT_THAT(kept_.forget_all_but({&meter}), ElementsAre("OLD"));
    EXPECT_THAT(kept_.forget_all_but({&meter}), IsEmpty());
    EXPECT_FALSE(settings_.find("sml_BX0120064003P")->announced);
    EXPECT_TRUE(settings_.find(id)->announced);
}

TEST_F(KeptStateTest, OtherSettingsTakeThePlaceOfAllButThePortalId) {
    settings_.set_portal_id("mine");
    settings_.set_service_id("1-2");
    Settings other;
    other.set_portal_id("other");
    other.set_device_ids("A,B");
    kept_.replace(other, now_, out_);
    EXPECT_EQ(settings_.portal_id(), "mine");
    EXPECT_EQ(settings_.service_id(), "1-2") << "an older program had none";
    EXPECT_EQ(seen_["CGwacs/DeviceIds"], R"({"value":"A,B"})");
    other.set_service_id("3-4");
    kept_.replace(other, now_, out_);
    EXPECT_EQ(settings_.service_id(), "3-4") << "the one it had before the power cut";
}

TEST_F(KeptStateTest, OtherSettingsAreInForceAtOnce) {
    Settings other;
    other.device(id).supports_multiphase = true;
    other.write(id, "IsMultiphase", 0);
    kept_.replace(other, now_, out_);
    ASSERT_TRUE(orders_.phase_mode(id));
    EXPECT_FALSE(orders_.phase_mode(id)->multiphase) << "the driver too";
}

TEST_F(KeptStateTest, WhatWasCountedBeforeIsNotStoredOverOtherSettings) {
    Meter meter = identified();
    Reading reading = forward(100);
    kept_.correct(meter, reading);
    const std::map<std::string, double> counted{
        {std::string(quantity_table.at(index_of(Quantity::EnergyForward)).name), 5000.0}};
    Settings other;
    other.set_counters(id, counted);
    kept_.replace(other, now_, out_);
    kept_.store_energy(now_, out_);
    EXPECT_EQ(settings_.find(id)->counters, counted);
}

} // namespace
} // namespace gridbridge
