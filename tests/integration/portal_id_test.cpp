// Two services with one portal id on one broker.
#include "app/servers/status_server.hpp"
#include "drivers/text/endpoint.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::testing_support {
namespace {

struct Twin {
    Twin(const Broker& broker, const Folder& folder, const std::string& name, const std::string& client_id)
        : meter("em540", "tcp://127.0.0.1:0") {
        folder.write(name + ".toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path(name) +
                                         "\"\n[mqtt]\nservers = [\"" + broker.url() + "\"]\nclient_id = \"" +
                                         client_id +
                                         "\"\n[status]\nlisten = \"127.0.0.1:" + std::to_string(status) +
                                         "\"\n[[meter]]\nuri = \"cg+" + meter.uri + "\"\n");
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path(name + ".toml")});
    }
    // The log is written at once, the page is made from a copy of a moment ago.
    bool health_has(const std::string& text, bool wanted = true) const {
        for (int attempt = 0; attempt < 500; ++attempt) {
            if ((health().find(text) != std::string::npos) == wanted) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // polls a condition
        }
        return false;
    }
    std::string health() const {
        return fetch_status_page({"127.0.0.1", static_cast<std::uint16_t>(status)}, "/health").body;
    }
    bool says(const std::string& text) const { return process->wait_for_line(text).has_value(); }

    const int status = free_port();
    SimulatedMeter meter;
    std::unique_ptr<Process> process;
};

const std::string advice = "another gridbridge publishes under our portal id p";

const std::string fix = "give each a portal_id of its own";

TEST(PortalId, OfTwoServicesIsSaidByBothUntilOneHasGone) {
    const Broker broker;
    const Folder folder;
    const Twin first(broker, folder, "first", "one");
    ASSERT_TRUE(first.says("publishing as grid/30")) << first.process->errors();
    const Twin second(broker, folder, "second", "two");
    EXPECT_TRUE(first.says(advice)) << first.process->errors();
    EXPECT_TRUE(second.says(advice)) << second.process->errors();
    EXPECT_TRUE(first.health_has(fix)) << first.health();
    EXPECT_TRUE(first.health_has(R"("status":"degraded")")) << first.health();
    second.process->signal(SIGKILL); // its last will says that the service is offline
    EXPECT_TRUE(first.says("no other service is heard under our portal id any more"))
        << first.process->errors();
    EXPECT_TRUE(first.health_has(fix, false)) << first.health();
    Subscriber later(broker, "gridbridge/p/status");
    EXPECT_TRUE(later.wait_for([](const Arrived& message) { return message.payload == "online"; }));
}

// The broker ends the connection of one when the other connects: they are never there at once.
TEST(PortalId, OfTwoServicesWithOneClientIdIsSaidToo) {
    const Broker broker;
    const Folder folder;
    const Twin first(broker, folder, "first", "");
    ASSERT_TRUE(first.says("publishing as grid/30")) << first.process->errors();
    const Twin second(broker, folder, "second", "");
    EXPECT_TRUE(first.says(advice)) << first.process->errors();
    EXPECT_TRUE(first.says(fix));
}

} // namespace
} // namespace gridbridge::testing_support
