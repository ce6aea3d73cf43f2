// Meters that are formed of others, in a configuration.
#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

Findings findings_of(const std::vector<std::string>& uris) {
    std::string text;
    for (const std::string& uri : uris) {
        text += "[[meter]]\nuri = \"" + uri + "\"\n";
    }
    Config config;
    Findings findings;
    apply_file(config, text, "f.toml", findings);
    if (findings.errors.empty()) {
        check_config(config, findings);
    }
    return findings;
}

auto says(const std::string& part) {
    return Field(&Problem::text, HasSubstr(part));
}

const std::string one = "cg+rtu:///dev/serial/by-id/a?name=Main&role=acload";
const std::string two = "cg+rtu:///dev/serial/by-id/b?name=Garage&role=acload";

TEST(Members, ByNameOrSerialNumberAreTaken) {
    EXPECT_THAT(findings_of({one, two, "combine+sum://House?of=Main,Garage"}).errors, IsEmpty());
    EXPECT_THAT(findings_of({one, "standby+auto://House?of=Main,BX0120064003P"}).errors, IsEmpty());
    EXPECT_THAT(findings_of({one, two, "combine+difference://All?of=House,Garage",
                             "combine+sum://House?of=Main,Garage"})
                    .errors,
                IsEmpty());
}

TEST(Members, AreReadFromAListToo) {
    Config config;
    Findings findings;
    apply_file(config,
               "[[meter]]\nuri = \"combine+difference://Rest\"\nof = [\"Main\", \"Garage 2\"]\nalign = 0.5\n",
               "f.toml", findings);
    ASSERT_THAT(findings.errors, IsEmpty());
    EXPECT_THAT(config.meters.at(0).members, ElementsAre("Main", "Garage 2"));
    EXPECT_EQ(config.meters.at(0).align, std::chrono::milliseconds(500));
    EXPECT_THAT(show_meter(config.meters.at(0)),
                AllOf(HasSubstr("of = \"Main,Garage 2\""), HasSubstr("align = 0.5"),
                      testing::Not(HasSubstr("interval"))));
}

TEST(Members, OneThatNobodyIsCalledIsAnErrorWithTheNames) {
    EXPECT_THAT(findings_of({one, two, "combine+sum://House?of=Main,Garaeg"}).errors,
                ElementsAre(AllOf(Field(&Problem::where, "combine+sum://House"),
                                  says("no meter is called \"Garaeg\""), says("did you mean \"Garage\"?"),
                                  says("the names are \"Main\", \"Garage\""))));
    EXPECT_THAT(findings_of({one, two + "&enabled=false", "combine+sum://House?of=Main,Garage"}).errors,
                ElementsAre(says("its member \"Garage\" has enabled = false: switch it on")));
}

TEST(Members, ANameGivenTwiceIsAnError) {
    EXPECT_THAT(findings_of({one, two, "combine+sum://House?of=Main,Main"}).errors,
                ElementsAre(says("of names \"Main\" twice: name each meter once")));
    EXPECT_THAT(
        findings_of({one, two, "combine+sum://House?of=Main,Garage", "standby+auto://House?of=Main,Garage"})
            .errors,
        ElementsAre(says("its name \"House\" is that of combine+sum://House: each needs one")));
    EXPECT_THAT(findings_of({one, "cg+rtu:///dev/serial/by-id/c?name=Main&role=acload", two,
                             "combine+sum://House?of=Main,Garage"})
                    .errors,
                ElementsAre(says("its member \"Main\" is the name of 2 meters: give each")));
}

TEST(Members, TooFewAreAnError) {
    EXPECT_THAT(findings_of({one, "combine+sum://House?of=Main"}).errors,
                ElementsAre(says("of has 1 meters: name two or more")));
    EXPECT_THAT(findings_of({one, "standby+auto://House"}).errors, ElementsAre(says("of has 0 meters")));
    EXPECT_THAT(findings_of({one, two, "combine+net://House?of=Main,Garage"}).errors,
                ElementsAre(says("net forms one of three: name the single-phase meters of L1, L2 and L3")));
}

