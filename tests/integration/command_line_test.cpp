// The program as a person in a terminal sees it.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>

#include <unistd.h>

namespace gridbridge::testing_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(CommandLine, VersionAndHelp) {
    const Result version = gridbridge({"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_THAT(version.output, StartsWith("gridbridge "));
    const Result help = gridbridge({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const char* word : {"run", "check-config", "read", "decode", "simulate", "--meter", "--mqtt",
                             "--portal-id", "--state-dir", "--timeout", "--log-level", "--log-format"}) {
        EXPECT_THAT(help.output, HasSubstr(word));
    }
}

TEST(CommandLine, UsageErrors) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"rum"},
          {"--nonsense"},
          {"--timeout", "7"},
          {"--timeout", "x"},
          {"--log-level", "loud"},
          {"decode"},
          {"decode", "morse"},
          {"simulate", "em24"},
          {"simulate", "em999", "--listen", "tcp://127.0.0.1:0"},
          {"simulate", "em24", "--listen", "tcp://127.0.0.1:0", "--fault", "drop=x"}}) {
        const Result result = gridbridge(arguments);
        EXPECT_EQ(result.exit_code, 64) << arguments[0];
        EXPECT_THAT(result.errors, StartsWith("gridbridge: ")) << arguments[0];
    }
    EXPECT_THAT(gridbridge({"rum"}).errors, HasSubstr("did you mean \"run\"?"));
}

TEST(CommandLine, OutputThatCannotBeWrittenIsAnErrorAndAReaderThatLeavesIsNot) {
    const auto shell = [](const std::string& rest) {
        return run({"bash", "-o", "pipefail", "-c", std::string(GRIDBRIDGE_PROGRAM) + " " + rest});
    };
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const std::string read = "read --meter cg+" + meter.uri;
    for (const std::string& what : {read, read + " --json", std::string("--help")}) {
        const Result full = shell(what + " >/dev/full");
        EXPECT_EQ(full.exit_code, 74) << what;
        EXPECT_THAT(full.errors, HasSubstr("error: standard output: cannot be written")) << what;
    }
    EXPECT_EQ(shell("monitor --meter cg+" + meter.uri + " | head -n 2").exit_code, 0);
}

TEST(CheckConfig, ReportsEveryProblemAtOnceWithLineAndNearestKey) {
    const Folder folder;
    folder.write("bad.toml", "portal_id = \"a/b\"\n"
                             "[mqtt]\n"
                             "server = \"x\"\n"
                             "keepalive = \"often\"\n"
                             "[venus]\n"
                             "publish = \"sometimes\"\n"
                             "[venis]\n"
                             "a = 1\n"
                             "[[meter]]\n"
                             "uri = \"cg+rtu:///dev/ttyUSB0?unti=3\"\n"
                             "role = \"gird\"\n"
                             "timout = 300\n"
                             "[[meter]]\n"
                             "name = \"x\"\n");
    const std::string file = folder.path("bad.toml");
    const Result result = gridbridge({"check-config", "--config", file});
    EXPECT_EQ(result.exit_code, 78);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr(file + ":1: \"portal_id\": \"a/b\" must be a text without / + #"),
                      HasSubstr(file + ":3: unknown key \"server\" in [mqtt], did you mean \"servers\"?"),
                      HasSubstr(file + ":4: \"keepalive\": \"often\" must be a whole number from 5 to 3600"),
                      HasSubstr(file + ":6: \"publish\": \"sometimes\" must be \"keepalive\" or \"always\""),
                      HasSubstr(file + ":7: unknown key \"venis\", did you mean \"venus\"?"),
                      HasSubstr(file + ":10: unknown key \"unti\", did you mean \"unit\"?"),
                      HasSubstr(file + ":11: \"role\": \"gird\" must be one of grid"),
                      HasSubstr(file + ":12: unknown key \"timout\" in [[meter]], did you mean \"timeout\"?"),
                      HasSubstr(file + ":13: [[meter]] needs uri")));
}

