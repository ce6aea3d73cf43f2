// Random schedules of faults in simulated time; GRIDBRIDGE_LONG_TESTS grinds many more, GRIDBRIDGE_SEED
// others.
#include "tests/integration/process.hpp"
#include "tests/mill/live/live.hpp"
#include "tests/mill/lives.hpp"
#include "tests/mill/mill.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
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
    std::string story =
        "mill --seeds " + std::to_string(grist.plan.seed) + " --log\n" + to_text(grist.plan) + grist.course;
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
// seconds late; the answer to another register twice; a stream whose telegrams come twice; damaged answers
// with a right CRC (1128797, 1129014).
class Ground : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Ground, StaysRight) {
    const Grist grist = grind(GetParam(), busy, true);
    EXPECT_TRUE(grist.violations.empty()) << story_of(grist);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Ground,
                         testing::Values(24, 89, 103, 216, 644, 885, 1205, 11103, 1128797, 1129014));

// The program begins and ends, its broker and its disk fail, clients write, meters are exchanged.
TEST(Mill, InAllLivesOfTheProgramNothingIsWrongOldOrLost) {
    std::size_t numbers = 0;
    for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds(); ++seed) {
        const Grist grist = grind_lives(seed, busy);
        EXPECT_TRUE(grist.violations.empty()) << story_of(grist);
        numbers += grist.numbers;
    }
    EXPECT_GT(numbers, 1000 * seeds());
}

// Each was wrong or too old once: another meter at the unit id of one that was silent for seconds (79), also
// while it was set up (2731); a connection that was asked little for ten seconds after it had stood still
// (227); an answer that came late to a reading that was said again (978); a stream that ended before its pace
// was known (178), or after the settings of the broker came (31304); a value whose turn was long ago (23159);
// what stayed retained of a meter that had gone before any broker was there (103648). And one whose class is
// changed while it is silent, its broker forgets and the disk is full (104098); energy of a stream that sent
// two telegrams and then damaged ones (1040228).
class Lived : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Lived, StaysRight) {
    const Grist grist = grind_lives(GetParam(), busy);
    EXPECT_TRUE(grist.violations.empty()) << story_of(grist);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Lived,
                         testing::Values(79, 178, 227, 978, 2731, 23159, 31304, 103648, 104098, 1040228));

// What a violation would leave is shown by the program itself, one file or more for each life.
void expect_shown(const Grist& grist) {
    const testing_support::Folder folder;
    const std::vector<std::string> paths = keep(grist, folder.path(), "live");
    ASSERT_FALSE(paths.empty());
    testing_support::Result shown;
    for (const std::string& path : paths) {
        shown = testing_support::gridbridge({"replay", path});
        EXPECT_EQ(shown.exit_code, 0) << path << ": " << shown.errors;
    }
    EXPECT_THAT(shown.output, testing::HasSubstr("/Ac/Power ")) << "the last life had readings";
}

// What was not about values, and what the program said: in real time no run is like another.
std::string log_of(const Grist& grist) {
    std::string log;
    for (const std::string& line : grist.log) {
        const bool is_value =
            line.find(" N/") < line.find('\n') && line.find("/Serial ") == std::string::npos;
        if (!is_value && line.find(" homeassistant/") == std::string::npos) {
            log += line + '\n';
        }
    }
    return log;
}

// The same with the real program, mosquitto, ports and time; one seed, GRIDBRIDGE_LONG_TESTS: 20. The first
// one goes over TLS to its broker.
TEST(MillLive, NothingIsWrongOldOrLost) {
    constexpr double live_busy = 8;
    constexpr std::uint64_t many = 20;
    const std::uint64_t count = seeds() > many ? many : 1;
    for (std::uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
        const Grist grist =
            grind_live(seed, live_busy, GRIDBRIDGE_PROGRAM, {.keeps_log = true, .records = true});
        if (seed == 1) {
            EXPECT_THAT(grist.course, testing::HasSubstr(", over TLS to the broker\n"));
        }
        EXPECT_TRUE(grist.violations.empty()) << story_of(grist) << log_of(grist);
        EXPECT_GT(grist.numbers, 100U);
        expect_shown(grist);
    }
}

