#include "drivers/values/netted_energy.hpp"

#include "drivers/values/counter_kind.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <tuple>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

// A house with PV on L1, loads on all phases and a battery that keeps the total near zero until it is full.
// Its true energy is counted each `tick` s, more often than anything is read.
class House {
  public:
    // `step`: of the counters of its meter, kWh. `nets`: what these count.
    House(unsigned seed, double step, bool nets, double tick)
        : random_(seed), step_(step), nets_(nets), tick_(tick) {}

    void live(double seconds) {
        for (double t = 0; t < seconds - tick_ / 2; t += tick_) {
            tick();
        }
    }

    // Power as it is, counters as they were 3 s ago: they are read less often.
    Reading reading() const {
        Reading reading;
        reading.received = Clock::time_point(std::chrono::milliseconds(std::llround(seconds_ * 1000)));
        double total = 0;
        for (std::size_t i = 0; i < watts_.size(); ++i) {
            reading.set(phases_of(Power).at(i), watts_.at(i));
            total += watts_.at(i);
        }
        reading.set(Power, total);
        reading.set(EnergyForward, shown(4000 + older_.front().forward));
        reading.set(EnergyReverse, shown(9000 + older_.front().reverse));
        return reading;
    }

    double forward() const { return true_.forward; }
    double reverse() const { return true_.reverse; }

  private:
    struct Counted {
        double forward = 0, reverse = 0;
    };

    double shown(double kwh) const { return std::floor(kwh / step_ + 1e-9) * step_; }

    double between(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }

    void tick() {
        if (between(0, 1) < 0.01 * tick_) { // a load is switched, or a cloud comes
            loads_.at(random_() % 3) = between(0, 1) < 0.08 ? between(1000, 3500) : between(20, 350);
            sun_ = between(0.2, 1);
        }
        const double day = std::max(0.0, std::sin(seconds_ / 86400 * 6.283 - 1.57));
        const double net = loads_[0] + loads_[1] + loads_[2] - 6000 * day * sun_;
        battery_ += std::clamp(-net - battery_, -300.0, 300.0) * tick_; // follows within seconds
        battery_ = std::clamp(battery_, charge_ > 0 ? -2500.0 : 0.0, charge_ < 5 ? 2500.0 : 0.0);
        charge_ += battery_ * tick_ / 3.6e6;
        watts_ = {loads_[0] - 6000 * day * sun_, loads_[1], loads_[2] + battery_};
        const double total = watts_[0] + watts_[1] + watts_[2];
        count(true_, {total, 0, 0});
        count(own_, nets_ ? std::array{total, 0.0, 0.0} : watts_);
        older_.push_back(own_);
        if (static_cast<double>(older_.size()) * tick_ > 3) {
            older_.pop_front();
        }
        seconds_ += tick_;
    }

    void count(Counted& counted, const std::array<double, 3>& watts) const {
        for (const double phase : watts) {
            (phase > 0 ? counted.forward : counted.reverse) += std::abs(phase) * tick_ / 3.6e6;
        }
    }

    std::mt19937 random_;
    double step_;
    bool nets_;
    double tick_;
    double seconds_ = 0;
    double sun_ = 1;
    double battery_ = 0; // W, charging
    double charge_ = 2;  // kWh of 5
    std::array<double, 3> loads_{200, 300, 150};
    std::array<double, 3> watts_{};
    Counted true_, own_;
    std::deque<Counted> older_{{}};
};

class Netting : public testing::TestWithParam<std::tuple<double, bool>> {
  protected:
    static House house(unsigned seed, double tick = 0.5) {
        return {seed, std::get<0>(GetParam()), std::get<1>(GetParam()), tick};
    }
};

TEST_P(Netting, OfADayIsWithinTwoThousandthsOfTheTruth) {
    double worst = 0;
    const unsigned days = std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr ? 30 : 1;
    for (unsigned seed = 1; seed <= days; ++seed) {
        House house = this->house(seed, 0.1);
        NettedEnergy netted;
        Reading reading;
        for (int second = 0; second < 86400; ++second) {
            house.live(1);
            reading = house.reading();
            netted.apply(reading);
        }
        ASSERT_TRUE(reading.has(EnergyNettingForward));
        ASSERT_GT(house.reverse(), 1);
        const double forward = *reading.get(EnergyNettingForward) / house.forward() - 1;
        const double reverse = *reading.get(EnergyNettingReverse) / house.reverse() - 1;
        worst = std::max({worst, std::abs(forward), std::abs(reverse)});
        EXPECT_LT(std::abs(forward), 0.002) << seed << ": " << house.forward() << " kWh";
        EXPECT_LT(std::abs(reverse), 0.002) << seed << ": " << house.reverse() << " kWh";
    }
    std::printf("netted energy differs from the truth by at most %.3f %%\n", worst * 100);
}

