// Energy netted over the phases, from readings to the settings that keep it.
#include "mqtt/bridge/kept_energy.hpp"

#include "tests/fakes/meters.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

class KeptNettingTest : public testing::Test {
  protected:
    KeptNettingTest() { begin(); }

    void begin() {
        meter_.config.netting = true;
        meter_.info = {};
        meter_.device_id = id;
        const MeterInfo before = std::exchange(meter_.info, em24_info());
        energy_.emplace(settings_, Log{});
        energy_->begin(meter_, before, true);
    }
    // Of a second with 3.6 kW, 1 Wh.
    Reading next() {
        now_ += 1s;
        forward_ += 0.001;
        Reading reading = grid_reading(now_, 3600, 0, 0);
        reading.set(Power, 3600);
        reading.set(EnergyForward, forward_);
        reading.set(EnergyReverse, 50);
        energy_->correct(meter_, reading);
        return reading;
    }
    // In order; the next one has not begun.
    double told_by_a_run_that_ended() {
        for (int second = 0; second < 5; ++second) {
            next();
        }
        disk_has_taken_all();
        const double told = next().get(EnergyNettingForward).value();
        energy_->store();
        settings_.end();
        settings_ = Settings::from_json(settings_.to_json()).value();
        return told;
    }
    void disk_has_taken_all() { settings_.set_on_disk(settings_.saved()); }

    static constexpr const char* id = "cgwacs_BX0120064003P";
    Clock::time_point now_ = Clock::time_point{} + 1h;
    double forward_ = 100;
    Meter meter_;
    Settings settings_;
    std::optional<KeptEnergy> energy_;
};

TEST_F(KeptNettingTest, NothingIsToldBeforeTheDiskHasIt) {
    next();
    EXPECT_FALSE(next().has(EnergyNettingForward));
    EXPECT_TRUE(settings_.changed()) << "saved without waiting for the next ten minutes";
    settings_.saved();
    EXPECT_FALSE(next().has(EnergyNettingForward)) << "the disk is slow";
    settings_.set_on_disk(1);
    EXPECT_NEAR(next().get(EnergyNettingForward).value_or(-1), 0.003, 1e-9);
}

TEST_F(KeptNettingTest, HowFineTheCountersAreIsSavedOnceItIsKnown) {
    next();
    next();
    disk_has_taken_all();
    next();
    next();
    const std::string on_disk = settings_.to_json(); // of the first seconds: no store() since
    disk_has_taken_all();
    const double told = next().get(EnergyNettingForward).value();
    settings_ = Settings::from_json(on_disk).value();
    begin();
    int seconds = 0;
    std::optional<double> again;
    for (; !again && seconds < 100; ++seconds) {
        again = next().get(EnergyNettingForward);
    }
    ASSERT_TRUE(again.has_value()) << "1 kWh, the coarsest counter, would be hours";
    EXPECT_GE(*again, told);
}

// Else runs that are killed early would each begin with the coarsest one, and none would ever tell.
TEST_F(KeptNettingTest, HowFineTheCountersAreIsSavedAlsoByARunThatBeganWithAKeptSum) {
    next();
    ASSERT_GT(settings_.find(id)->netted->step, 0.01) << "not known from one reading";
    settings_ = Settings::from_json(settings_.to_json()).value();
    begin();
    for (int second = 0; second < 5; ++second) {
        next();
    }
    EXPECT_LT(settings_.find(id)->netted->step, 0.01) << "no store() since";
}

TEST_F(KeptNettingTest, GoesOnAfterAStopInOrder) {
    const double before = told_by_a_run_that_ended();
    ASSERT_TRUE(settings_.has_ended());
    begin();
    EXPECT_GE(next().get(EnergyNettingForward).value_or(-1), before) << "what is kept is on disk";
}

