// Warnings and errors of [[meter]] tables, alone and beside each other.
#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

Findings findings_of(const std::string& text) {
    Config config;
    Findings findings;
    apply_file(config, text, "f.toml", findings);
    if (findings.errors.empty()) {
        check_config(config, findings);
    }
    return findings;
}

// Each meter is a URI, with its keys in the query.
Findings findings_of_meters(const std::vector<std::string>& uris) {
    std::string text;
    for (const std::string& uri : uris) {
        text += "[[meter]]\nuri = \"" + uri + "\"\n";
    }
    return findings_of(text);
}

auto says(const std::string& part) {
    return Field(&Problem::text, HasSubstr(part));
}

TEST(MeterChecks, AnUnusedKeyIsAWarningWithItsLine) {
    const Findings findings = findings_of("[[meter]]\nuri = \"cg+tcp://h?wakeup=true\"\n"
                                          "key_file = \"/nowhere\"\nshare = \"3240\"\nbaud = 9600\n");
    EXPECT_THAT(findings.errors, IsEmpty());
    EXPECT_THAT(
        findings.warnings,
        ElementsAre(Problem{"f.toml:2", "meter \"cg+tcp://h\" does not use \"wakeup\": only d0 has it, "
                                        "remove it"},
                    AllOf(Field(&Problem::where, "f.toml:3"), says("\"key_file\": only p1 has it")),
                    AllOf(Field(&Problem::where, "f.toml:4"), says("\"share\": only p1, sml, d0"))));
}

TEST(MeterChecks, AKeyOfAMeterWithAWrongUriIsNoWarning) {
    const Findings findings = findings_of("[[meter]]\nuri = \"em24+tcp://h\"\nwakeup = true\n");
    EXPECT_EQ(findings.errors.size(), 1U);
    EXPECT_THAT(findings.warnings, IsEmpty());
}

TEST(MeterChecks, MetersOfABusWithContradictingSettings) {
    const Findings findings = findings_of_meters(
        {"cg+rtu:///dev/b?unit=1&baud=9600", "sunspec+rtu:///dev/b?unit=2&baud=19200&parity=even"});
    EXPECT_THAT(findings.errors,
                ElementsAre(AllOf(Field(&Problem::where, "sunspec+rtu:///dev/b, unit 2"),
                                  says("wants 19200 8E1 on the port that cg+rtu:///dev/b, unit 1 opens with "
                                       "9600 8N1: set baud, parity, data_bits and stop_bits alike"))));
}

// What ran with the settings of the first meter goes on running.
TEST(MeterChecks, SettingsWrittenForOneMeterOfABusAreAWarning) {
    for (const auto& [first, second, opened] : {std::tuple("?unit=1&baud=19200", "?unit=2", "19200 8N1"),
                                                std::tuple("?unit=1", "?unit=2&parity=even", "9600 8N1")}) {
        const Findings findings = findings_of_meters(
            {std::string("cg+rtu:///dev/b") + first, std::string("cg+rtu:///dev/b") + second});
        EXPECT_THAT(findings.errors, IsEmpty());
        EXPECT_THAT(findings.warnings, ElementsAre(says(opened))) << second;
    }
}

TEST(MeterChecks, MetersOfABusThatAgree) {
    for (const char* second : {"cg+rtu:///dev/b?unit=2&baud=9600", "em580+rtu:///dev/b?unit=2",
                               "cg+rtu:///dev/c?baud=19200", "cg+rtutcp://h:1?baud=19200"}) {
        const Findings findings = findings_of_meters({"cg+rtu:///dev/b?unit=1", second});
        EXPECT_THAT(findings.errors, IsEmpty()) << second;
        EXPECT_THAT(findings.warnings, IsEmpty()) << second;
    }
}

TEST(MeterChecks, MetersThatCannotShareAPort) {
    for (const auto& [first, second] : {std::pair("cg+rtu:///dev/b", "p1+serial:///dev/b"),
                                        std::pair("d0+serial:///dev/b", "sunspec+rtu:///dev/b"),
                                        std::pair("sml+serial:///dev/b", "d0+serial:///dev/b")}) {
        EXPECT_THAT(
            findings_of_meters({first, second}).errors,
            ElementsAre(AllOf(Field(&Problem::where, second), says(first), says("set another port"))));
    }
    EXPECT_THAT(findings_of_meters({"sml+file:///b", "d0+file:///b"}).errors, IsEmpty());
    EXPECT_THAT(findings_of_meters({"sml+tcp://h:1", "d0+tcp://h:1"}).errors, IsEmpty());
    EXPECT_THAT(findings_of_meters({"d0+serial:///dev/b?address=1", "d0+serial:///dev/b?address=2"}).errors,
                ElementsAre(says("configured twice")));
}

TEST(MeterChecks, AnUnknownModelIsAnError) {
    EXPECT_THAT(findings_of_meters({"cg+tcp://h?model=em999"}).errors,
                ElementsAre(says("must be one of em24")));
}

} // namespace
} // namespace gridbridge
