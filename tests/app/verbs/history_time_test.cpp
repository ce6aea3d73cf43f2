#include "app/verbs/history_time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace gridbridge {
namespace {

class HistoryTime : public testing::Test {
  protected:
    HistoryTime() {
        ::setenv("TZ", "Europe/Amsterdam", 1); // NOLINT(concurrency-mt-unsafe)
        ::tzset();
    }
    ~HistoryTime() override {
        ::unsetenv("TZ"); // NOLINT(concurrency-mt-unsafe)
        ::tzset();
    }
    static std::optional<std::int64_t> time(std::string_view text, bool at_end = false) {
        return parse_history_time(text, 1'764'500'400, at_end);
    }
};

TEST_F(HistoryTime, IsLocal) {
    EXPECT_EQ(time("2025-11-30T12:00"), 1'764'500'400);
    EXPECT_EQ(time("2025-11-30 12:00:07"), 1'764'500'407);
    EXPECT_EQ(time("2025-07-01T00:00"), 1'751'320'800) << "summer";
}

TEST_F(HistoryTime, ADateIsItsBeginOrItsEnd) {
    EXPECT_EQ(time("2025-11-30"), 1'764'457'200);
    EXPECT_EQ(time("2025-11-30", true), 1'764'457'200 + 86400);
    EXPECT_EQ(time("2025-10-26", true).value() - time("2025-10-26").value(), 25 * 3600) << "summer ends";
}

TEST_F(HistoryTime, MayBeBeforeNow) {
    EXPECT_EQ(time("-24h"), 1'764'500'400 - 86400);
    EXPECT_EQ(time("-7d", true), 1'764'500'400 - 7 * 86400);
}

TEST_F(HistoryTime, NothingElseIsATime) {
    for (const char* const text : {"", "-", "-h", "--1h", "yesterday", "2025-13-01", "2025-02-29", "2025-1-1",
                                   "2025-11-30T", "2025-11-30T24:00", "2025-11-30T12", "2025-11-30T12:60",
                                   "2025-11-30T12-00", "2025-11-30X12:00", "+025-11-30", "1900-01-01"}) {
        EXPECT_FALSE(time(text)) << text;
    }
}

} // namespace
} // namespace gridbridge
