// When Home Assistant is told: births, connections, meters that come and go.
#include "tests/mqtt/homeassistant/homeassistant_world.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// All of their messages at once would stand in memory several times.
// The few that were there at a connect are said with long pauses; a crowd behind them must not be.
TEST_F(HomeAssistantTest, ACrowdBehindAConnectIsAnnouncedInTime) {
    constexpr std::uint16_t crowd = 50;
    start(crowd);
    const auto comes = [&](std::uint16_t i) {
        step([&](Messages& out) {
            bridge_->update(update_of({i, 0}, em24_info("C" + std::to_string(i)), full_reading(now_)), now_,
                            out);
        });
    };
    comes(0);
    comes(1);
    const std::size_t before = discoveries(all_);
    step([&](Messages& out) { bridge_->connected(now_, out); });
    for (std::uint16_t i = 2; i < crowd; ++i) {
        comes(i);
    }
    run_until(now_ + 2s);
    EXPECT_EQ(discoveries(all_) - before, crowd + 1U) << "and the bridge";
}

TEST_F(HomeAssistantTest, ACrowdThatComesAtOnceIsAnnouncedBitByBit) {
    constexpr std::uint16_t crowd = 50;
    start(crowd);
    const std::size_t before = discoveries(all_);
    std::size_t most = 0;
    for (std::uint16_t i = 0; i < crowd; ++i) {
        step([&](Messages& out) {
            bridge_->update(update_of({i, 0}, em24_info("C" + std::to_string(i)), full_reading(now_)), now_,
                            out);
        });
        most = discoveries(all_) - before;
    }
    EXPECT_GE(most, 8U) << "a few need not wait";
    EXPECT_LE(most, 20U);
    const Messages rest = run_until(now_ + 3s);
    EXPECT_EQ(discoveries(all_) - before, crowd);
    EXPECT_EQ(payload("homeassistant/device/gridbridge_C49/config")["device"]["serial_number"], "C49");
    EXPECT_THAT(topics_with(rest, "N/p/grid/"), testing::Not(testing::IsEmpty())) << "its values once more";
}

TEST_F(HomeAssistantTest, AllValuesAreSaidAgainTwoSecondsAfterDiscovery) {
    start();
    run_until(now_ + 10s);
    read(grid_reading(now_));
    const auto announced = now_;
    EXPECT_THAT(topics(run_until(announced + 1900ms)), Not(Contains("N/p/grid/30/Serial")));
    const Messages again = run_until(announced + 2100ms);
    for (const std::string& topic : named_topics(seen(all_))) {
        const bool value = topic.ends_with("/state") || topic.ends_with("/health");
        EXPECT_EQ(std::count_if(again.begin(), again.end(),
                                [&](const Message& message) { return message.topic == topic; }),
                  value ? 1 : 0)
            << topic;
    }
    EXPECT_THAT(topics(run_until(announced + 4s)), Not(Contains("N/p/grid/30/Serial"))) << "once is enough";
}

TEST_F(HomeAssistantTest, BirthRepeatsEverythingSpreadOverSeconds) {
    constexpr std::uint16_t meters = 20;
    start(meters);
    for (std::uint16_t i = 0; i < meters; ++i) {
        read(grid_reading(now_), {i, 0}, em24_info("SN" + std::to_string(i)));
    }
    run_until(now_ + 3s);
    const auto born = now_;
    const Messages at_once = birth();
    EXPECT_LE(discoveries(at_once), 2U) << "the bridge and one meter";
    EXPECT_THAT(topics(at_once), Contains("N/p/grid/30/Serial")) << "retained discovery is already known";
    Messages later = run_until(born + 4s);
    EXPECT_EQ(discoveries(at_once) + discoveries(later), 1U + meters);
    later = run_until(born + 7s);
    EXPECT_EQ(discoveries(later), 0U);
    EXPECT_THAT(topics(later), Contains("N/p/grid/49/Serial")) << "2 s after the last one";
    EXPECT_EQ(discoveries(step([&](Messages& out) {
                  bridge_->request({"homeassistant/status", "offline", false}, now_, out);
              })),
              0U);
}

TEST_F(HomeAssistantTest, TheBirthMessageHasItsTopicWhateverThePrefixIs) {
    HomeAssistantOptions options;
    options.prefix = "ha/discovery";
    start(1, options);
    EXPECT_THAT(bridge_->filters(), Contains("homeassistant/status"));
    EXPECT_FALSE(birth().empty());
}

