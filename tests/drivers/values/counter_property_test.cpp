// Whatever one meter sends: what is published of its energy.
#include "drivers/values/counter_guard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum Quantity;

// One meter with one counter, read through one transformer ratio, and those who read it.
class Scene {
  public:
    explicit Scene(unsigned seed) : random_(seed) {
        constexpr std::array<double, 4> ratios{1, 1, 40, 12.5};
        constexpr std::array<double, 4> steps{1, 0.1, 0.01, 0.001};
        ratio_ = ratios.at(random_() % 4);
        step_ = steps.at(random_() % 4);
        watts_ = uniform(50, 8000);
        raw_ = uniform(1, 30000);
        guard_ = CounterGuard({}, {{}, ratio_});
        last_ = value();
        read(last_);
    }
    void run() {
        for (int event = 0; event < 40 && !testing::Test::HasFailure(); ++event) {
            switch (random_() % 8) {
            case 0:
                pause();
                break;
            case 1:
                zeros();
                break;
            case 2:
                exchange();
                break;
            case 3:
                restart();
                break;
            case 4:
                lock();
                break;
            default:
                noisy();
            }
        }
    }

  private:
    double uniform(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }
    // As the meter shows it, times the ratio.
    double value() const { return shown(step_); }
    double shown(double step) const { return std::floor(raw_ / step + 1e-6) * step * ratio_; }

    void count(Clock::duration time) {
        now_ += time;
        raw_ += watts_ / 1000 / ratio_ * std::chrono::duration<double, std::ratio<3600>>(time).count();
    }
    // One reading that shows `kwh`; what is published must be right.
    std::optional<double> read(double kwh) {
        Reading reading;
        reading.received = now_;
        reading.set(EnergyForward, kwh);
        reading.set(Power, watts_);
        exchanged_ = !guard_.apply(reading).empty();
        const auto published = reading.get(EnergyForward);
        if (published) {
            check(*published);
            last_ = *published;
            last_at_ = now_;
        }
        return published;
    }
    void check(double published) const {
        if (exchanged_) {
            return;
        }
        EXPECT_GE(published, last_ - 1e-9) << "never falls";
        const double hours = std::chrono::duration<double, std::ratio<3600>>(now_ - last_at_).count();
        const double bound = guard_.bound_watts() / 1000 * (is_fresh_ ? 24 : hours);
        EXPECT_LE(published, last_ + bound + ratio_ + 1e-3) << "never faster than the bound";
    }
    void good(int readings) {
        for (int reading = 0; reading < readings; ++reading) {
            count(1s);
            read(value());
        }
    }
    // The truth must be there again.
    void settled() {
        const auto published = read(value());
        ASSERT_TRUE(published) << "ratio " << ratio_ << " step " << step_ << " at " << value();
        EXPECT_NEAR(*published, value(), 1e-3);
    }

    // One reading of three is damaged, never two in a row.
    void noisy() {
        for (int reading = 0; reading < 20; ++reading) {
            good(1);
            if (random_() % 2 == 0) {
                count(1s);
                const double digit = std::pow(10, 1 + static_cast<int>(random_() % 5)) * ratio_;
                const double damaged = value() + (random_() % 2 == 0 ? digit : -digit);
                const auto published = read(std::max(0.0, damaged));
                if (digit > 2 * ratio_) {
                    EXPECT_FALSE(published) << value() << " shown as " << damaged;
                }
                good(1);
            }
        }
        good(1);
        settled();
    }
    void pause() {
        count(std::chrono::seconds(random_() % (86400 * 3)));
        good(6);
        settled();
    }
    void zeros() {
        for (int reading = 0; reading < 100; ++reading) {
            count(5s);
            EXPECT_FALSE(read(0)) << "a zero is nothing to publish";
        }
        good(1);
        settled();
    }
    // It counts anew: confirmed when it has moved on.
    void exchange() {
        raw_ = uniform(0.5, 1) * std::min(raw_, 40.0);
        if (value() == 0 || value() > last_ - 2 * ratio_) {
            raw_ = last_ / ratio_; // not this time
            good(2);
            return;
        }
        const double moved = raw_ + 3 * step_;
        for (int reading = 0; reading < 60 || raw_ < moved; ++reading) {
            count(std::clamp<Clock::duration>(tick() / 4, 1s, 12h));
            read(value());
        }
        good(1);
        settled();
    }
    // One step of the counter.
    Clock::duration tick() const {
        return std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double, std::ratio<3600>>(step_ * ratio_ * 1000 / watts_));
    }
    // With other transformers now and then: what is kept is re-based.
    void restart() {
        const double factor = random_() % 2 == 0 ? 1 : uniform(0.1, 10);
        ratio_ *= factor;
        last_ *= factor;
        CounterGuard::Marks marks = guard_.marks();
        marks.at(EnergyForward) *= factor;
        guard_ = CounterGuard(marks, {{}, ratio_});
        count(std::chrono::hours(random_() % 9000));
        is_fresh_ = true;
        good(6);
        is_fresh_ = false;
        settled();
    }
    // Whole numbers only, and back.
    void lock() {
        if (step_ == 1 || shown(1) == 0) {
            return;
        }
        for (int reading = 0; reading < 30; ++reading) {
            count(2s);
            const auto published = read(shown(1));
            if (published) {
                EXPECT_NEAR(*published, value(), ratio_ + 1e-3);
            }
        }
        good(6);
        settled();
    }

    std::minstd_rand random_;
    double ratio_ = 1, step_ = 1; // step: before the ratio
    double watts_ = 0, raw_ = 0;  // what the meter has counted, before the ratio
    CounterGuard guard_;
    Clock::time_point now_ = Clock::time_point{} + 1h, last_at_ = now_;
    double last_ = 0;
    bool exchanged_ = false;
    bool is_fresh_ = true; // the first readings of a run
};

TEST(CounterProperty, NeverFallsNeverRunsAwayAndIsTheTruthAgain) {
    for (unsigned seed = 1; seed <= 40 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Scene(seed).run();
    }
}

} // namespace
} // namespace gridbridge
