// Warnings and errors of [[meter]] tables, alone and beside each other.
#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

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

TEST(MeterChecks, ATableHeaderThatIsNoneIsAnErrorWithItsLine) {
    for (const char* header : {"[[[meter]]]", "[=]", "[.meter]", "[[#meter]]", "[,", "[[\xc3\xa9]]"}) {
        EXPECT_THAT(findings_of("\n" + std::string(header) + "\n").errors,
                    ElementsAre(AllOf(Field(&Problem::where, "f.toml:2"), says("expected bare key"))))
            << header;
    }
}

// Anything in any place: an error or none, and always the same.
TEST(MeterChecks, CharactersOutsideOfTextsAreErrorsWithTheirLine) {
    for (const char* character :
         {"\xc3\xa9", "\xc2\xa0", "\xc4\xb0", "\xe1\x9a\x81", "\xe2\x80\x8c", "\xe2\x80\xa8", "\xe3\x80\x80",
          "\xef\xbb\xbf", "\xf0\x9f\x98\x80", "\x7f"}) {
        for (const std::string& line :
             {"[mqtt]" + std::string(character), "a" + std::string(character) + " = 1",
              character + std::string("[mqtt]"), "portal_id = " + std::string(character),
              "portal_id = \"p\"" + std::string(character) + "x"}) {
            const Findings findings = findings_of("\n" + line + "\n");
            ASSERT_FALSE(findings.errors.empty()) << line;
            EXPECT_EQ(findings.errors.front().where, "f.toml:2") << line;
        }
    }
}

TEST(MeterChecks, WhatIsShownOfAMeterIsReadAsThat) {
    for (const char* text :
         {"007", "1e5", "+5", "-0", "0x10", "1_000", "1.50", "5", "true", "1979-05-27", "inf", "a \"b\""}) {
        MeterConfig meter;
        ASSERT_THAT(parse_meter_uri("d0+serial:///dev/ttyUSB0", meter), IsEmpty());
        meter.name = text;
        const MeterTables read = read_meter_tables(show_meter(meter), "f.toml");
        ASSERT_THAT(read.problems, IsEmpty()) << text;
        ASSERT_EQ(read.tables.size(), 1U) << text;
        EXPECT_EQ(read.tables[0].meter.name, text);
    }
    MeterConfig meter;
    ASSERT_THAT(parse_meter_uri("d0+serial:///dev/ttyUSB0?mode=request&address=007", meter), IsEmpty());
    const MeterTables read = read_meter_tables(show_meter(meter), "f.toml");
    ASSERT_EQ(read.tables.size(), 1U);
    EXPECT_EQ(read.tables[0].meter.address, "007");
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
    EXPECT_THAT(findings_of_meters({"sml+serial:///dev/b", "sml+serial:///dev/b?name=B"}).errors,
                ElementsAre(says("configured twice")));
}

TEST(MeterChecks, AnUnknownModelIsAnError) {
    EXPECT_THAT(findings_of_meters({"cg+tcp://h?model=em999"}).errors,
                ElementsAre(says("must be one of em24")));
}

// Errors of two d0 entries on one line, with these queries.
std::vector<Problem> errors_of_line(const std::string& where, const std::string& first,
                                    const std::string& second) {
    return findings_of_meters({"d0+" + where + "?" + first, "d0+" + where + "?" + second}).errors;
}

TEST(MeterChecks, TwoAddressesOnOneLineAreTwoMeters) {
    for (const char* const where : {"serial:///dev/b", "tcp://h:4001"}) {
        EXPECT_THAT(errors_of_line(where, "address=1", "address=2"), IsEmpty()) << where;
        EXPECT_THAT(errors_of_line(where, "address=1&mode=request&wakeup=true&interval=0",
                                   "address=2&mode=request&name=B&role=acload"),
                    IsEmpty())
            << where;
    }
    EXPECT_THAT(findings_of_meters({"d0+serial:///dev/b?address=1", "d0+serial:///dev/b?address=2",
                                    "d0+serial:///dev/b?address=A3"})
                    .errors,
                IsEmpty());
}

TEST(MeterChecks, OneLineNeedsDifferentAddresses) {
    for (const char* const where : {"serial:///dev/b", "tcp://h:4001"}) {
        const std::string uri = "d0+" + std::string(where);
        EXPECT_THAT(errors_of_line(where, "address=1", "address=001"),
                    ElementsAre(Problem{uri + ", address 001",
                                        "is on the same line as " + uri +
                                            ", address 1: they have the same address: set that of the other "
                                            "meter, or remove one of the two"}))
            << "leading zeros do not count";
        for (const auto& [first, second] :
             {std::pair("address=1", "name=B"), std::pair("name=A", "address=2"),
              std::pair("name=A", "name=B")}) {
            EXPECT_THAT(errors_of_line(where, first, second),
                        ElementsAre(says("all meters on it answer at once: set address in both entries")))
                << first << " " << second;
        }
        EXPECT_THAT(
            errors_of_line(where, "address=1", "address=2&mode=push"),
            ElementsAre(says("a meter that sends unasked (mode push) cannot share a port: remove mode")));
        EXPECT_THAT(errors_of_line(where, "address=1", "address=2&mode=request"),
                    ElementsAre(says("asked in the same way: set mode alike")));
    }
    EXPECT_THAT(findings_of_meters({"d0+serial:///dev/b?address=1", "d0+serial:///dev/b?address=2",
                                    "d0+serial:///dev/b?address=2"})
                    .errors,
                ElementsAre(says("they have the same address")));
    EXPECT_THAT(errors_of_line("file:///f", "address=1", "address=2"), ElementsAre(says("configured twice")));
}

TEST(MeterChecks, OneLineHasOneSetting) {
    const std::string port = "serial:///dev/b";
    for (const char* const key : {"baud=2400", "parity=none", "data_bits=8", "stop_bits=2"}) {
        EXPECT_THAT(errors_of_line(port, "address=1", std::string("address=2&") + key),
                    ElementsAre(says(
                        " where the other has 9600 7E1: set baud, parity, data_bits and stop_bits alike")))
            << key;
        EXPECT_THAT(errors_of_line("tcp://h:4001", "address=1", std::string("address=2&") + key), IsEmpty())
            << "TCP has no " << key;
    }
    EXPECT_THAT(errors_of_line(port, "address=1", "address=2&request=false"),
                ElementsAre(says("the request line is one: set request alike")));
}

} // namespace
} // namespace gridbridge