TEST(CheckConfig, AFileThatTheUserMayNotReadIsNamedWithSudo) {
    const Folder folder;
    folder.write("c.toml", "[mqtt]\nservers = [\"a\"]\n");
    run({"chmod", "000", folder.path("c.toml")});
    std::vector<std::string> command;
    if (::geteuid() == 0) { // root may read everything
        run({"chmod", "755", folder.path()});
        command = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    }
    for (const std::string verb : {"check-config", "health"}) {
        std::vector<std::string> asked = command;
        asked.insert(asked.end(), {GRIDBRIDGE_PROGRAM, verb, "--config", folder.path("c.toml")});
        const Result result = run(asked);
        if (result.exit_code == 126 || result.exit_code == 127) {
            GTEST_SKIP() << "SKIPPED: the program cannot be started by another user: " << result.errors;
        }
        EXPECT_EQ(result.exit_code, 78) << verb;
        EXPECT_NE(result.errors.find("permission denied: user "), std::string::npos) << result.errors;
        EXPECT_NE(result.errors.find("use sudo"), std::string::npos) << result.errors;
    }
}

TEST(CheckConfig, PrintsTheEffectiveConfigurationWithSecretsMasked) {
    const Folder folder;
    folder.write("password", "hunter2\n");
    folder.write(
        "good.toml",
        "\xEF\xBB\xBFportal_id = \"c0619ab40123\"  \r\n[mqtt]\r\nservers = [\"broker\", \"mqtts://b\"]\r\n"
        "username = \"u\"\r\npassword_file = \"" +
            folder.path("password") +
            "\"\r\n[[meter]]\r\nuri = \"p1+tcp://dongle:23\"\r\nname = \"Main\"\r\nstale_after = 7\r\n");
    const Result result =
        gridbridge({"check-config", "--config", folder.path("good.toml"), "--mqtt", "other:1884"});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output,
                AllOf(HasSubstr("portal_id = \"c0619ab40123\""), HasSubstr("[\"mqtt://other:1884\"]"),
                      HasSubstr("uri = \"p1+tcp://dongle:23\""), Not(HasSubstr("hunter2"))));
    folder.write("again.toml", result.output);
    const Result again = gridbridge({"check-config", "--config", folder.path("again.toml")});
    EXPECT_EQ(again.exit_code, 0) << again.errors;
    EXPECT_EQ(again.output, result.output) << "what it prints is a configuration";
}

TEST(CheckConfig, ReadsWhatItPrintedOfDefaultsAndOfEveryKindOfMeter) {
    const Folder folder;
    std::vector<std::string> command{"check-config"};
    for (const char* uri :
         {"p1+serial:///dev/ttyS0?share=3240&request=false&accept_without_crc=true",
          "sml+tcp://h:1?direction=status&phases=L2,L3,L1&invert=L2", "d0+serial:///dev/ttyS1?mode=request",
          "cg+rtu:///dev/ttyS2?unit=3&baud=19200&parity=even&timeout=300&interval=0&setup=false",
          "em580+tcp://h2?role=pvinverter&name=a%20b&on_lost=exit&multiphase=false"}) {
        command.insert(command.end(), {"--meter", uri});
    }
    const Result result = gridbridge(command);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    folder.write("again.toml", result.output);
    const Result again = gridbridge({"check-config", "--config", folder.path("again.toml")});
    EXPECT_EQ(again.exit_code, 0) << again.errors;
    EXPECT_EQ(again.output, result.output);
}

