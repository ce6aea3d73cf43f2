// Findings as text and as JSON.
#include "app/doctor/shown_findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

const ShownFinding remark{"leftovers", "info", "", "", "Old topics", "", "Clear them."};
const ShownFinding warning{"bus_shared",  "warning",  "BX1",      "2026-11-30T10:00:00Z",
                           "Two masters", "9 frames", "Stop one."};
const ShownFinding error{"port_held", "error", "cg+rtu:///dev/a", "", "In use", "cat (pid 1)", "Stop it."};

TEST(ShownFindings, AListOfTheServiceComesBackAsItWas) {
    const std::vector list{error, warning, remark};
    EXPECT_EQ(read_findings(shown_json(list)), list);
    EXPECT_EQ(read_findings("[]"), std::vector<ShownFinding>());
    for (const char* other : {"", "{}", "<html>", "[1]", R"([{"severity":"error"}])"}) {
        EXPECT_EQ(read_findings(other), std::nullopt) << other;
    }
}

TEST(ShownFindings, OurOwnReadAsThoseOfTheService) {
    const std::vector<Finding> own{make_finding(FindingCode::PortHeld, "m", "t", "e")};
    const auto list = read_findings(findings_json(own, Clock::now(), std::nullopt));
    ASSERT_TRUE(list);
    EXPECT_EQ(*list, shown(own));
}

TEST(ShownFindings, TheWorstComesFirstAndEachOnce) {
    std::vector<ShownFinding> list{remark, warning};
    ShownFinding same = warning;
    same.since.clear();
    merge_findings(list, {error, same});
    EXPECT_THAT(list, ElementsAre(error, warning, remark));
}

TEST(ShownFindings, AreAlignedAndWrapped) {
    EXPECT_EQ(findings_text(std::vector{warning}, 60), "warning      Two masters\n"
                                                       "  meter      BX1\n"
                                                       "  since      2026-11-30T10:00:00Z\n"
                                                       "  evidence   9 frames\n"
                                                       "  what to do Stop one.\n\n");
    ShownFinding longer = remark;
    longer.text = "one two three four five six";
    longer.action.clear();
    EXPECT_EQ(findings_text(std::vector{longer}, 28), "info         one two three\n"
                                                      "             four five six\n\n");
}

TEST(ShownFindings, TheVerdictCounts) {
    EXPECT_EQ(verdict_text(std::vector{error, error, warning, remark}), "2 errors, 1 warning, 1 remark");
    EXPECT_EQ(verdict_text(std::vector{remark}), "nothing wrong was found, 1 remark");
    EXPECT_EQ(verdict_text({}), "nothing wrong was found");
    EXPECT_TRUE(needs_action(std::vector{remark, warning}));
    EXPECT_FALSE(needs_action(std::vector{remark}));
}

} // namespace
} // namespace gridbridge
