#include "mqtt/bridge/restore_wait.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point t0{1h};

TEST(RestoreWait, WhoWantsNothingWaitsForNothing) {
    RestoreWait wait(false);
    wait.asked(t0, true);
    EXPECT_TRUE(wait.is_over());
    EXPECT_FALSE(wait.holds_back());
    EXPECT_FALSE(wait.has_passed(t0 + 24h));
}

TEST(RestoreWait, NothingIsHeldBackBeforeTheBrokerIsAsked) {
    const RestoreWait wait(true);
    EXPECT_FALSE(wait.is_over());
    EXPECT_FALSE(wait.holds_back());
    EXPECT_FALSE(wait.has_passed(t0 + 24h));
}

TEST(RestoreWait, ABrokerThatDoesNotAnswerIsNotBelievedToHaveNone) {
    RestoreWait wait(true);
    wait.asked(t0, true);
    EXPECT_TRUE(wait.holds_back());
    EXPECT_FALSE(wait.has_passed(t0 + 24h));
    wait.answered(t0 + 10s);
    EXPECT_FALSE(wait.has_passed(t0 + 11999ms));
    wait.answered(t0 + 11s); // a later answer says nothing new
    EXPECT_TRUE(wait.holds_back());
    EXPECT_TRUE(wait.has_passed(t0 + 12s));
}

TEST(RestoreWait, WhoCannotBeAskedIsGivenTime) {
    RestoreWait wait(true);
    wait.asked(t0, false);
    EXPECT_EQ(wait.passes_at(), t0 + 2s);
}

TEST(RestoreWait, AnAnswerOfALostConnectionIsNone) {
    RestoreWait wait(true);
    wait.asked(t0, true);
    wait.lost();
    EXPECT_FALSE(wait.holds_back());
    wait.answered(t0 + 1s);
    EXPECT_FALSE(wait.has_passed(t0 + 24h));
    wait.asked(t0 + 5s, true);
    EXPECT_TRUE(wait.holds_back());
    EXPECT_FALSE(wait.has_passed(t0 + 24h));
    wait.end();
    EXPECT_TRUE(wait.is_over());
    wait.lost();
    EXPECT_TRUE(wait.is_over());
}

} // namespace
} // namespace gridbridge