TEST(CheckConfig, UnusedKeysAreWarningsAndErrorsOnRequest) {
    const Folder folder;
    folder.write("unused.toml", "[[meter]]\nuri = \"cg+tcp://h\"\nwakeup = true\nkey_file = \"/nowhere\"\n"
                                "share = \"3240\"\nbaud = 19200\n");
    const std::string file = folder.path("unused.toml");
    const Result result = gridbridge({"check-config", "--config", file});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("warning: " + file +
                                ":3: meter \"cg+tcp://h\" does not use \"wakeup\": only d0 has it"),
                      HasSubstr(":4: "), HasSubstr(":5: "), Not(HasSubstr("baud"))));
    EXPECT_THAT(result.output, Not(HasSubstr("3240")));
    const Result strict = gridbridge({"check-config", "--strict", "--config", file});
    EXPECT_EQ(strict.exit_code, 78);
    EXPECT_EQ(strict.output, "");
    EXPECT_THAT(strict.errors, HasSubstr("error: " + file + ":3: "));
    // A variable of the tests is one that the program does not know.
    EXPECT_EQ(run({"env", "-u", "GRIDBRIDGE_CORPUS", GRIDBRIDGE_PROGRAM, "check-config", "--strict",
                   "--meter", "cg+tcp://h?unit=2"})
                  .exit_code,
              0);
    const Result query = gridbridge({"check-config", "--meter", "p1+tcp://h:1?unit=2"});
    EXPECT_EQ(query.exit_code, 0);
    EXPECT_THAT(query.errors, HasSubstr("warning: --meter: meter \"p1+tcp://h:1\" does not use \"unit\""));
}

TEST(CheckConfig, MetersThatCannotShareAPort) {
    const Result result = gridbridge(
        {"check-config", "--meter", "cg+rtu:///dev/x?unit=1&name=House", "--meter", "p1+serial:///dev/x"});
    EXPECT_EQ(result.exit_code, 78);
    EXPECT_THAT(result.errors,
                HasSubstr("error: p1+serial:///dev/x: has the same port as cg+rtu:///dev/x, unit 1 "
                          "(House), and"));
}

TEST(CheckConfig, EnvironmentStandsBetweenFileAndCommandLine) {
    const Folder folder;
    folder.write("good.toml",
                 "portal_id = \"file\"\nstate_dir = \"/file\"\n[[meter]]\nuri = \"p1+tcp://dongle:23\"\n");
    const Result result =
        run({"env", "GRIDBRIDGE_PORTAL_ID=env", "GRIDBRIDGE_STATE_DIR=/env", "GRIDBRIDGE_MQTT_SERVERS=a,b:1",
             "GRIDBRIDGE_MQTT_SERVRES=c", GRIDBRIDGE_PROGRAM, "check-config", "--config",
             folder.path("good.toml"), "--state-dir", "/option"});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output, AllOf(HasSubstr("portal_id = \"env\""), HasSubstr("state_dir = \"/option\""),
                                     HasSubstr("[\"mqtt://a:1883\", \"mqtt://b:1\"]")));
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("warning: GRIDBRIDGE_MQTT_SERVRES"), HasSubstr("GRIDBRIDGE_MQTT_SERVERS")));
    const Result bad = run({"env", "GRIDBRIDGE_MQTT_KEEPALIVE=x", GRIDBRIDGE_PROGRAM, "check-config",
                            "--config", folder.path("good.toml")});
    EXPECT_EQ(bad.exit_code, 78);
}