TEST_F(KeptNettingTest, AfterAPowerCutItIsUnknownUntilItExceedsWhatMayHaveBeenTold) {
    for (int second = 0; second < 5; ++second) {
        next();
    }
    energy_->store();
    const std::string on_disk = settings_.to_json();
    disk_has_taken_all();
    double told = 0;
    for (int second = 0; second < 100; ++second) {
        told = next().get(EnergyNettingForward).value();
    }
    settings_ = Settings::from_json(on_disk).value();
    EXPECT_FALSE(settings_.has_ended());
    begin();
    EXPECT_FALSE(next().has(EnergyNettingForward));
    Reading reading;
    for (int second = 0; second < 60 && !reading.has(EnergyNettingForward); ++second) {
        reading = next();
    }
    EXPECT_GE(reading.get(EnergyNettingForward).value_or(-1), told);
}

// A run that never saw the meter knows no more about what was told than what was kept.
TEST_F(KeptNettingTest, ARunInOrderWithoutTheMeterDoesNotEndWhatWasKilledBefore) {
    for (int second = 0; second < 5; ++second) {
        next();
    }
    const std::string on_disk = settings_.to_json();
    disk_has_taken_all();
    const double told = next().get(EnergyNettingForward).value();
    settings_ = Settings::from_json(on_disk).value();
    begin();
    energy_->store();
    settings_.end();
    settings_ = Settings::from_json(settings_.to_json()).value();
    ASSERT_TRUE(settings_.has_ended());
    begin();
    disk_has_taken_all();
    for (int second = 0; second < 60; ++second) {
        EXPECT_GE(next().get(EnergyNettingForward).value_or(told), told);
    }
}

// Killed before anything but the sums was kept.
TEST_F(KeptNettingTest, ACounterThatBeganAnewAroundAKillIsNotTakenForWhatFlowed) {
    forward_ = 999'998;
    for (int second = 0; second < 5; ++second) {
        next();
    }
    settings_ = Settings::from_json(settings_.to_json()).value();
    EXPECT_TRUE(settings_.find(id)->counters.contains("energy_forward")) << "the counter it goes with";
    settings_.set_counters(id, {}); // as an earlier program kept it
    begin();
    disk_has_taken_all();
    forward_ = 0.5;
    for (int second = 0; second < 20; ++second) {
        const Reading reading = next();
        EXPECT_LT(reading.get(EnergyNettingForward).value_or(0), 10);
        EXPECT_LT(reading.get(EnergyNettingReverse).value_or(0), 10);
    }
}

// Its counters were exchanged while nobody looked: nothing of that flowed.
TEST_F(KeptNettingTest, CountersExchangedBetweenTwoRunsAreNotTakenForWhatFlowed) {
    const double before = told_by_a_run_that_ended();
    begin();
    forward_ = 3;
    next();
    ASSERT_TRUE(meter_.counters_held);
    ASSERT_TRUE(energy_->confirm_counters(meter_));
    double last = before;
    for (int second = 0; second < 600; ++second) { // long enough for what is brought back slowly
        disk_has_taken_all();
        const Reading reading = next();
        const double forward = reading.get(EnergyNettingForward).value_or(last);
        ASSERT_GE(forward, last);
        ASSERT_LT(forward, before + 0.001 * (second + 10));
        ASSERT_LT(reading.get(EnergyNettingReverse).value_or(0), 0.01);
        last = forward;
    }
    EXPECT_GT(last, before + 0.5) << "it counts";
}

TEST_F(KeptNettingTest, OtherTransformersScaleIt) {
    for (int second = 0; second < 5; ++second) {
        next();
    }
    energy_->store();
    const double before = settings_.find(id)->netted->forward;
    settings_.set_energy_ratio(id, 40);
    EXPECT_DOUBLE_EQ(settings_.find(id)->netted->forward, before * 40);
    EXPECT_GT(before, 0);
}

TEST_F(KeptNettingTest, AReadingThatIsShownAgainHasNoCountersToBeJudged) {
    next();
    disk_has_taken_all();
    Reading reading = next();
    ASSERT_TRUE(reading.has(EnergyNettingForward));
    energy_->correct(meter_, reading);
    energy_->store();
    EXPECT_FALSE(settings_.find(id)->counters.contains("energy_netting_forward"));
}

} // namespace
} // namespace gridbridge