TEST(Members, OneThatIsFormedOfItselfIsAnError) {
    EXPECT_THAT(findings_of({one, "combine+sum://House?of=Main,House"}).errors,
                ElementsAre(says("cannot be formed of itself (House is formed of House)")));
    EXPECT_THAT(
        findings_of({one, "combine+sum://House?of=Main,Rest", "combine+sum://Rest?of=Main,House"}).errors,
        ElementsAre(says("(House is formed of Rest, Rest of House): take one"),
                    says("(Rest is formed of House, House of Rest)")));
}

TEST(Members, ANameIsALevelOfTopics) {
    for (const char* name : {"", "a/b", "a b", "a%20b", "+", "12345678901234567890123456789012345678901"}) {
        EXPECT_THAT(findings_of({one, two, "combine+sum://" + std::string(name) + "?of=Main,Garage"}).errors,
                    ElementsAre(says("must be a name of 1 to 40 letters, digits, _ and -")))
            << name;
    }
}

TEST(Members, WhatAMeterMeasuresIsSetAtTheMembers) {
    EXPECT_THAT(
        findings_of({one, two, "combine+sum://House?of=Main,Garage&phases=L2,L3,L1"}).warnings,
        ElementsAre(says("does not use \"phases\": set it at the meters it is formed of, remove it")));
    EXPECT_THAT(findings_of({"p1+tcp://h:1?of=Main"}).warnings, ElementsAre(says("only combine, standby")));
}

TEST(Members, TwoGridMetersAreNamed) {
    EXPECT_THAT(
        findings_of({"cg+rtu:///dev/serial/by-id/a?name=EM24", two, "standby+auto://Grid?of=EM24,Garage"})
            .warnings,
        ElementsAre(says("is a grid meter, and so is its member \"EM24\": set role")));
}

// Any members of any of them: an error or none, and always the same; never without an end.
TEST(Members, InEveryOrderAndDepthEndInAnAnswer) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        const std::size_t count = 2 + random() % 6;
        std::vector<std::string> uris{one, two};
        bool forward = true; // each is formed of earlier ones only
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t first = random() % count;
            const std::size_t second = (first + 1 + random() % (count - 1)) % count;
            forward = forward && first < i && second < i;
            uris.push_back("combine+sum://F" + std::to_string(i) + "?of=F" + std::to_string(first) + ",F" +
                           std::to_string(second) + "&role=acload");
        }
        const Findings findings = findings_of(uris);
        EXPECT_FALSE(findings.errors.empty()); // somewhere each ends in itself
        EXPECT_FALSE(forward);
    }
}

// Damaged URIs are errors or meters, and what is shown of them is read back as the same.
TEST(Members, AnyTextInAUriIsTakenOrRefused) {
    const std::string alphabet = "ab,=&?:/+%-_ 1;\n";
    const std::string good = "combine+difference://House?of=Main,Garage&align=0.5";
    for (unsigned seed = 1; seed <= 3000; ++seed) {
        std::mt19937 random(seed);
        std::string uri = good;
        for (unsigned change = 0; change < 1 + seed % 4; ++change) {
            uri[random() % uri.size()] = alphabet[random() % alphabet.size()];
        }
        MeterConfig meter;
        if (!parse_meter_uri(uri, meter).empty() || !is_formed(meter.driver)) {
            continue;
        }
        const MeterTables read = read_meter_tables(show_meter(meter), "f.toml");
        ASSERT_EQ(read.tables.size(), 1U) << uri;
        EXPECT_EQ(read.tables[0].meter.serial, meter.serial) << uri;
        EXPECT_EQ(read.tables[0].meter.members, meter.members) << uri;
        EXPECT_EQ(read.tables[0].meter.align, meter.align) << uri;
    }
}

} // namespace
} // namespace gridbridge