// Killed at any moment, started after up to ten minutes; what it starts from is up to ten minutes old.
TEST_P(Netting, NeverFallsOverTwoHundredKills) {
    House house = this->house(7);
    std::mt19937 random(7);
    double highest_forward = 0;
    double highest_reverse = 0;
    std::optional<NettedEnergy::Kept> kept;
    int told = 0;
    int untold = 0;
    for (int kill = 0; kill < 200; ++kill) {
        NettedEnergy netted(kept);
        const int seconds = static_cast<int>(random() % 1000);
        for (int second = 0; second < seconds; ++second) {
            house.live(1);
            Reading reading = house.reading();
            netted.apply(reading);
            if (second % 400 == 0 && netted.has_begun()) {
                kept = netted.kept();
            }
            const auto forward = reading.get(EnergyNettingForward);
            const auto reverse = reading.get(EnergyNettingReverse);
            (forward ? told : untold) += 1;
            ASSERT_GE(forward.value_or(highest_forward), highest_forward) << kill << " " << second;
            ASSERT_GE(reverse.value_or(highest_reverse), highest_reverse) << kill << " " << second;
            highest_forward = forward.value_or(highest_forward);
            highest_reverse = reverse.value_or(highest_reverse);
        }
        house.live(static_cast<double>(random() % 300));
    }
    EXPECT_LE(highest_forward, house.forward() * 1.002);
    EXPECT_GT(highest_forward, house.forward() * 0.7)
        << "what flows to and fro while nobody looks is not seen";
    std::printf("import told of %.2f kWh: %.2f kWh, unknown in %.0f %% of the readings\n", house.forward(),
                highest_forward, 100.0 * untold / (told + untold));
}

TEST_P(Netting, GoesOnWithoutAPauseAfterAStartInOrder) {
    House house = this->house(3);
    NettedEnergy first;
    Reading reading;
    for (int second = 0; second < 5000; ++second) {
        house.live(1);
        reading = house.reading();
        first.apply(reading);
    }
    const double before = *reading.get(EnergyNettingForward);
    auto kept = first.kept();
    kept->is_final = true;
    NettedEnergy second(kept);
    house.live(30);
    reading = house.reading();
    second.apply(reading);
    EXPECT_GE(reading.get(EnergyNettingForward).value_or(-1), before);
}

TEST_P(Netting, TheKindOfTheMetersOwnCountersIsSeen) {
    House house = this->house(5);
    CounterKindWatch watch;
    for (int second = 0; second < 86400; ++second) {
        house.live(1);
        watch.apply(house.reading());
    }
    EXPECT_EQ(watch.kind(), std::get<1>(GetParam()) ? CounterKind::Netted : CounterKind::PerPhase);
}

INSTANTIATE_TEST_SUITE_P(CountersThat, Netting,
                         testing::Combine(testing::Values(0.0001, 0.001, 0.1), testing::Bool()),
                         [](const auto& test) {
                             const double step = std::get<0>(test.param);
                             return std::string(std::get<1>(test.param) ? "Net" : "CountEachPhase") + "In" +
                                    std::to_string(static_cast<int>(step * 10000)) + "TenthsOfAWattHour";
                         });

Reading at(int second, std::optional<double> watts, std::optional<double> forward,
           std::optional<double> reverse) {
    Reading reading;
    reading.received = Clock::time_point(std::chrono::seconds(second));
    reading.set(Power, watts);
    reading.set(EnergyForward, forward);
    reading.set(EnergyReverse, reverse);
    return reading;
}

TEST(NettedEnergy, WithoutOwnCountersThereIsNone) {
    NettedEnergy netted;
    for (int second = 0; second < 100; ++second) {
        Reading reading = at(second, 1000, 5, std::nullopt);
        netted.apply(reading);
        EXPECT_FALSE(reading.has(EnergyNettingForward));
    }
    EXPECT_EQ(netted.kept(), std::nullopt);
}

TEST(NettedEnergy, AfterAPauseItIsUnknownUntilTheOwnCountersTell) {
    NettedEnergy netted;
    Reading reading = at(0, 3600, 100, 50);
    netted.apply(reading);
    reading = at(1, 3600, 100.001, 50);
    netted.apply(reading);
    EXPECT_DOUBLE_EQ(reading.get(EnergyNettingForward).value_or(-1), 0.001);
    reading = at(60, 3600, std::nullopt, 50);
    netted.apply(reading);
    EXPECT_FALSE(reading.has(EnergyNettingForward));
    reading = at(61, 3600, std::nullopt, 50);
    netted.apply(reading);
    EXPECT_FALSE(reading.has(EnergyNettingForward)) << "the minute is still missing";
    reading = at(62, 3600, 102, 50);
    netted.apply(reading);
    EXPECT_NEAR(reading.get(EnergyNettingForward).value_or(-1), 2, 0.01);
    EXPECT_EQ(reading.get(EnergyNettingReverse), 0.0);
}

TEST(NettedEnergy, AnExchangedMeterAddsNothing) {
    NettedEnergy netted;
    Reading reading;
    for (int second = 0; second < 10; ++second) {
        reading = at(second, 0, 100, 50);
        netted.apply(reading);
    }
    netted.own_exchanged(EnergyForward, 100, 3);
    netted.own_exchanged(EnergyReverse, 50, 0);
    for (int second = 10; second < 20; ++second) {
        reading = at(second, 0, 3, 0);
        netted.apply(reading);
    }
    EXPECT_EQ(reading.get(EnergyNettingForward), 0.0);
    EXPECT_EQ(reading.get(EnergyNettingReverse), 0.0);
}

} // namespace
} // namespace gridbridge
