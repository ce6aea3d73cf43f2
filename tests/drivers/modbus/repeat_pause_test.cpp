#include "drivers/modbus/repeat_pause.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point now{1h};

TEST(RepeatPause, GrowsWithEachRefusalAndEndsWithAnAnswer) {
    RepeatPause pause;
    EXPECT_LE(pause.until(), now);
    for (const auto expected : {50ms, 100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        pause.refused(now);
        EXPECT_EQ(pause.until(), now + expected);
    }
    for (int i = 0; i < 1000; ++i) {
        pause.refused(now);
    }
    EXPECT_EQ(pause.until(), now + 1s);
    pause.answered();
    pause.refused(now);
    EXPECT_EQ(pause.until(), now + 50ms);
}

TEST(RepeatPause, OneLostAnswerIsAskedForAtOnce) {
    RepeatPause pause;
    pause.unanswered(now);
    EXPECT_LE(pause.until(), now);
    pause.unanswered(now);
    EXPECT_EQ(pause.until(), now + 50ms);
}

TEST(RepeatPause, AGivenPauseNeitherGrowsNorWaitsForTheSecondFailure) {
    RepeatPause pause(std::nullopt, 500ms);
    for (int i = 0; i < 10; ++i) {
        pause.unanswered(now);
        EXPECT_EQ(pause.until(), now + 500ms);
        pause.refused(now);
        EXPECT_EQ(pause.until(), now + 500ms);
        EXPECT_FALSE(pause.gives_up());
    }
}

TEST(RepeatPause, GivesUpAfterSoManyRepeatsAndStartsAnewThen) {
    RepeatPause pause(2, std::nullopt);
    for (int cycle = 0; cycle < 3; ++cycle) {
        EXPECT_FALSE(pause.gives_up());
        EXPECT_FALSE(pause.gives_up());
        EXPECT_TRUE(pause.gives_up());
    }
    EXPECT_FALSE(pause.gives_up());
    pause.answered();
    EXPECT_FALSE(pause.gives_up());
    EXPECT_FALSE(pause.gives_up());
    EXPECT_TRUE(pause.gives_up());
    EXPECT_TRUE(RepeatPause(0, std::nullopt).gives_up());
    EXPECT_FALSE(RepeatPause().gives_up());
}

} // namespace
} // namespace gridbridge
