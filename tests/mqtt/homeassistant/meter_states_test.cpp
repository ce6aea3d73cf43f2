// What goes to Home Assistant's database, and when.
#include "tests/mqtt/homeassistant/homeassistant_world.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::IsEmpty;

const std::string state_of_the_meter = "gridbridge/p/meter/BX0120064003P/state";

class MeterStatesTest : public HomeAssistantTest {
  protected:
    // Payloads of the state among them, in order.
    static std::vector<json> states(const Messages& messages) {
        std::vector<json> states;
        for (const Message& message : messages) {
            if (message.topic == state_of_the_meter) {
                EXPECT_FALSE(message.retain);
                states.push_back(json::parse(message.payload));
            }
        }
        return states;
    }
    // A live meter, its announcement and repetition over.
    void start_quiet(HomeAssistantOptions options = {}) {
        start(1, std::move(options));
        read(grid_reading(now_));
        for (int i = 0; i < 12; ++i) {
            run_until(now_ + 250ms);
            read(grid_reading(now_));
        }
        run_until(now_ + 2s);
        read(grid_reading(now_));
        run_until(now_ + 3s);
    }
    std::size_t index_of_topic(const Messages& messages, const std::string& topic) {
        const auto all = topics(messages);
        return static_cast<std::size_t>(std::find(all.begin(), all.end(), topic) - all.begin());
    }
};

TEST_F(MeterStatesTest, NumbersComeAtTheIntervalAndTheNewestOfThem) {
    start_quiet();
    std::vector<json> said;
    double watts = 0;
    for (int i = 0; i < 80; ++i) { // 20 s at four readings a second
        watts = 100.0 + i;
        for (const json& state : states(read(grid_reading(now_, watts, 0.0, 0.0)))) {
            said.push_back(state);
        }
        for (const json& state : states(run_until(now_ + 250ms))) {
            said.push_back(state);
        }
    }
    EXPECT_GE(said.size(), 4U);
    EXPECT_LE(said.size(), 5U);
    EXPECT_GT(said.back()["power"], watts - 21.0);
    EXPECT_EQ(said.back()["power"], said.back()["power_l1"]) << "of one reading";
}

TEST_F(MeterStatesTest, AReadingThatWaitsIsSaidWithoutANewerOne) {
    start_quiet();
    read(grid_reading(now_, 1.0, 0.0, 0.0));
    read(grid_reading(now_, 2.0, 0.0, 0.0));
    const auto said = states(run_until(now_ + 4990ms));
    ASSERT_THAT(said, testing::SizeIs(1));
    EXPECT_EQ(said[0]["power"], 2.0);
}

TEST_F(MeterStatesTest, WithoutAnIntervalEveryReadingIsSaid) {
    HomeAssistantOptions options;
    options.interval = 0s;
    start_quiet(options);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(states(read(grid_reading(now_, i, 0.0, 0.0))).size(), 1U);
    }
}

TEST_F(MeterStatesTest, AnUnknownValueIsNullAtOnceAndBackAtOnce) {
    start_quiet();
    Reading reading = grid_reading(now_);
    reading.clear(Quantity::PowerL2);
    auto said = states(read(reading));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(said[0].contains("power_l2"));
    EXPECT_TRUE(said[0]["power_l2"].is_null());
    EXPECT_EQ(said[0]["power_l1"], 938.6);
    said = states(read(grid_reading(now_)));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0]["power_l2"], -1780.3);
    EXPECT_THAT(states(read(grid_reading(now_, 5.0))), IsEmpty()) << "a number waits";
}

TEST_F(MeterStatesTest, ANamedStateComesAtOnce) {
    start_quiet();
    Reading reading = grid_reading(now_);
    reading.set(Quantity::ActiveTariff, 1.0);
    ASSERT_EQ(states(read(reading)).size(), 1U);
    reading.set(Quantity::ActiveTariff, 2.0);
    const auto said = states(read(reading));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0]["active_tariff"], 2);
}

