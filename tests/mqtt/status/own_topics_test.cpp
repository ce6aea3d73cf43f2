// The service's own topics, when many meters come at once.
#include "mqtt/status/own_topics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point start{1h};

class ListedMeters : public testing::Test {
  protected:
    ListedMeters() {
        OwnTopicsOptions options;
        options.portal_id = "p";
        topics_.emplace(std::move(options));
    }
    Meter& add(std::uint16_t number) {
        Meter& meter = meters_.emplace_back();
        meter.source = SourceId{number};
        meter.info.serial = "S" + std::to_string(number);
        meter.info_version = 1;
        meter.life = MeterLife::Live;
        topics_->added(meter);
        return meter;
    }
    void comes(Meter& meter, Clock::time_point now) {
        topics_->reading(meter, now, out_);
        topics_->tick(now, out_);
    }
    // How many meters each of the lists has that were said since the last call.
    std::vector<std::size_t> take_lists() {
        std::vector<std::size_t> sizes;
        for (const Message& message : std::exchange(out_, {})) {
            if (message.topic == "gridbridge/p/info") {
                EXPECT_TRUE(message.retain);
                sizes.push_back(nlohmann::json::parse(message.payload).at("meters").size());
            }
        }
        return sizes;
    }

    std::deque<Meter> meters_;
    std::optional<OwnTopics> topics_;
    Messages out_;
};

TEST_F(ListedMeters, AHundredThatComeAtOnceAreNotListedAHundredTimes) {
    topics_->connected(start, out_);
    take_lists();
    for (std::uint16_t number = 1; number <= 100; ++number) {
        comes(add(number), start + 1ms * number);
    }
    EXPECT_LE(take_lists().size(), 8U);
    const auto due = topics_->next_tick(start + 100ms);
    EXPECT_LE(due, start + 1100ms);
    topics_->tick(due, out_);
    EXPECT_THAT(take_lists(), testing::ElementsAre(100U));
    topics_->tick(due + 5s, out_);
    EXPECT_THAT(take_lists(), testing::IsEmpty());
}

TEST_F(ListedMeters, OneThatComesLaterIsListedAtOnceAsOneThatChangesOrGoes) {
    topics_->connected(start, out_);
    take_lists();
    Meter& meter = add(1);
    comes(meter, start + 5s);
    EXPECT_THAT(take_lists(), testing::ElementsAre(1U));
    comes(meter, start + 10s);
    EXPECT_THAT(take_lists(), testing::IsEmpty()) << "nothing new";
    ++meter.info_version;
    comes(meter, start + 15s);
    EXPECT_THAT(take_lists(), testing::ElementsAre(1U));
    topics_->gone(meter, out_);
    topics_->tick(start + 20s, out_);
    EXPECT_THAT(take_lists(), testing::ElementsAre(1U));
    topics_->described(meter, start + 25s, out_);
    topics_->tick(start + 25s, out_);
    EXPECT_THAT(take_lists(), testing::ElementsAre(1U));
}

} // namespace
} // namespace gridbridge
