// Random schedules of faults in simulated time; GRIDBRIDGE_LONG_TESTS grinds many more, GRIDBRIDGE_SEED
// others.
#include "tests/mill/mill.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace gridbridge::mill {
namespace {

constexpr double busy = 20;

std::uint64_t first_seed() {
    const char* const given = std::getenv("GRIDBRIDGE_SEED"); // NOLINT(concurrency-mt-unsafe): one thread
    return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

std::uint64_t seeds() {
    const char* const wants_more = std::getenv("GRIDBRIDGE_LONG_TESTS"); // NOLINT(concurrency-mt-unsafe)
    return wants_more == nullptr ? 3 : 5000;
}

std::string story_of(const Grist& grist) {
    std::string story = "mill --seeds " + std::to_string(grist.plan.seed) + " --log\n" + to_text(grist.plan);
    for (const std::string& violation : grist.violations) {
        story += "  violated " + violation + '\n';
    }
    return story;
}

TEST(Mill, NoNumberIsWrongOrOldAndEachReplayIsEqual) {
    std::size_t numbers = 0;
    std::size_t formed = 0;
    for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds(); ++seed) {
        const Grist grist = grind(seed, busy, true);
        EXPECT_TRUE(grist.violations.empty()) << story_of(grist);
        numbers += grist.numbers;
        formed += grist.formed_numbers;
    }
    EXPECT_GT(numbers, 1000 * seeds());
    EXPECT_GT(formed, 100 * seeds());
}

// Each was a wrong or old number once: blocks from before an outage in the reading after it; an answer
// seconds late; the answer to another register twice; a stream whose telegrams come twice.
class Ground : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Ground, StaysRight) {
    const Grist grist = grind(GetParam(), busy, true);
    EXPECT_TRUE(grist.violations.empty()) << story_of(grist);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Ground, testing::Values(24, 89, 103, 216, 644, 885, 1205, 11103));

// The witness must be able to see it.
TEST(Mill, WhatIsWrongIsSeen) {
    EXPECT_FALSE(grind(1, busy, false, {.lies = true}).violations.empty());
}

// In some schedule of these somebody is silent for too long.
TEST(Mill, WhatIsOldIsSeen) {
    constexpr std::uint64_t some = 10;
    std::uint64_t seed = 1;
    while (seed <= some && grind(seed, busy, false, {.is_deaf_to_silence = true}).violations.empty()) {
        ++seed;
    }
    EXPECT_LE(seed, some);
}

} // namespace
} // namespace gridbridge::mill