// The energy dashboard counts up to the last value it was given.
TEST_F(MeterStatesTest, TheLastCounterComesBeforeALossAndTheLossBeforeUnavailable) {
    start_quiet();
    Reading last = grid_reading(now_);
    read(last);
    last.set(Quantity::EnergyForward, 5276.499);
    EXPECT_THAT(states(read(last)), IsEmpty());
    const Messages out = step(
        [&](Messages& messages) { bridge_->update(update_of({}, {}, {}, "unplugged"), now_, messages); });
    const auto said = states(out);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0]["energy_forward"], 5276.499);
    EXPECT_EQ(said[0]["connected"], 1);
    EXPECT_TRUE(said[1]["energy_forward"].is_null());
    EXPECT_TRUE(said[1]["power"].is_null());
    EXPECT_EQ(said[1]["connected"], 0);
    EXPECT_LT(index_of_topic(out, state_of_the_meter),
              index_of_topic(out, "gridbridge/p/meter/BX0120064003P/status"));
}

TEST_F(MeterStatesTest, NothingIsSaidTwiceBeforeALoss) {
    start_quiet();
    const auto said = states(step(
        [&](Messages& messages) { bridge_->update(update_of({}, {}, {}, "unplugged"), now_, messages); }));
    EXPECT_EQ(said.size(), 1U) << "no reading waited";
}

TEST_F(MeterStatesTest, AMeterReturnsWithItsNewestStateBeforeItIsAvailable) {
    start_quiet();
    step([&](Messages& out) { bridge_->update(update_of({}, {}, {}, "unplugged"), now_, out); });
    const Messages out = read(grid_reading(now_, 7.0, 0.0, 0.0));
    ASSERT_EQ(states(out).size(), 1U);
    EXPECT_EQ(states(out)[0]["power"], 7.0);
    EXPECT_LT(index_of_topic(out, state_of_the_meter),
              index_of_topic(out, "gridbridge/p/meter/BX0120064003P/status"));
}

TEST_F(MeterStatesTest, RoleAndNameComeAtOnce) {
    start_quiet();
    Messages out;
    bridge_->request({"W/p/grid/30/CustomName", R"({"value":"Haus"})", false}, now_, out);
    ASSERT_EQ(states(out).size(), 1U);
    EXPECT_EQ(states(out)[0]["custom_name"], "Haus");
    out.clear();
    bridge_->request({"W/p/grid/30/Role", R"({"value":"acload"})", false}, now_, out);
    ASSERT_FALSE(states(out).empty());
    EXPECT_EQ(states(out).back()["role"], "acload");
    EXPECT_EQ(states(out).back()["connected"], 1);
}

TEST_F(MeterStatesTest, BirthAndConnectionBringTheNewestState) {
    start_quiet();
    read(grid_reading(now_, 1.0, 0.0, 0.0));
    read(grid_reading(now_, 2.0, 0.0, 0.0)); // waits
    const auto at_birth = states(birth());
    ASSERT_EQ(at_birth.size(), 1U);
    EXPECT_EQ(at_birth[0]["power"], 2.0);
    const auto said = states(step([&](Messages& out) { bridge_->connected(now_, out); }));
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said[0]["power"], 2.0);
}

TEST_F(MeterStatesTest, ALostMeterStaysNullForWhoComesLater) {
    start_quiet();
    step([&](Messages& out) { bridge_->update(update_of({}, {}, {}, "unplugged"), now_, out); });
    const auto said = states(birth());
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(said[0]["power"].is_null());
    EXPECT_EQ(said[0]["connected"], 0);
}

TEST_F(MeterStatesTest, TheServiceLeavesWithTheLastCounter) {
    start_quiet();
    read(grid_reading(now_));
    Reading last = grid_reading(now_);
    last.set(Quantity::EnergyForward, 5276.499);
    read(last);
    Messages out;
    bridge_->leave(out);
    const auto said = states(out);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0]["energy_forward"], 5276.499);
    EXPECT_TRUE(said[1]["energy_forward"].is_null());
    EXPECT_EQ(out.front().topic, state_of_the_meter) << "before offline";
}

TEST_F(MeterStatesTest, AnExchangedMeterSaysNothingMore) {
    start_quiet();
    const auto said = states(read(grid_reading(now_), {}, em24_info("NEW1")));
    ASSERT_FALSE(said.empty());
    EXPECT_TRUE(said.back()["power"].is_null());
    EXPECT_THAT(states(birth()), IsEmpty());
}

} // namespace
} // namespace gridbridge
