// What an earlier run or configuration left retained with a real broker.
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

namespace gridbridge::testing_support {
namespace {

struct Configured {
    Configured(const Broker& broker, const Folder& folder, const std::string& portal_id,
               const std::string& meter, const std::string& more) {
        folder.write("gridbridge.toml", "portal_id = \"" + portal_id + "\"\nstate_dir = \"" +
                                            folder.path("state") + "\"\n[mqtt]\nservers = [\"" +
                                            broker.url() + "\"]\n[status]\nlisten = \"\"\n" + more +
                                            "[[meter]]\nuri = \"" + meter + "\"\n");
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    }
    std::unique_ptr<Process> process;
};

// A run under this portal id, up to its orderly end.
void serve_once_as(const std::string& portal_id, const Broker& broker, const Folder& folder,
                   const std::string& meter) {
    const Configured service(broker, folder, portal_id, "cg+" + meter, "");
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("N/" + portal_id + "/grid/30/Ac/Power")) << service.process->errors();
    service.process->signal(SIGTERM);
    service.process->wait();
}

// Waits until the file says that the broker may keep messages about a meter.
bool is_announced_in(const std::string& path) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < until) {
        std::ifstream file(path);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        if (text.find(R"("announced": true)") != std::string::npos) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

// What a client that comes now is told at once.
bool is_retained(const Broker& broker, const std::string& topic, const std::string& payload) {
    Subscriber fresh(broker, topic);
    return fresh.wait_for(
        [&](const Arrived& message) { return message.retained && message.payload == payload; });
}

// The topics of this former portal id or of Home Assistant that the broker still keeps; the log names a
// withdrawal a moment before the broker has it.
std::string kept_of(const Broker& broker, const std::string& portal_id) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::string kept;
    do {
        Subscriber fresh(broker);
        if (!fresh.newest("N/new/grid/30/Ac/Power")) { // live: comes after all that is kept
            return "nothing is published";
        }
        kept.clear();
        for (const Arrived& message : fresh.all()) {
            const bool is_former = message.topic.find(portal_id) != std::string::npos ||
                                   message.topic.starts_with("homeassistant/");
            kept += message.retained && is_former ? message.topic + "\n" : "";
        }
    } while (!kept.empty() && std::chrono::steady_clock::now() < until);
    return kept;
}

TEST(Leftovers, RetainedValuesOfADeadMeterAreNullAfterThePowerCutAndThenCleared) {
    const Broker broker;
    const Folder folder;
    const std::string more = "[venus]\nretain = true\nvanish_after = 15\n";
    {
        const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
        Configured first(broker, folder, "p", "cg+" + meter.uri, more);
        Subscriber subscriber(broker);
        ASSERT_TRUE(subscriber.newest("N/p/grid/30/Ac/Power")) << first.process->errors();
        ASSERT_TRUE(is_announced_in(folder.path("state/settings.json"))) << first.process->errors();
        first.process->signal(SIGKILL);
        first.process->wait();
    }
    Subscriber subscriber(broker);
    const Configured second(broker, folder, "p", "cg+tcp://127.0.0.1:9", more);
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", R"({"value":null})")) << second.process->errors();
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Connected", R"({"value":0})"));
    EXPECT_TRUE(is_retained(broker, "N/p/grid/30/Ac/Power", R"({"value":null})"));
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", "")) << second.process->errors();
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Serial", ""));
}

TEST(Leftovers, AFormerPortalIdAndDiscoveryAreWithdrawn) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    serve_once_as("old", broker, folder, meter.uri);
    const Configured second(broker, folder, "new", "cg+" + meter.uri, "[homeassistant]\nenabled = false\n");
    ASSERT_TRUE(second.process->wait_for_line("withdrawn: ")) << second.process->errors();
    EXPECT_EQ(kept_of(broker, "old"), "") << second.process->errors();
    EXPECT_TRUE(is_retained(broker, "gridbridge/new/status", "online"));
}

TEST(Leftovers, TheFormerPortalIdOfAnotherLiveServiceIsLeftAlone) {
    const Broker broker;
    const Folder folder;
    const Folder other_folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    serve_once_as("old", broker, folder, meter.uri);
    const Configured other(broker, other_folder, "old", "cg+" + meter.uri, "");
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.newest("N/old/grid/30/Ac/Power")) << other.process->errors();
    const Configured second(broker, folder, "new", "cg+" + meter.uri, "");
    ASSERT_TRUE(second.process->wait_for_line("are left: another service")) << second.process->errors();
    EXPECT_TRUE(is_retained(broker, "gridbridge/old/status", "online"));
    EXPECT_TRUE(is_retained(broker, "N/old/system/0/Serial", R"({"value":"old"})"));
}

} // namespace
} // namespace gridbridge::testing_support
