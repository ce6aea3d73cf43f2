// What is only looked at when it is due, against a model that looks at everything.
#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/outlet/topics.hpp"
#include "tests/fakes/meters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

class HomeAssistantDue : public testing::TestWithParam<unsigned> {
  protected:
    std::size_t chance(std::size_t end) { return engine_() % end; }
    Meter any_meter() {
        Meter meter = live_grid_meter(now_);
        meter.info.serial = "S" + std::to_string(chance(6));
        meter.reading = grid_reading(now_, static_cast<double>(chance(1000)));
        return meter;
    }
    void pass_time() {
        now_ += std::array<std::chrono::milliseconds, 6>{0ms, 1ms, 200ms, 900ms, 5s, 30s}.at(chance(6));
    }

    std::mt19937 engine_{GetParam()};
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_P(HomeAssistantDue, NoStateIsLate) {
    constexpr auto interval = 5s;
    MeterStates states("p", interval);
    struct Model {
        bool is_waiting = false;
        Clock::time_point due_at{};
    };
    std::map<std::string, Model> model; // by topic
    const auto said = [&](const Messages& out, Clock::time_point at) {
        for (const Message& message : out) {
            model[message.topic] = {false, at + interval};
        }
    };
    int waited = 0;
    for (int step = 0; step < 5000; ++step) {
        pass_time();
        Messages out;
        const Meter meter = any_meter();
        const std::string topic = state_topic("p", meter.info.serial);
        const std::size_t what = chance(30);
        if (what < 20) {
            states.reading(meter, now_, out);
            model[topic].is_waiting = true;
        } else if (what == 20) {
            states.lost(meter, now_, out);
        } else if (what == 21) {
            states.gone(meter, out);
        } else if (what == 22) {
            states.forgotten(meter.info.serial, out);
            model.erase(topic);
        } else if (what == 23) {
            states.repeat(now_, out);
        }
        said(out, what == 21 ? Clock::time_point{} : now_);
        const auto next = states.next_tick(now_);
        for (const auto& [waiting, entry] : model) {
            ASSERT_TRUE(!entry.is_waiting || next <= std::max(now_, entry.due_at)) << waiting;
        }
        out.clear();
        states.tick(now_, out);
        std::vector<std::string> due;
        for (const auto& [waiting, entry] : model) {
            if (entry.is_waiting && now_ >= entry.due_at) {
                due.push_back(waiting);
            }
        }
        std::vector<std::string> topics;
        for (const Message& message : out) {
            topics.push_back(message.topic);
        }
        ASSERT_EQ(topics, due) << "step " << step;
        waited += static_cast<int>(due.size());
        said(out, now_);
    }
    EXPECT_GT(waited, 100) << "or this proves nothing";
}

// What the broker has retained of each, and when it is to be withdrawn.
TEST_P(HomeAssistantDue, NobodyLeavesLateOrEarly) {
    HomeAssistantOptions options;
    options.portal_id = "p";
    HomeAssistant outlet(options);
    struct Model {
        bool is_announced = false;
        bool is_leaving = false;
        std::optional<Clock::time_point> leaves_at;
    };
    std::map<std::string, Model> model; // by serial number
    auto is_retained = [&, retained = std::map<std::string, std::string>()](
                           const Messages& out, const std::string& serial) mutable {
        for (const Message& message : out) {
            retained[message.topic] = message.payload;
        }
        return std::any_of(retained.begin(), retained.end(), [&](const auto& entry) {
            return !entry.second.empty() && entry.second.find("/meter/" + serial + "/") != std::string::npos;
        });
    };
    int left = 0;
    for (int step = 0; step < 3000; ++step) {
        pass_time();
        Messages out;
        const Meter meter = any_meter();
        Model& entry = model[meter.info.serial];
        const std::size_t what = chance(20);
        if (what < 8) {
            outlet.reading(meter, now_, out);
            entry = {true, false, {}};
        } else if (what < 12) {
            outlet.forgotten(meter.info.serial, out);
            entry.is_leaving = entry.is_leaving || model.at(meter.info.serial).is_announced;
        }
        const auto next = outlet.next_tick(now_);
        for (auto& [serial, known] : model) {
            ASSERT_TRUE(!known.is_leaving || next <= std::max(now_, known.leaves_at.value_or(now_)));
        }
        outlet.tick(now_, out);
        for (auto& [serial, known] : model) {
            if (known.is_leaving) {
                known.leaves_at = known.leaves_at.value_or(now_ + 5s);
            }
            if (known.is_leaving && now_ >= *known.leaves_at) {
                known = {false, false, {}};
                ++left;
            }
            ASSERT_EQ(is_retained(out, serial), known.is_announced) << serial << " at step " << step;
        }
    }
    EXPECT_GT(left, 20) << "or this proves nothing";
}

INSTANTIATE_TEST_SUITE_P(Seeds, HomeAssistantDue, testing::Range(1U, 5U));

} // namespace
} // namespace gridbridge
