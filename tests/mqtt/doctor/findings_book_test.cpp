#include "mqtt/doctor/findings_book.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using enum FindingCode;

constexpr Clock::time_point start{1h};
constexpr std::int64_t wall = 1'800'000'000'000;

TEST(FindingsBook, ItsFirstLookIsSinceUntilItIsOver) {
    LogBook log;
    FindingsBook book{log.log()};
    const Finding lost = make_finding(MeterLost, "A", "No answer", "3 s");
    book.take({lost}, start, wall);
    book.take({lost, make_finding(MeterLost, "B", "No answer", "")}, start + 10s, wall + 10'000);
    ASSERT_EQ(book.findings().size(), 2U);
    EXPECT_EQ(book.findings()[0].since, start);
    EXPECT_EQ(book.findings()[1].since, start + 10s);
    book.take({}, start + 20s, wall + 20'000);
    EXPECT_TRUE(book.findings().empty());
    book.take({lost}, start + 30s, wall + 30'000);
    EXPECT_EQ(book.findings()[0].since, start + 30s) << "one that was over begins anew";
}

TEST(FindingsBook, ASinceThatTheDoctorKnowsIsKept) {
    LogBook log;
    FindingsBook book{log.log()};
    Finding lost = make_finding(MeterLost, "A", "No answer", "");
    lost.since = start - 1h;
    book.take({lost}, start, wall);
    EXPECT_EQ(book.findings()[0].since, start - 1h);
}

TEST(FindingsBook, TheWorstComesFirst) {
    LogBook log;
    FindingsBook book{log.log()};
    book.take({make_finding(KeepaliveLong, "", "Long", ""), make_finding(MeterLost, "A", "Lost", "")}, start,
              wall);
    EXPECT_EQ(book.findings()[0].code, MeterLost);
}

TEST(FindingsBook, WhatWantsActionIsLoggedOnceAndItsEnd) {
    LogBook log;
    FindingsBook book{log.log()};
    const std::vector<Finding> found{make_finding(MeterLost, "A", "No answer for 3 s", ""),
                                     make_finding(NotSaved, "", "A file cannot be written.", ""),
                                     make_finding(KeepaliveLong, "", "The keepalive is 300 s", "")};
    book.take(found, start, wall);
    auto later = found;
    later[0].text = "No answer for 13 s";
    book.take(later, start + 10s, wall + 10'000);
    EXPECT_EQ(log.text(), "4 doctor: A: No answer for 3 s. " + std::string(finding_row(MeterLost).action) +
                              "\n" + "4 doctor: A file cannot be written. " +
                              std::string(finding_row(NotSaved).action) + "\n")
        << "once each, and nothing of an Info";
    book.take({}, start + 20s, wall + 20'000);
    EXPECT_THAT(log.text(), HasSubstr("2 doctor: over: A: No answer for 3 s\n"));
    EXPECT_EQ(log.count("over:"), 2U);
}

TEST(FindingsBook, TwoOfOneCodeAboutOneMeterAreTwo) {
    LogBook log;
    FindingsBook book{log.log()};
    const Finding first = make_finding(PhaseReversed, "A", "L1 is measured in reverse", "");
    const Finding second = make_finding(PhaseReversed, "A", "L2 is measured in reverse", "");
    book.take({first}, start, wall);
    book.take({first, second}, start + 10s, wall);
    EXPECT_EQ(log.count("L1"), 1U);
    EXPECT_EQ(log.count("L2"), 1U);
    book.take({first}, start + 20s, wall);
    EXPECT_EQ(log.count("over: A: L2"), 1U);
    EXPECT_EQ(log.count("over: A: L1"), 0U);
}

TEST(FindingsBook, OneThatBecomesWorseIsLoggedThen) {
    LogBook log;
    FindingsBook book{log.log()};
    Finding finding = make_finding(MeterAdvice, "A", "Old firmware", "");
    book.take({finding}, start, wall);
    EXPECT_EQ(log.text(), "");
    finding.severity = Severity::Warning;
    book.take({finding}, start + 10s, wall);
    EXPECT_EQ(log.count("3 doctor: A: Old firmware. "), 1U);
    finding.severity = Severity::Info;
    book.take({finding}, start + 20s, wall);
    EXPECT_EQ(log.count("2 doctor: over: A: Old firmware"), 1U);
}

TEST(FindingsBook, TheSameFindingGivesTheSameTextUntilTheWallClockIsSet) {
    LogBook log;
    FindingsBook book{log.log()};
    const auto text_at = [&](Clock::time_point now, std::optional<std::int64_t> unix_ms) {
        book.take({make_finding(MeterLost, "A", "Lost", "")}, now, unix_ms);
        return findings_json(book.findings(), book.wall().at, book.wall().unix_ms);
    };
    EXPECT_THAT(text_at(start, std::nullopt), HasSubstr(R"("since":null)"));
    const std::string known = text_at(start + 10s, wall + 10'000);
    EXPECT_THAT(known, HasSubstr(R"("since":"2027-01-15T08:00:00Z")"));
    EXPECT_EQ(text_at(start + 20s, wall + 20'400), known) << "the clocks run apart a little";
    EXPECT_THAT(text_at(start + 30s, wall + 3'630'000), HasSubstr("T09:00:00Z")) << "set by an hour";
}

} // namespace
} // namespace gridbridge
