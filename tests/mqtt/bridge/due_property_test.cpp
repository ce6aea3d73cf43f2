// What is only looked at when it is due, against a look at everything at each step.
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/bridge/meter_lives.hpp"
#include "tests/fakes/meters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Knows the meters without asking for them.
class MetersSeen final : public Outlet {
  public:
    explicit MetersSeen(std::vector<const Meter*>& meters) : meters_(meters) {}
    void added(const Meter& meter) override { meters_.push_back(&meter); }

  private:
    std::vector<const Meter*>& meters_;
};

// Two that are asked, two streams of which one has a device behind it, and one with a limit of its own.
std::vector<MeterConfig> meters() {
    std::vector<MeterConfig> meters(5);
    meters[1].role = "acload";
    meters[2].driver = DriverKind::P1;
    meters[3].driver = DriverKind::Sml;
    meters[4].stale_after = 1500ms;
    return meters;
}

constexpr std::array<SourceId, 6> sources{SourceId{0, 0}, {1, 0}, {2, 0}, {2, 1}, {3, 0}, {4, 0}};
constexpr std::array<std::chrono::milliseconds, 7> pauses{0ms, 1ms, 300ms, 1s, 4999ms, 31s, 400s};

class Chance {
  public:
    explicit Chance(unsigned seed) : engine_(seed) {}
    std::size_t below(std::size_t end) { return engine_() % end; }
    template <typename Range>
    const auto& one_of(const Range& range) {
        return range[below(range.size())];
    }

  private:
    std::mt19937 engine_;
};

MeterUpdate any_update(Chance& chance, Clock::time_point now) {
    const SourceId source = chance.one_of(sources);
    MeterUpdate update = update_of(source, {}, {});
    const std::size_t what = chance.below(8);
    if (what < 2) { // seldom the same serial number at two places, or another one
        const std::size_t number = what == 0 ? source.meter * 10U + source.channel : chance.below(4);
        update.info = em24_info("S" + std::to_string(number));
    }
    if (what < 7) {
        update.reading = grid_reading(now - chance.one_of(std::array{0ms, 20ms, 3000ms, 20000ms}));
        update.counters.emplace();
        update.counters->heard = now;
    } else {
        update.lost = "unplugged";
    }
    return update;
}

class DueProperty : public testing::TestWithParam<unsigned> {
  protected:
    std::vector<const Meter*> meters_;
    Settings settings_;
    Messages out_;
    Chance chance_{GetParam()};
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_P(DueProperty, NoStepOfSilenceIsLate) {
    OutletSet outlets{{{"seen", [this] { return std::make_unique<MetersSeen>(meters_); }}}, {}};
    KeptState kept{settings_, outlets, nullptr, {}};
    MeterLives lives{{meters(), 60s, {}, {}}, kept, outlets};
    Silence silence;
    for (int step = 0; step < 3000; ++step) {
        now_ += chance_.one_of(pauses);
        const std::size_t what = chance_.below(20);
        if (what < 14) {
            lives.update(any_update(chance_, now_), now_, out_);
        } else if (what == 14) {
            lives.rename(lives.meter(chance_.one_of(sources)), chance_.one_of(std::array{"grid", "acload"}),
                         31, now_, out_);
        } else if (what == 15) {
            lives.forget("cgwacs_S" + std::to_string(chance_.below(40)));
        } else if (what == 16) {
            lives.identify_anew(now_, out_);
        }
        const auto next = lives.next_tick(now_);
        for (const Meter* const meter : meters_) {
            const auto due = silence.next(*meter);
            ASSERT_TRUE(!due || next <= std::max(now_, due->after + 1ms)) << "wakes too late, step " << step;
        }
        if (what == 17) {
            now_ = std::max(now_, next); // sleeps as long as it was told
        }
        if (chance_.below(3) != 0) {
            silence.started = silence.started.value_or(now_);
            lives.tick(now_, out_);
            for (const Meter* const meter : meters_) {
                const auto due = silence.next(*meter);
                ASSERT_TRUE(!due || now_ <= due->after) << "was not done, step " << step;
            }
        }
        out_.clear();
    }
}

// Nobody who is not there stays announced longer than it may.
TEST_P(DueProperty, WhoIsAbsentIsForgottenInTime) {
    BridgeOptions options;
    options.meters = meters();
    Bridge bridge(std::move(options), settings_,
                  {{"seen", [this] { return std::make_unique<MetersSeen>(meters_); }}});
    std::optional<Clock::time_point> all_known_since;
    int forgotten = 0;
    for (int step = 0; step < 2000; ++step) {
        now_ += chance_.one_of(std::array<std::chrono::milliseconds, 5>{0ms, 10ms, 1s, 10s, 31s});
        const std::size_t what = chance_.below(12);
        if (what < 9) {
            bridge.update(any_update(chance_, now_), now_, out_);
        } else if (what == 9 && chance_.below(10) == 0) {
            Settings other;
            other.set_announced("cgwacs_OLD" + std::to_string(step), true);
            bridge.restore(std::move(other), now_, out_);
        } else if (what == 10) {
            bridge.tick(now_, out_);
        }
        const auto absent = [&] {
            return std::count_if(
                settings_.devices().begin(), settings_.devices().end(), [&](const auto& entry) {
                    return entry.second.announced &&
                           std::none_of(meters_.begin(), meters_.end(),
                                        [&](const Meter* meter) { return meter->device_id == entry.first; });
                });
        };
        const bool all_known = std::all_of(meters_.begin(), meters_.end(), [](const Meter* meter) {
            return meter->source.channel != 0 || !meter->info.serial.empty();
        });
        all_known_since = all_known ? std::optional(all_known_since.value_or(now_)) : std::nullopt;
        const auto before = absent();
        bridge.forget_absent(now_, out_);
        const bool is_due = all_known_since && now_ - *all_known_since >= 30s;
        ASSERT_EQ(absent(), is_due ? 0 : before) << "step " << step;
        forgotten += is_due && before > 0 ? 1 : 0;
        out_.clear();
    }
    EXPECT_GT(forgotten, 10) << "or this proves nothing";
}

INSTANTIATE_TEST_SUITE_P(Seeds, DueProperty, testing::Range(1U, 9U));

} // namespace
} // namespace gridbridge
