// The settings file survives whatever ends the service.
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

namespace gridbridge::testing_support {
namespace {

nlohmann::json file_at(const std::string& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file, nullptr, false);
}

// Each start writes the settings, because it has another portal id than the last one, right after it has said
// so; it is killed at a random moment around that write. The longest wait follows what the machine needs:
// longer after a start that did not come to its write, shorter after one that ended it.
TEST(VenusStore, KilledTwoHundredTimesWhileItWrites) {
    const Folder folder;
    const std::string path = folder.path("state/settings.json");
    std::minstd_rand random(20240229);
    std::string known; // the state before this start
    std::chrono::microseconds longest(4000);
    int rewritten = 0;
    int in_the_middle = 0;
    for (int round = 0; round < 200; ++round) {
        const std::string portal = "portal" + std::to_string(round);
        {
            Process service({GRIDBRIDGE_PROGRAM, "run", "--meter", "p1+tcp://127.0.0.1:1", "--mqtt",
                             "mqtt://127.0.0.1:1", "--portal-id", portal, "--state-dir",
                             folder.path("state")});
            ASSERT_TRUE(service.wait_for_line("portal id " + portal + ","))
                << "does not start in round " << round << ": " << service.errors();
            const auto begin = std::chrono::steady_clock::now();
            const auto moment = std::chrono::microseconds(random()) % longest;
            while (std::chrono::steady_clock::now() - begin < moment) {
                std::this_thread::yield();
            }
            service.signal(SIGKILL);
            service.wait();
            EXPECT_EQ(service.errors().find("is not a settings file"), std::string::npos)
                << "in round " << round;
        }
        in_the_middle += std::ifstream(path + ".new") ? 1 : 0;
        if (!std::ifstream(path)) {
            EXPECT_EQ(known, "") << "the file is gone in round " << round;
            longest += longest / 8;
            continue;
        }
        const auto state = file_at(path);
        ASSERT_TRUE(state.is_object()) << "half a file in round " << round;
        const std::string now = state.value("portal_id", "");
        ASSERT_TRUE(now == known || now == portal) << now << " in round " << round;
        rewritten += now == portal ? 1 : 0;
        longest += now == portal ? -longest / 8 : longest / 8;
        known = now;
    }
    EXPECT_GT(rewritten, 20) << "killed nearly always before the write";
    EXPECT_LT(rewritten, 180) << "killed nearly always after the write";
    std::printf("%d of 200 starts ended their write, some left a half-done one behind %d times; waits up to "
                "%lld us\n",
                rewritten, in_the_middle, static_cast<long long>(longest.count()));
    Process service({GRIDBRIDGE_PROGRAM, "run", "--meter", "p1+tcp://127.0.0.1:1", "--mqtt",
                     "mqtt://127.0.0.1:1", "--state-dir", folder.path("state")});
    EXPECT_TRUE(service.wait_for_line("portal id " + known + ",")) << service.errors();
    EXPECT_EQ(service.errors().find("is not a settings file"), std::string::npos);
}

TEST(VenusStore, TheLastGoodCopyIsUsedWhenTheFileIsBroken) {
    const Folder folder;
    folder.write("settings.json", "");
    folder.write("settings.json.bak", R"({"version":1,"portal_id":"kept","devices":{}})");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--meter", "p1+tcp://127.0.0.1:1", "--mqtt",
                     "mqtt://127.0.0.1:1", "--state-dir", folder.path()});
    EXPECT_TRUE(service.wait_for_line("starting with the last good copy")) << service.errors();
    EXPECT_TRUE(service.wait_for_line("portal id kept,")) << service.errors();
}

} // namespace
} // namespace gridbridge::testing_support