TEST(CheckConfig, FilesThatCannotBeReadOrParsed) {
    const Folder folder;
    const Result missing = gridbridge({"check-config", "--config", folder.path("none.toml")});
    EXPECT_EQ(missing.exit_code, 78);
    EXPECT_THAT(missing.errors, HasSubstr("No such file"));
    folder.write("broken.toml", "a = 1\nb = [\n");
    const Result broken = gridbridge({"check-config", "--config", folder.path("broken.toml")});
    EXPECT_EQ(broken.exit_code, 78);
    EXPECT_THAT(broken.errors, HasSubstr("broken.toml:"));
    folder.write("empty.toml", "");
    EXPECT_THAT(gridbridge({"check-config", "--config", folder.path("empty.toml")}).errors,
                HasSubstr("no meter"));
    EXPECT_EQ(gridbridge({"run", "--config", folder.path("empty.toml")}).exit_code, 78);
    folder.write("chain.toml", "[[meter]]\nuri = \"sunspec+tcp://d:1\"\n"
                               "[[meter]]\nuri = \"sunspec+tcp://d:1\"\nrole = \"grid\"\n");
    const Result chain = gridbridge({"check-config", "--config", folder.path("chain.toml")});
    EXPECT_EQ(chain.exit_code, 0) << chain.errors << "inverter and meter of one chain";
    folder.write("twice.toml", "[[meter]]\nuri = \"sunspec+tcp://d:1\"\n"
                               "[[meter]]\nuri = \"sunspec+tcp://d:1\"\nrole = \"pvinverter\"\n");
    const Result twice = gridbridge({"check-config", "--config", folder.path("twice.toml")});
    EXPECT_EQ(twice.exit_code, 78);
    EXPECT_THAT(twice.errors, HasSubstr("configured twice"));
    folder.write("conflict.toml", "[venus]\npublish = \"keepalive\"\n[[meter]]\nuri = \"p1+tcp://d:1\"\n");
    EXPECT_THAT(gridbridge({"check-config", "--config", folder.path("conflict.toml")}).errors,
                HasSubstr("Home Assistant"));
}

TEST(Read, OneCompleteReadingAndNothingKept) {
    const Folder folder;
    const SimulatedMeter em540("em540", "tcp://127.0.0.1:0");
    const SimulatedMeter p1("p1", "tcp://127.0.0.1:0");
    const Result result = gridbridge({"read", "--meter", "cg+" + em540.uri, "--meter", "p1+" + p1.uri,
                                      "--json", "--state-dir", folder.path("state")});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_FALSE(std::filesystem::exists(folder.path("state")));
    std::istringstream lines(result.output);
    std::string line;
    std::set<std::string> serials;
    while (std::getline(lines, line)) {
        auto json = nlohmann::json::parse(line);
        serials.insert(json["meter"]["serial"].get<std::string>());
        EXPECT_TRUE(json["venus"]["Ac/Power"].is_number());
        EXPECT_TRUE(json["venus"]["Ac/L1/Power"].is_number());
    }
    EXPECT_EQ(serials.size(), 2U) << result.output;
}

TEST(Read, OpticalHeadThatSendsOrIsAsked) {
    const Folder folder;
    const SimulatedMeter push("d0", "serial://" + folder.path("push"));
    const SimulatedMeter asked("d0", "serial://" + folder.path("asked"), {"--mode", "request"});
    for (const auto& [uri, serial] :
         {std::pair("d0+" + push.uri, "1ESY1160012345"), std::pair("d0+" + asked.uri, "001LOG0065800041"),
          std::pair("d0+" + asked.uri + "?mode=request", "001LOG0065800041")}) {
        const Result result = gridbridge({"read", "--json", "--meter", uri});
        EXPECT_EQ(result.exit_code, 0) << uri << result.errors;
        const auto json = nlohmann::json::parse(result.output, nullptr, false);
        ASSERT_TRUE(json.is_object()) << uri << result.output;
        EXPECT_EQ(json["meter"]["kind"], "d0");
        EXPECT_EQ(json["meter"]["serial"], serial) << uri;
        EXPECT_TRUE(json["venus"]["Ac/Power"].is_number());
    }
}

