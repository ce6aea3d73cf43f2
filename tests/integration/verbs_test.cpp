// init and monitor of the real program.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

TEST(Init, WritesOnceAndNeverOverwrites) {
    const Folder folder;
    const std::string path = folder.path("gridbridge.toml");
    const Result first = gridbridge({"init", "--output", path});
    EXPECT_EQ(first.exit_code, 0) << first.errors;
    folder.write("gridbridge.toml", "# mine\n");
    const Result second = gridbridge({"init", "--output", path});
    EXPECT_EQ(second.exit_code, 74);
    EXPECT_THAT(second.errors, HasSubstr("exists already"));
    std::string line;
    std::getline(std::ifstream(path), line);
    EXPECT_EQ(line, "# mine");
    EXPECT_EQ(gridbridge({"init", "--output", path, "--force"}).exit_code, 0);
    std::ofstream(path, std::ios::app) << "[[meter]]\nuri = \"cg+tcp://192.0.2.1\"\n";
    const Result checked = gridbridge({"check-config", "--config", path});
    EXPECT_EQ(checked.exit_code, 0) << checked.errors;
    EXPECT_EQ(gridbridge({"init", "--output", folder.path("no/such/folder")}).exit_code, 74);
    EXPECT_THAT(gridbridge({"init"}).output, HasSubstr("[status]\n#listen = "));
}

TEST(Init, ImportsTheSettingsOfAGx) {
    const Folder folder;
    folder.write("settings.xml",
                 "<Settings><Devices><cgwacs_BX1230010001S><ClassAndVrmInstance type=\"s\">grid:37"
                 "</ClassAndVrmInstance><CustomName type=\"s\">Haus &amp; Hof</CustomName>"
                 "</cgwacs_BX1230010001S></Devices></Settings>");
    const std::vector<std::string> import{"init", "--import", folder.path("settings.xml"), "--state-dir",
                                          folder.path("state")};
    const Result first = gridbridge(import);
    EXPECT_EQ(first.exit_code, 0) << first.errors;
    EXPECT_EQ(first.output, "imported cgwacs_BX1230010001S: grid/37, CustomName Haus & Hof\n");
    EXPECT_EQ(gridbridge(import).exit_code, 65) << "it is known now";
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const Result read =
        gridbridge({"read", "--json", "--meter", "cg+" + meter.uri, "--state-dir", folder.path("state")});
    ASSERT_EQ(read.exit_code, 0) << read.errors;
    const auto json = nlohmann::json::parse(read.output);
    EXPECT_EQ(json["meter"]["instance"], 37);
    EXPECT_EQ(json["venus"]["CustomName"], "Haus & Hof");
    EXPECT_EQ(gridbridge({"init", "--import", folder.path("none.xml"), "--state-dir", folder.path("state")})
                  .exit_code,
              74);
}

TEST(Init, DoesNotImportWhileAServiceKeepsItsSettingsThere) {
    const Broker broker;
    const Folder folder;
    folder.write("settings.xml", "<Settings/>");
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("connected to")) << service.process->errors();
    const Result refused =
        gridbridge({"init", "--import", folder.path("settings.xml"), "--state-dir", folder.path("state")});
    EXPECT_EQ(refused.exit_code, 74);
    EXPECT_THAT(refused.errors, HasSubstr("another gridbridge keeps its settings there"));
}

TEST(Monitor, OneJsonObjectPerReadingAndAnOrderlyEnd) {
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    Process monitor({GRIDBRIDGE_PROGRAM, "monitor", "--json", "--meter", "cg+" + meter.uri + "?stale_after=2",
                     "--state-dir", folder.path("state")});
    const auto line = monitor.wait_for_line("\"state\":\"live\"");
    ASSERT_TRUE(line) << monitor.errors();
    const auto json = nlohmann::json::parse(*line);
    EXPECT_EQ(json["meter"]["serial"], "BX1230010001S");
    EXPECT_TRUE(json["venus"]["Ac/Power"].is_number());
    meter.process->signal(SIGSTOP);
    const auto lost = monitor.wait_for_line("\"state\":\"lost\"");
    ASSERT_TRUE(lost) << monitor.errors();
    EXPECT_TRUE(nlohmann::json::parse(*lost)["venus"]["Ac/Power"].is_null());
    meter.process->signal(SIGCONT);
    monitor.signal(SIGINT);
    EXPECT_EQ(monitor.wait(), 0);
}

TEST(Monitor, LinesWithoutATerminalAndATableOnOne) {
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const std::string arguments = " monitor --meter p1+" + meter.uri + " --state-dir " + folder.path("state");
    Process lines({"sh", "-c", "exec " GRIDBRIDGE_PROGRAM + arguments});
    EXPECT_TRUE(lines.wait_for_line("meter=E0044000000000001 role=grid state=live power=")) << lines.errors();
    lines.signal(SIGTERM);
    EXPECT_EQ(lines.wait(), 0);
    // socat gives it a terminal.
    Process table({"socat", "-u",
                   "EXEC:" GRIDBRIDGE_PROGRAM +
                       [&] {
                           std::string escaped;
                           for (const char c : arguments) {
                               escaped += c == ':' || c == ',' || c == '!' ? std::string("\\") + c
                                                                           : std::string(1, c);
                           }
                           return escaped;
                       }() +
                       ",pty,raw",
                   "-"});
    EXPECT_TRUE(table.wait_for_line("E0044000000000001  grid     ")) << table.output() << table.errors();
    EXPECT_THAT(table.output(), HasSubstr("METER"));
    EXPECT_THAT(table.output(), HasSubstr("\x1b[H"));
    EXPECT_EQ(gridbridge({"monitor", "--config", folder.path("none.toml")}).exit_code, 78);
}

} // namespace
} // namespace gridbridge::testing_support
