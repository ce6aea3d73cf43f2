#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string errors_of(const std::string& gx, const std::string& meter = "name = \"Main\"\n") {
    Config config;
    Findings findings;
    apply_file(config, "[gx]\n" + gx + "[[meter]]\nuri = \"p1+tcp://d:1\"\n" + meter, "f", findings);
    check_config(config, findings);
    std::string text;
    for (const Problem& error : findings.errors) {
        text += error.where + ": " + error.text + "\n";
    }
    return text;
}

TEST(GxMqttConfig, NeedsAServerAndAMeter) {
    for (const std::string mode : {"mode = \"mqtt-devices\"\n", "mode = \"mqtt-grid\"\n"}) {
        EXPECT_THAT(errors_of(mode), HasSubstr("needs server"));
        const std::string complete = mode + "server = \"gx.local\"\n";
        EXPECT_THAT(errors_of(complete), IsEmpty());
        EXPECT_THAT(errors_of(complete + "meter = \"Main\"\n"), IsEmpty());
        EXPECT_THAT(errors_of(complete + "meter = \"Mian\"\n"), HasSubstr("did you mean \"Main\"?"));
        EXPECT_THAT(errors_of(complete, "role = \"acload\"\n"), HasSubstr("no meter has the role grid"));
        EXPECT_THAT(errors_of(mode + "server = \"http://gx\"\n"), HasSubstr("mqtt:// or mqtts:// URL"));
    }
    EXPECT_THAT(errors_of("mode = \"mqtt\"\n"), HasSubstr("must be one of"));
}

TEST(GxMqttConfig, TheServerIsShownInFull) {
    Config config;
    Findings findings;
    apply_file(config,
               "[gx]\nmode = \"mqtt-grid\"\nserver = \"mqtts://gx\"\ntopic = \"a/b\"\ninsecure = true\n", "f",
               findings);
    EXPECT_THAT(show_config(config), HasSubstr("server = \"mqtts://gx:8883\""));
    EXPECT_THAT(show_config(config), HasSubstr("topic = \"a/b\""));
    EXPECT_TRUE(findings.errors.empty());
}

TEST(GxMqttConfig, ATopicIsOneTopic) {
    const std::string grid = "mode = \"mqtt-grid\"\nserver = \"gx\"\n";
    EXPECT_THAT(errors_of(grid + "topic = \"a/#\"\n"), HasSubstr("topic without + #"));
    EXPECT_THAT(errors_of(grid + "topic = \"N/a/grid/1\"\n"), HasSubstr("not below N/"));
}

TEST(GxMqttConfig, TheFallbackNeedsABroker) {
    EXPECT_THAT(errors_of("manage_run_without_grid_meter = true\n"), HasSubstr("needs mode"));
    EXPECT_THAT(errors_of("mode = \"em24-ethernet\"\nlisten = \"0.0.0.0:1502\"\n"
                          "manage_run_without_grid_meter = true\n"),
                HasSubstr("manage_run_without_grid_meter needs server"));
}

} // namespace
} // namespace gridbridge