// Some minutes; GRIDBRIDGE_LONG_TESTS: a day.
TEST(Mill, AFlappingInstallationTakesNoMoreThanAtTheBeginning) {
    constexpr double short_day = 0.1;
    const Day day = grind_day(first_seed(), seeds() > 100 ? 24 : short_day);
    std::printf("%s when it had settled, %s at the end\n", to_text(day.settled).c_str(),
                to_text(day.end).c_str());
    EXPECT_TRUE(day.grist.violations.empty()) << story_of(day.grist);
    EXPECT_GT(day.settled.descriptors, 0);
    EXPECT_GT(day.end.kilobytes, 0);
    EXPECT_GT(day.grist.numbers, 1000U);
}

// The witness must be able to see it.
TEST(Mill, WhatIsWrongIsSeen) {
    EXPECT_FALSE(grind(1, busy, false, {.lies = true}).violations.empty());
    EXPECT_FALSE(grind_lives(1, busy, {.lies = true}).violations.empty());
}

// What a violation leaves is shown by the program itself: one file for the wires, one for each life.
TEST(Mill, AViolationLeavesRecordingsThatReplayShows) {
    const testing_support::Folder folder;
    const Grist wires = grind(1, busy, false, {.records = true, .lies = true});
    const Grist lives = grind_lives(1, busy, {.records = true, .lies = true});
    ASSERT_FALSE(wires.violations.empty());
    ASSERT_FALSE(lives.violations.empty());
    std::vector<std::string> paths = keep(wires, folder.path(), "wires");
    EXPECT_THAT(paths, testing::ElementsAre(testing::EndsWith("/seed-1-wires.pcapng")));
    for (const std::string& path : keep(lives, folder.path(), "lives")) {
        paths.push_back(path);
    }
    EXPECT_GT(paths.size(), 2U) << "this seed starts the program more than once";
    for (const std::string& path : paths) {
        const testing_support::Result shown = testing_support::gridbridge({"replay", path});
        EXPECT_EQ(shown.exit_code, 0) << shown.errors;
        EXPECT_THAT(shown.output, testing::HasSubstr("/Ac/Power ")) << path;
    }
}

// Of the meter that a GX is given: seed 2 has one with dbus-mqtt-grid, seed 17 one with dbus-mqtt-devices
// whose meter is silent for a while; seed 425 has one that polls, and such a meter.
TEST(Mill, WhatIsWrongOrOldOnAGxIsSeen) {
    EXPECT_THAT(grind_lives(2, busy, {.lies = true, .only_on_gx = true}).violations,
                testing::Contains(testing::HasSubstr("the GX is told that Power is 77777")));
    EXPECT_THAT(grind_lives(17, busy, {.lies = true, .only_on_gx = true}).violations,
                testing::Contains(testing::HasSubstr("the GX is told that Power is 77777")));
    EXPECT_THAT(grind_lives(17, busy, {.is_deaf_to_silence = true, .only_on_gx = true}).violations,
                testing::Contains(testing::HasSubstr("the GX shows the power of a meter that is silent")));
    EXPECT_THAT(grind_lives(425, busy, {.is_deaf_to_silence = true, .only_on_gx = true}).violations,
                testing::AllOf(testing::Contains(testing::HasSubstr("the GX reads that Power is ")),
                               testing::Contains(
                                   testing::HasSubstr("the GX reads the power of a meter that is silent"))));
}

// Its meter was silent, and it was told to run without one.
TEST(Mill, AGxThatStaysWithoutAGridMeterIsNamed) {
    EXPECT_THAT(grind_lives(17, busy, {.stays_without_meter = true}).violations,
                testing::ElementsAre(testing::HasSubstr("the GX still runs without a grid meter")));
}

// It is back at the end: only that it was late can be seen.
TEST(Mill, AMeterThatIsBackTooLateIsNamed) {
    const Grist grist = grind_lives(1, busy, {.has_late_meter = true});
    const std::string name(grist.plan.meters.front().kind->name);
    EXPECT_THAT(grist.violations,
                testing::ElementsAre(testing::HasSubstr(name + " is not back, as it should be since ")));
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
