// Sound installations draw no finding of warning or above; faulty ones are named.
#include "tests/mqtt/doctor/evidence.hpp"
#include "tests/mqtt/doctor/faults.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>

namespace gridbridge {
namespace {

using simulated::Case;
using simulated::Outcome;

constexpr std::size_t count = 200;
constexpr std::size_t some = 12;

// Other houses of the same kinds, chosen by GRIDBRIDGE_SEED: what holds for these must hold for them.
std::uint64_t first_seed() {
    const char* seed = std::getenv("GRIDBRIDGE_SEED");
    return seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10);
}

bool wants_all() {
    return std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr;
}

std::string names(const std::set<std::pair<FindingCode, std::string>>& named) {
    std::string text;
    for (const auto& [code, meter] : named) {
        text += " " + std::string(finding_row(code).name) + (meter.empty() ? "" : "(" + meter + ")");
    }
    return text;
}

TEST(Installations, SoundOnesDrawNoFinding) {
    std::size_t wrong = 0;
    for (std::size_t seed = 0; seed < (wants_all() ? count : some); ++seed) {
        const Outcome outcome = simulated::sound_installation(first_seed() + seed)->run(24, std::nullopt);
        if (!outcome.named.empty()) {
            ++wrong;
            std::printf("sound installation %zu:%s%s\n", seed, names(outcome.named).c_str(),
                        outcome.evidence.c_str());
        }
    }
    EXPECT_EQ(wrong, 0U);
}

// What is named for a fault: the fault, and nothing else of warning or above.
std::string verdict_of(const Case& fault, const Outcome& outcome) {
    if (!outcome.hours) {
        return "not named;" + names(outcome.named);
    }
    if (outcome.finding.meter != fault.meter) {
        return "wrong meter;" + names(outcome.named);
    }
    for (const auto& [code, meter] : outcome.named) {
        if (code != fault.expected && !fault.also_right.contains(code)) {
            return "more than the fault;" + names(outcome.named);
        }
    }
    return "right";
}

// A sentence, the numbers behind it, and what to do.
bool says_enough(const Case& fault, const Outcome& outcome) {
    const Finding& said = outcome.finding;
    return !outcome.hours ||
           (std::regex_match(said.evidence, std::regex(simulated::evidence_of(fault.expected))) &&
            said.text.size() > 10 && said.action.size() > 10);
}

TEST(Installations, AGridMeterThatIsFitSaysWhy) {
    const Outcome outcome = simulated::sound_installation(2)->run(1, FindingCode::Fitness);
    ASSERT_TRUE(outcome.hours.has_value());
    EXPECT_EQ(outcome.finding.severity, Severity::Info);
    EXPECT_EQ(outcome.finding.text, "fit for control of a battery");
    EXPECT_EQ(outcome.finding.evidence.find("a reading every 2.0 s, 0.0 % lost"), 0U)
        << outcome.finding.evidence;
}

TEST(Installations, FaultsAreNamed) {
    std::size_t right = 0;
    std::size_t all = 0;
    std::string before;
    for (std::size_t number = 0; number < count; ++number) {
        Case fault = simulated::faulty_installation(number, first_seed());
        if (!wants_all() && fault.name == before) {
            continue; // one of each kind
        }
        before = fault.name;
        const Outcome outcome = fault.installation->run(fault.hours, fault.expected);
        const std::string verdict = verdict_of(fault, outcome);
        EXPECT_TRUE(says_enough(fault, outcome)) << fault.name << ": " << outcome.finding.evidence;
        ++all;
        right += verdict == "right" ? 1U : 0U;
        if (wants_all() || verdict != "right") {
            std::printf("%3zu  %-30s %-26s %6.2f h  %s | %s\n", number, fault.name.c_str(),
                        std::string(finding_row(fault.expected).name).c_str(), outcome.hours.value_or(-1),
                        verdict.c_str(), outcome.finding.evidence.c_str());
        }
    }
    std::printf("%zu of %zu faults named right\n", right, all);
    EXPECT_GE(right * 100, all * 98);
}

} // namespace
} // namespace gridbridge
