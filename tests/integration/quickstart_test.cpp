// The first thing a new user runs. Needs the release build, which tests/run makes.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

// Command lines of running processes that contain `text`.
std::string processes_with(const std::string& text) {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::ostringstream line;
        line << file.rdbuf();
        if (line.str().find(text) != std::string::npos) {
            found += line.str() + "\n";
        }
    }
    return found;
}

TEST(Quickstart, ShowsFourMovingMetersAndLeavesNothingBehind) {
    const Folder folder; // everything temporary goes here
    Process quickstart({"env", "TMPDIR=" + folder.path(), GRIDBRIDGE_SOURCE_DIR "/app/quickstart"});
    const auto hint =
        quickstart.wait_for_line("mosquitto_sub -h 127.0.0.1 -p ", std::chrono::minutes(9)); // it may build
    ASSERT_TRUE(hint);
    EXPECT_THAT(*hint, HasSubstr("-v -t 'N/#'"));
    for (const char* meter :
         {"Grid (EM24, RS-485)", "PV (EM540, Modbus TCP)", "Smart meter (P1)", "Smart meter (SML)"}) {
        EXPECT_TRUE(quickstart.wait_for_line(meter)) << meter << quickstart.output();
    }
    const auto row = quickstart.wait_for_line("Smart meter (P1)");
    EXPECT_THAT(row.value_or(""), HasSubstr(" -")) << "an exporting phase";
    EXPECT_EQ(quickstart.output().find("/0 "), std::string::npos)
        << "only meters are rows, from instance 30 up: " << quickstart.output();
    quickstart.signal(SIGINT);
    EXPECT_EQ(quickstart.wait(), 0);
    EXPECT_EQ(processes_with(folder.path()), "");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

} // namespace
} // namespace gridbridge::testing_support
