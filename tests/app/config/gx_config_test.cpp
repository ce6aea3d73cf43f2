#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Findings checked(const std::string& gx, const std::string& meter = "name = \"Main\"\n") {
    Config config;
    Findings findings;
    apply_file(config, "[gx]\n" + gx + "[[meter]]\nuri = \"p1+tcp://d:1\"\n" + meter, "f", findings);
    check_config(config, findings);
    return findings;
}

std::string errors_of(const Findings& findings) {
    std::string text;
    for (const Problem& error : findings.errors) {
        text += error.where + ": " + error.text + "\n";
    }
    return text;
}

const std::string em24 = "mode = \"em24-ethernet\"\nlisten = \"0.0.0.0:1502\"\n";

TEST(GxConfig, AnEm24EthernetNeedsAnAddressAndAMeter) {
    EXPECT_THAT(errors_of(checked(em24)), IsEmpty());
    EXPECT_THAT(errors_of(checked("mode = \"em24-ethernet\"\nlisten = \"[::]:1502\"\n")), IsEmpty());
    EXPECT_THAT(errors_of(checked(em24 + "meter = \"Main\"\n")), IsEmpty());
    EXPECT_THAT(errors_of(checked("mode = \"em24-ethernet\"\n")), HasSubstr("needs listen"));
    EXPECT_THAT(errors_of(checked("mode = \"em24-ethernet\"\nlisten = \"gx.local:502\"\n")),
                HasSubstr("needs a numeric address"));
    EXPECT_THAT(errors_of(checked(em24 + "meter = \"Mian\"\n")), HasSubstr("did you mean \"Main\"?"));
    EXPECT_THAT(errors_of(checked(em24 + "meter = \"Cellar\"\n")), HasSubstr("no meter has the name"));
    EXPECT_THAT(errors_of(checked(em24, "role = \"pvinverter\"\n")), HasSubstr("no meter has the role grid"));
}

TEST(GxConfig, ASerialNumberIsKnownLater) {
    const Findings findings = checked(em24 + "meter = \"E0044000000000001\"\n");
    EXPECT_THAT(errors_of(findings), IsEmpty());
    ASSERT_EQ(findings.warnings.size(), 1U);
    EXPECT_THAT(findings.warnings[0].text, HasSubstr("waiting for a meter with this serial number"));
}

TEST(GxConfig, AnUnknownModeIsRefused) {
    EXPECT_THAT(errors_of(checked("mode = \"em24\"\n")), HasSubstr("must be one of"));
}

} // namespace
} // namespace gridbridge
