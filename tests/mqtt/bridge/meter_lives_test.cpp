// The life of meters, as outlets see it.
#include "mqtt/bridge/meter_lives.hpp"

#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;

class LifeSeen final : public Outlet, public DescriptionListener {
  public:
    explicit LifeSeen(std::vector<std::string>& seen) : seen_(seen) {}
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        seen_.push_back("reading as " + meter.role + "/" + std::to_string(meter.instance));
    }
    void lost(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        seen_.push_back("lost: " + meter.loss_reason);
    }
    void gone(const Meter& meter, Messages& /*out*/) override {
        seen_.push_back("gone as " + meter.role + "/" + std::to_string(meter.instance));
    }
    void described(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) override {
        seen_.push_back("described");
    }

  private:
    std::vector<std::string>& seen_;
};

class MeterLivesTest : public testing::Test {
  protected:
    static MeterLivesOptions options() {
        MeterLivesOptions options;
        options.meters.resize(2);
        options.meters[0].name = "Grid";
        return options;
    }
    void read(std::chrono::seconds age = 0s) {
        lives_.update(update_of({0, 0}, em24_info(), grid_reading(now_ - age)), now_, out_);
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages out_;
    Settings settings_;
    std::vector<std::string> seen_;
    OutletSet outlets_{{{"seen", [this] { return std::make_unique<LifeSeen>(seen_); }}}, {}};
    KeptState kept_{settings_, outlets_, nullptr, {}};
    MeterLives lives_{options(), kept_, outlets_};
};

TEST_F(MeterLivesTest, LiveThenLostThenGoneThenBack) {
    const Meter& meter = lives_.meter({0, 0});
    EXPECT_EQ(meter.life, MeterLife::Awaited);
    read();
    EXPECT_EQ(meter.life, MeterLife::Live);
    EXPECT_EQ(lives_.next_tick(now_), now_ + 5001ms);
    now_ += 5001ms;
    lives_.tick(now_, out_);
    EXPECT_EQ(meter.life, MeterLife::Lost);
    EXPECT_TRUE(meter.reading.empty());
    now_ += 1min;
    lives_.tick(now_, out_);
    EXPECT_EQ(meter.life, MeterLife::Gone);
    read();
    EXPECT_EQ(meter.life, MeterLife::Live);
    EXPECT_THAT(seen_, ElementsAre("reading as grid/30", "lost: no good reading for 5000 ms",
                                   "gone as grid/30", "reading as grid/30"));
}

TEST_F(MeterLivesTest, AnOldReadingIsNone) {
    read(6s);
    EXPECT_EQ(lives_.meter({0, 0}).life, MeterLife::Awaited);
    EXPECT_TRUE(seen_.empty());
}

TEST_F(MeterLivesTest, ARenamedMeterLeavesAndReturns) {
    read();
    Meter& meter = lives_.meter({0, 0});
    lives_.rename(meter, "acload", 41, now_, out_);
    lives_.rename(meter, "acload", 41, now_, out_); // nothing is new
    lives_.describe(meter, now_, out_);
    EXPECT_THAT(seen_,
                ElementsAre("reading as grid/30", "gone as grid/30", "reading as acload/41", "described"));
}

// The same meter, which says now that it can be one thing only.
TEST_F(MeterLivesTest, AMeterThatBecomesAnotherServiceLeavesTheOld) {
    read();
    MeterInfo info = em24_info();
    info.role_is_fixed = true;
    info.default_role = "pvinverter";
    lives_.update(update_of({0, 0}, info, grid_reading(now_)), now_, out_);
    EXPECT_THAT(seen_,
                ElementsAre("reading as grid/30", "gone as grid/30", StartsWith("reading as pvinverter/")));
}

TEST_F(MeterLivesTest, WhatAnExchangedMeterCountedIsKept) {
    read();
    EXPECT_TRUE(settings_.find("cgwacs_BX0120064003P")->counters.empty());
    lives_.update(update_of({0, 0}, em24_info("B"), grid_reading(now_)), now_, out_);
    EXPECT_FALSE(settings_.find("cgwacs_BX0120064003P")->counters.empty());
}

TEST_F(MeterLivesTest, ThePaceOfAMeterIsNotThatOfTheNextInItsPlace) {
    const Meter& meter = lives_.meter({0, 0});
    for (int i = 0; i < 10; ++i, now_ += 3s) {
        read();
    }
    ASSERT_EQ(meter.pace.interval(), Clock::duration(3s));
    lives_.update(update_of({0, 0}, em24_info("B"), {}), now_, out_);
    EXPECT_FALSE(meter.pace.interval());
}

TEST_F(MeterLivesTest, MetersStayWhereTheyAre) {
    const Meter* const first = &lives_.meter({0, 0});
    for (std::uint16_t channel = 1; channel < 5; ++channel) {
        EXPECT_EQ(lives_.meter({1, channel}).source.channel, channel);
    }
    EXPECT_EQ(&lives_.meter({0, 0}), first);
    EXPECT_EQ(lives_.all().size(), 6U);
    EXPECT_EQ(lives_.find(SourceId{1, 7}), nullptr);
    EXPECT_THROW(lives_.meter({2, 0}), std::out_of_range);
    EXPECT_EQ(lives_.all().size(), 6U) << "nothing was made of it";
}

TEST_F(MeterLivesTest, ADeviceBehindAMeterHasNothingOfItsConfiguration) {
    EXPECT_EQ(lives_.meter({0, 0}).config.name, "Grid");
    EXPECT_EQ(lives_.meter({0, 1}).config.name, "");
    EXPECT_FALSE(lives_.all_known());
    read();
    lives_.update(update_of({1, 0}, em24_info("B"), grid_reading(now_)), now_, out_);
    EXPECT_TRUE(lives_.all_known()) << "a device behind a meter does not count";
    EXPECT_EQ(lives_.find("cgwacs_B"), &lives_.meter({1, 0}));
}

TEST_F(MeterLivesTest, WhatTransformersDivideIsMultiplied) {
    MeterLivesOptions behind = options();
    behind.meters[0].ct_ratio = 40;
    behind.meters[0].vt_ratio = 100;
    MeterLives lives(behind, kept_, outlets_);
    Reading reading = grid_reading(now_);
    reading.set(Quantity::CurrentL1, 2.5);
    reading.set(Quantity::Frequency, 50);
    reading.set(Quantity::PowerFactor, 0.9);
    reading.set(Quantity::HeatEnergy, 7);
    for (const std::uint16_t channel : {std::uint16_t{0}, std::uint16_t{1}}) {
        lives.update(update_of({0, channel}, em24_info(channel == 0 ? "A" : "B"), reading), now_, out_);
        const double ct = channel == 0 ? 40 : 1; // a device behind the meter has transformers of its own
        const double vt = channel == 0 ? 100 : 1;
        const Reading& shown = lives.meter({0, channel}).reading;
        EXPECT_DOUBLE_EQ(shown.get(Quantity::CurrentL1).value(), 2.5 * ct);
        EXPECT_DOUBLE_EQ(shown.get(Quantity::VoltageL1).value(), 229.8999938964844 * vt);
        EXPECT_DOUBLE_EQ(shown.get(Quantity::PowerL2).value(), -1780.3 * ct * vt);
        EXPECT_DOUBLE_EQ(shown.get(Quantity::EnergyReverse).value(), 8742.1 * ct * vt);
        EXPECT_EQ(shown.get(Quantity::Frequency), 50);
        EXPECT_EQ(shown.get(Quantity::PowerFactor), 0.9);
        EXPECT_EQ(shown.get(Quantity::HeatEnergy), 7);
    }
}

// As after a restart with another configuration: nothing jumped, nothing is held back.
TEST_F(MeterLivesTest, AnotherRatioRebasesWhatIsStored) {
    for (const double ct : {1.0, 40.0, 0.5}) {
        MeterLivesOptions behind = options();
        behind.meters[0].ct_ratio = ct;
        KeptState kept(settings_, outlets_, nullptr, {});
        MeterLives lives(behind, kept, outlets_);
        MeterInfo info = em24_info();
        info.estimate_reverse_per_phase = true;
        Reading exporting = grid_reading(now_, -300, -300, -300);
        lives.update(update_of({0, 0}, info, exporting), now_, out_);
        now_ += 20min;
        exporting.received = now_;
        exporting.set(Quantity::EnergyReverse, 8742.4);
        lives.update(update_of({0, 0}, info, exporting), now_, out_);
        const Meter& meter = lives.meter({0, 0});
        EXPECT_FALSE(meter.counters_held) << ct;
        EXPECT_DOUBLE_EQ(meter.reading.get(Quantity::EnergyForward).value_or(0), 5276.4 * ct);
        EXPECT_NEAR(meter.reading.get(Quantity::EnergyReverseL1).value_or(0), 8742.4 * ct / 3, 0.2 * ct);
        kept.store_energy(now_, out_);
        now_ += 1s;
    }
}

// The settings of the broker came late: what is shown again was multiplied already.
TEST_F(MeterLivesTest, ARatioIsAppliedOnceWhenAMeterIsIdentifiedAnew) {
    MeterLivesOptions behind = options();
    behind.meters[0].ct_ratio = 40;
    MeterLives lives(behind, kept_, outlets_);
    lives.update(update_of({0, 0}, em24_info(), grid_reading(now_)), now_, out_);
    const double watts = lives.meter({0, 0}).reading.get(Quantity::PowerL2).value();
    kept_.replace(Settings{}, now_, out_);
    lives.identify_anew(now_, out_);
    const Meter& meter = lives.meter({0, 0});
    EXPECT_EQ(meter.reading.get(Quantity::PowerL2), watts);
    EXPECT_DOUBLE_EQ(meter.reading.get(Quantity::EnergyForward).value_or(0), 5276.4 * 40);
    now_ += 1s;
    lives.update(update_of({0, 0}, em24_info(), grid_reading(now_)), now_, out_);
    EXPECT_FALSE(meter.counters_held);
}

} // namespace
} // namespace gridbridge
