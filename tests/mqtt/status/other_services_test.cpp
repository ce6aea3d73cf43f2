#include "mqtt/status/other_services.hpp"

#include "mqtt/status/own_topics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

std::string info_of(const std::string& id) {
    return R"({"version":"1","service_id":")" + id + R"("})";
}

constexpr Clock::time_point start{1h};

TEST(OtherServices, ItselfIsNone) {
    OtherServices others;
    others.connected(start);
    others.heard(info_of("a"), "a", start);
    others.heard("{}", "a", start);
    others.heard("", "a", start);
    others.heard("[1", "a", start);
    EXPECT_EQ(others.count(), 0U);
    EXPECT_FALSE(others.is_due(start + 1h));
}

TEST(OtherServices, ANewOneIsAnsweredOnceAndAskedEachMinute) {
    OtherServices others;
    others.connected(start);
    others.heard(info_of("b"), "a", start + 1s);
    EXPECT_EQ(others.count(), 1U);
    EXPECT_FALSE(others.is_due(start + 9s)) << "it may have heard what was said with the connection";
    EXPECT_EQ(others.next(start + 9s), start + 10s);
    EXPECT_TRUE(others.is_due(start + 10s));
    others.said(start + 10s);
    others.heard(info_of("b"), "a", start + 21s);
    EXPECT_FALSE(others.is_due(start + 69s)) << "two must not talk for ever";
    EXPECT_EQ(others.next(start + 69s), start + 70s);
    EXPECT_TRUE(others.is_due(start + 70s));
}

TEST(OtherServices, OneThatDoesNotAnswerIsForgotten) {
    OtherServices others;
    others.connected(start);
    others.heard(info_of("b"), "a", start);
    others.is_due(start + 149s);
    EXPECT_EQ(others.count(), 1U);
    others.is_due(start + 150s);
    EXPECT_EQ(others.count(), 0U);
}

TEST(OtherServices, OneOfSeveralThatLeavesIsFoundByTheAnswersOfTheRest) {
    OtherServices others;
    others.connected(start);
    others.heard(info_of("b"), "a", start);
    others.heard(info_of("c"), "a", start);
    others.left();
    EXPECT_EQ(others.count(), 0U);
    EXPECT_TRUE(others.is_due(start + 10s));
    others.said(start + 10s);
    others.heard(info_of("c"), "a", start + 11s);
    EXPECT_EQ(others.count(), 1U);
}

// Two with one client id are never connected at the same time.
TEST(OtherServices, WhatTheBrokerHadKeptCountsOnceOursWasSaid) {
    OtherServices others;
    others.connected(start);
    others.kept(info_of("b"), "a", start);
    EXPECT_EQ(others.count(), 0U) << "maybe of an earlier run that lost its state";
    others.connected(start + 30s);
    others.kept(info_of("a"), "a", start + 30s);
    EXPECT_EQ(others.count(), 0U);
    others.kept(info_of("b"), "a", start + 30s);
    EXPECT_EQ(others.count(), 1U);
}

TEST(OtherServices, AreBounded) {
    OtherServices others;
    others.connected(start);
    for (int i = 0; i < 1000; ++i) {
        others.heard(info_of(std::to_string(i)), "a", start);
    }
    EXPECT_EQ(others.count(), 16U);
}

// What two services publish when both answer.
TEST(OtherServices, TwoOfThemFallSilent) {
    std::vector<OtherServices> services(2);
    for (OtherServices& service : services) {
        service.connected(start);
    }
    int said = 0;
    for (auto now = start; now < start + 10min; now += 1s) {
        for (std::size_t i = 0; i < 2; ++i) {
            const std::string id = i == 0 ? "a" : "b";
            if (now == start || services[i].is_due(now)) {
                services[i].said(now);
                ++said;
                services[1 - i].heard(info_of(id), i == 0 ? "b" : "a", now);
            }
        }
    }
    EXPECT_EQ(services[0].count(), 1U);
    EXPECT_EQ(services[1].count(), 1U);
    EXPECT_LE(said, 2 * 12);
}

class OwnTopicsBesideOthers : public testing::Test {
  protected:
    OwnTopicsBesideOthers() {
        OwnTopicsOptions options;
        options.portal_id = "p";
        options.service_id = [] { return std::string("a"); };
        options.other_service = [this](std::string problem) { told_.push_back(std::move(problem)); };
        topics_.emplace(std::move(options));
        topics_->connected(start, out_);
        out_.clear();
    }
    void hear(const std::string& topic, const std::string& payload) {
        topics_->request({topic, payload, false}, start, out_);
        topics_->tick(start, out_);
    }
    std::size_t infos() const {
        return static_cast<std::size_t>(std::count_if(out_.begin(), out_.end(), [](const Message& message) {
            return message.topic == "gridbridge/p/info" && message.retain;
        }));
    }

    std::vector<std::string> told_;
    std::optional<OwnTopics> topics_;
    Messages out_;
};

TEST_F(OwnTopicsBesideOthers, AnotherServiceIsToldWithTheFixAndAnswered) {
    hear("gridbridge/p/info", info_of("a"));
    EXPECT_THAT(told_, testing::IsEmpty()) << "our own";
    hear("gridbridge/p/info", info_of("b"));
    hear("gridbridge/p/info", info_of("b"));
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_THAT(told_[0], testing::HasSubstr("give each a portal_id of its own"));
    EXPECT_EQ(infos(), 0U);
    EXPECT_EQ(topics_->next_tick(start), start + 10s);
    topics_->tick(start + 10s, out_);
    EXPECT_EQ(infos(), 1U);
}

TEST_F(OwnTopicsBesideOthers, OneThatLeavesIsToldAndItsLastWillCorrected) {
    hear("gridbridge/p/info", info_of("b"));
    hear("gridbridge/p/status", "online");
    EXPECT_EQ(told_.size(), 1U);
    hear("gridbridge/p/status", "offline");
    EXPECT_THAT(out_, testing::Contains(Message{"gridbridge/p/status", "online", true}));
    EXPECT_THAT(told_, testing::ElementsAre(testing::_, ""));
}

TEST_F(OwnTopicsBesideOthers, WhatWasKeptOfAnotherIsToldAfterAReconnect) {
    topics_->retained({"gridbridge/p/info", info_of("b"), true}, start);
    topics_->tick(start, out_);
    EXPECT_THAT(told_, testing::IsEmpty());
    topics_->connected(start + 1min, out_);
    topics_->retained({"gridbridge/p/info", info_of("b"), true}, start + 1min);
    topics_->tick(start + 1min, out_);
    EXPECT_EQ(told_.size(), 1U);
    EXPECT_THAT(topics_->filters(), testing::IsSupersetOf({"gridbridge/p/info", "gridbridge/p/status"}));
}

} // namespace
} // namespace gridbridge