TEST_F(HomeAssistantTest, ANewConnectionSaysItAllAgainAfterAvailability) {
    start();
    read(grid_reading(now_));
    all_.clear(); // what was said is lost with the broker
    step([&](Messages& out) { bridge_->connected(now_, out); });
    run_until(now_ + 3s);
    EXPECT_EQ(discoveries(all_), 2U);
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(all_.front().topic, "gridbridge/p/meter/BX0120064003P/state") << "newest before available";
    EXPECT_EQ(all_.at(1).topic, "gridbridge/p/status");
}

// Its user has given it names, areas and entity ids: an inverter sleeps every night.
TEST_F(HomeAssistantTest, AMeterThatStaysAwayIsUnavailableAndStays) {
    start();
    read(grid_reading(now_));
    Messages away = run_until(now_ + 12h);
    const Messages again = step([&](Messages& out) { bridge_->connected(now_, out); });
    away.insert(away.end(), again.begin(), again.end());
    for (const Message& message : away) {
        EXPECT_FALSE(message.topic == device_topic && message.payload.empty());
    }
    EXPECT_THAT(away, Contains(Message{"gridbridge/p/meter/BX0120064003P/status", "offline", true}));
    read(grid_reading(now_));
    EXPECT_EQ(payload()["components"]["power"]["name"], "Power");
}

// After a power cut the broker still has "online" of a meter that is dead now.
TEST_F(HomeAssistantTest, AMeterOfAnEarlierRunIsOfflineUntilItIsSeen) {
    start();
    read(grid_reading(now_));
    start();
    const Messages first = step([&](Messages& out) { bridge_->connected(now_, out); });
    EXPECT_THAT(first, Contains(Message{"gridbridge/p/meter/BX0120064003P/status", "offline", true}));
    all_.clear();
    read(grid_reading(now_));
    EXPECT_THAT(all_, Contains(Message{"gridbridge/p/meter/BX0120064003P/status", "online", true}));
}

TEST_F(HomeAssistantTest, AnotherMeterOnThePortReplacesTheFirst) {
    start();
    read(grid_reading(now_));
    now_ += 1s;
    read(grid_reading(now_), {}, em24_info("NEW1"));
    run_until(now_ + 6s);
    EXPECT_EQ(payload(), json());
    EXPECT_EQ(payload("homeassistant/device/gridbridge_NEW1/config")["device"]["serial_number"], "NEW1");
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(HomeAssistantTest, AMeterOfAnEarlierRunIsRemovedInBothForms) {
    for (const bool per_component : {false, true}) {
        HomeAssistantOptions options;
        options.per_component = per_component;
        start(1, options);
        read(full_reading(now_), {}, em24_info("OLD"));
        const auto announced = topics_with(all_, "gridbridge_OLD/");
        ASSERT_THAT(announced, Not(testing::IsEmpty()));
        ASSERT_TRUE(settings_.find("cgwacs_OLD")->announced);
        start(1, options); // the next run, with another meter
        read(full_reading(now_), {}, em24_info("NEW"));
        Messages out;
        bridge_->forget_absent(now_, out);
        bridge_->forget_absent(now_ + 30s, out);
        EXPECT_THAT(topics(out), testing::IsSupersetOf(announced));
        for (const Message& message : out) {
            EXPECT_TRUE(message.payload.empty() && message.retain) << message.topic;
            EXPECT_THAT(message.topic, HasSubstr("OLD"));
        }
        all_.clear();
    }
}

TEST_F(HomeAssistantTest, ALostMeterIsShownAsDisconnected) {
    start();
    read(grid_reading(now_));
    const json payload = this->payload();
    ASSERT_EQ(payload["availability"].size(), 2U);
    EXPECT_EQ(payload["availability"][0]["topic"], "gridbridge/p/status");
    EXPECT_EQ(payload["availability"][1]["topic"], "gridbridge/p/meter/BX0120064003P/status");
    EXPECT_EQ(payload["availability_mode"], "all");
    const json connected = payload["components"]["connected"];
    EXPECT_EQ(connected["availability"], json::array({{{"topic", "gridbridge/p/status"}}}));
    EXPECT_EQ(connected["payload_on"], "1");
}

TEST_F(HomeAssistantTest, ValuesExpireAfterSeveralIntervals) {
    start();
    read(grid_reading(now_));
    EXPECT_EQ(payload()["components"]["power"]["expire_after"], 180);
    HomeAssistantOptions options;
    options.interval = 300s;
    start(1, options);
    read(grid_reading(now_));
    EXPECT_EQ(payload()["components"]["power"]["expire_after"], 900);
}

TEST_F(HomeAssistantTest, LeavingRemovesNothing) {
    start();
    read(grid_reading(now_));
    Messages out;
    bridge_->leave(out);
    EXPECT_THAT(topics(out), Not(Contains(HasSubstr("homeassistant/"))));
    EXPECT_EQ(out.back().payload.empty(), true);
}

} // namespace
} // namespace gridbridge
