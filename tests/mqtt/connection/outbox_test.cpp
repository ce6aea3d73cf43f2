#include "mqtt/connection/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gridbridge {
namespace {

using testing::ElementsAre;

std::vector<std::string> drain(Outbox& outbox) {
    std::vector<std::string> all;
    while (!outbox.empty()) {
        all.push_back(outbox.front().topic + "=" + outbox.front().payload);
        outbox.pop();
    }
    return all;
}

TEST(Outbox, KeepsTheOrderOfTopics) {
    Outbox outbox;
    outbox.put({"a", "1"});
    outbox.put({"b", "2"});
    outbox.put({"c", "3"});
    EXPECT_THAT(drain(outbox), ElementsAre("a=1", "b=2", "c=3"));
}

TEST(Outbox, ANewerValueTakesTheTurnOfTheOlderOne) {
    Outbox outbox;
    outbox.put({"a", "1"});
    outbox.put({"b", "2"});
    outbox.put({"a", "null"});
    outbox.put({"b", "", true});
    EXPECT_EQ(outbox.size(), 2U);
    EXPECT_FALSE(outbox.front().retain);
    EXPECT_THAT(drain(outbox), ElementsAre("a=null", "b="));
    outbox.put({"a", "4"}); // nothing is left of the old one
    EXPECT_THAT(drain(outbox), ElementsAre("a=4"));
}

TEST(Outbox, WhatIsTakenBackWaitsNoMore) {
    Outbox outbox;
    outbox.put({"a", "1"});
    outbox.put({"b", "2"});
    outbox.put({"c", "3"});
    EXPECT_TRUE(outbox.put(taken_back("b", 0)));
    EXPECT_TRUE(outbox.put(taken_back("d", 0))) << "nothing waits there";
    outbox.put({"b", "4"});
    EXPECT_THAT(drain(outbox), ElementsAre("a=1", "c=3", "b=4"));
    EXPECT_TRUE(outbox.put(taken_back("b", 0)));
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, WhatMustNotGetLostOrOvertakenStandsForItself) {
    Outbox outbox;
    Message record{"ocmf", "first"};
    record.qos = 1;
    Message answer{"reply", "x"};
    answer.correlation = "1";
    Message completed{"full_publish_completed", "1"};
    completed.in_order = true;
    outbox.put(record);
    outbox.put(answer);
    outbox.put(completed);
    record.payload = "second";
    answer.correlation = "2";
    completed.payload = "2";
    outbox.put(record);
    outbox.put(answer);
    outbox.put(completed);
    EXPECT_THAT(drain(outbox), ElementsAre("ocmf=first", "reply=x", "full_publish_completed=1", "ocmf=second",
                                           "reply=x", "full_publish_completed=2"));
}

TEST(Outbox, IsBounded) {
    Outbox outbox;
    EXPECT_FALSE(outbox.put({"big", std::string(Outbox::max_bytes + 1, 'x')}));
    for (std::size_t i = 0; i < Outbox::max_messages; ++i) {
        ASSERT_TRUE(outbox.put({"topic/" + std::to_string(i), "1"}));
    }
    EXPECT_FALSE(outbox.put({"one more", "1"}));
    EXPECT_TRUE(outbox.put({"topic/7", "2"})) << "newer values of known topics always fit";
    outbox.pop();
    EXPECT_TRUE(outbox.put({"one more", "1"}));
    outbox.clear();
    EXPECT_TRUE(outbox.put({"big", std::string(Outbox::max_bytes / 2, 'x')}));
}

} // namespace
} // namespace gridbridge