TEST(Decode, AutoTellsTheDialectsApart) {
    const Folder folder;
    const std::string push = "/EMH5eHZ\r\n\r\n1-0:1.8.0*255(000001.5)\r\n!\r\n";
    const std::string p1 = "/ISk5ME\r\n\r\n0-0:96.1.1(4B35)\r\n1-0:1.8.1(00002.5*kWh)\r\n!\r\n";
    folder.write("mixed", push + p1 + push);
    const Result result = gridbridge({"decode", "auto", folder.path("mixed")});
    EXPECT_EQ(result.exit_code, 0);
    std::vector<double> energies;
    std::istringstream lines(result.output);
    std::string line;
    while (std::getline(lines, line)) {
        energies.push_back(nlohmann::json::parse(line)["venus"].value("Ac/Energy/Forward", 0.0));
    }
    EXPECT_THAT(energies, testing::ElementsAre(1.5, 2.5, 1.5)) << result.output;
}

TEST(Decode, FromStandardInputAndFiles) {
    const Folder folder;
    const SimulatedMeter meter("sml", "file://" + folder.path("telegrams"), {"--period", "0.01"});
    const Result missing = gridbridge({"decode", "sml", folder.path("none")});
    EXPECT_EQ(missing.exit_code, 74);
    EXPECT_EQ(missing.output, "");
    const Result nothing = gridbridge({"decode", "p1", "/dev/null"});
    EXPECT_EQ(nothing.exit_code, 0);
    EXPECT_EQ(nothing.output, "");
    const Result automatic = gridbridge({"decode", "auto", folder.path("telegrams")});
    EXPECT_EQ(automatic.exit_code, 0);
    EXPECT_THAT(automatic.output, HasSubstr("\"Ac/Power\""));
    EXPECT_THAT(automatic.errors, StartsWith("sml: "));
    const Result piped =
        run({"sh", "-c", std::string(GRIDBRIDGE_PROGRAM) + " decode sml - < " + folder.path("telegrams")});
    EXPECT_THAT(piped.output, HasSubstr("\"Ac/Power\""));
}

TEST(Decode, SaysWhatTheBytesAreWhenNothingIsDecoded) {
    const Folder folder;
    const SimulatedMeter meter("sml", "file://" + folder.path("sml"), {"--period", "0.01"});
    folder.write("web", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    folder.write(
        "crc", "/ISK5\r\n\r\n1-3:0.2.8(50)\r\n1-0:1.8.1(00002.5*kWh)\r\n1-0:1.8.2(00002.5*kWh)\r\n!0000\r\n"
               "/ISK5\r\n\r\n1-3:0.2.8(50)\r\n1-0:1.8.1(00002.6*kWh)\r\n1-0:1.8.2(00002.5*kWh)\r\n!0000\r\n");
    for (const auto& [dialect, file, said] :
         {std::tuple("auto", "web", "text of a web server (HTTP)"),
          {"d0", "web", "text of a web server (HTTP)"},
          {"p1", "sml", "SML telegrams; the driver for them is sml, not p1"},
          {"auto", "crc", "every telegram has a wrong checksum (2 so far)"},
          {"p1", "crc", "every telegram has a wrong checksum (2 so far)"},
          {"sml", "crc", "telegrams of a P1 port; the driver for them is p1, not sml"}}) {
        SCOPED_TRACE(std::string(dialect) + " " + file);
        const Result result = gridbridge({"decode", dialect, folder.path(file)});
        EXPECT_EQ(result.exit_code, 0);
        EXPECT_EQ(result.output, "");
        const std::string line = std::string("bytes arrive, but no good telegram: ") + said;
        EXPECT_THAT(result.errors, HasSubstr(line));
        const Result strict = gridbridge({"decode", "--strict", dialect, folder.path(file)});
        EXPECT_EQ(strict.exit_code, 65);
        EXPECT_THAT(strict.errors, HasSubstr(line));
    }
    const Result decoded = gridbridge({"decode", "--strict", "sml", folder.path("sml")});
    EXPECT_EQ(decoded.exit_code, 0);
    EXPECT_THAT(decoded.errors, Not(HasSubstr("bytes arrive")));
    EXPECT_EQ(gridbridge({"decode", "--strict", "auto", "/dev/null"}).exit_code, 65);
}

} // namespace
} // namespace gridbridge::testing_support
