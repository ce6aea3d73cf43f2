// What a line of the log looks like, on standard error.
#include "app/log/make_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <ctime>
#include <string>

namespace gridbridge {
namespace {

using testing::MatchesRegex;

class MakeLog : public testing::Test {
  protected:
    MakeLog() {
        ::unsetenv("JOURNAL_STREAM");
        ::setenv("TZ", "XYZ-05:30", 1);
        ::tzset();
    }
    ~MakeLog() override {
        ::unsetenv("TZ");
        ::tzset();
    }
    MakeLog(const MakeLog&) = delete;
    MakeLog& operator=(const MakeLog&) = delete;

    static std::string written(bool json) {
        testing::internal::CaptureStderr();
        make_log(LogLevel::Info, json)(LogLevel::Warn, "bus", "no \"answer\"");
        static_cast<void>(make_log(LogLevel::Info, json)); // the one before ends, and has written its line
        return testing::internal::GetCapturedStderr();
    }
};

TEST_F(MakeLog, ATextLineHasATimeWithItsZone) {
    EXPECT_THAT(written(false), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}\\+05:30 warn  bus: no "
                                             "\"answer\"\n"));
}

TEST_F(MakeLog, AJsonLineHasATimeWithItsZone) {
    const auto line = nlohmann::json::parse(written(true), nullptr, false);
    ASSERT_TRUE(line.is_object());
    EXPECT_EQ(line.size(), 4U);
    EXPECT_THAT(line.value("time", ""), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}\\+05:30"));
    EXPECT_EQ(line.value("level", ""), "warn");
    EXPECT_EQ(line.value("component", ""), "bus");
    EXPECT_EQ(line.value("message", ""), "no \"answer\"");
}

TEST_F(MakeLog, TheJournalHasATimeOfItsOwn) {
    ::setenv("JOURNAL_STREAM", "8:1", 1);
    EXPECT_EQ(written(false), "<4>bus: no \"answer\"\n");
    ::unsetenv("JOURNAL_STREAM");
}

} // namespace
} // namespace gridbridge
