// So many meters that a full publish is more than any queue holds at once.
#include "app/servers/status_server.hpp"
#include "drivers/text/endpoint.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/p1_meters.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;

// Seconds of processor time of a process so far.
double processor_time(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Asks for everything and says which meters were told completely.
std::size_t meters_in_full_publish(const Broker& broker, Subscriber& subscriber, const std::string& echo) {
    subscriber.forget();
    broker.publish("R/p/keepalive",
                   R"({"keepalive-options":[{"full-publish-completed-echo":")" + echo + R"("}]})");
    EXPECT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        return message.topic == "N/p/full_publish_completed" &&
               message.payload.find(echo) != std::string::npos;
    }));
    std::set<std::string> told;
    for (const Arrived& message : subscriber.all()) {
        if (message.topic == "N/p/full_publish_completed") {
            break;
        }
        if (message.topic.ends_with("/Serial") && message.payload.find("E00440000") != std::string::npos) {
            told.insert(message.payload);
        }
    }
    return told.size();
}

void lose_nothing(std::size_t count, std::chrono::milliseconds period, std::chrono::seconds pause) {
    const Broker broker;
    const Folder folder;
    const Endpoint status{"127.0.0.1", free_port()};
    const P1Meters meters(count, period);
    std::string config = "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                         "\"\n[mqtt]\nservers = [\"" + broker.url() + "\"]\n[status]\nlisten = \"" +
                         to_text(status) + "\"\n";
    for (const std::string& uri : meters.uris()) {
        config.append("[[meter]]\nuri = \"").append(uri).append("\"\n");
    }
    folder.write("many.toml", config);
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("many.toml")});
    std::set<std::string> online;
    ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
        if (message.topic.find("/meter/E00440000") != std::string::npos && message.payload == "online") {
            online.insert(message.topic);
        }
        return online.size() == count;
    })) << online.size()
        << " of " << count << "\n"
        << service.errors();
    const auto begin = Clock::now();
    const double before = processor_time(service.pid());
    for (int round = 0; round < 3; ++round) {
        const std::string echo = "round " + std::to_string(round);
        EXPECT_EQ(meters_in_full_publish(broker, subscriber, echo), count) << echo;
        static_cast<void>(service.wait(std::chrono::duration_cast<std::chrono::milliseconds>(pause)));
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::cout << count << " meters: " << (processor_time(service.pid()) - before) / seconds * 100
              << " % of a core over " << seconds << " s\n";
    const std::string page = fetch_status_page(status, "/health").body;
    const auto health = nlohmann::json::parse(page, nullptr, false);
    ASSERT_TRUE(health.contains("broker") && health.contains("meters")) << page;
    EXPECT_EQ(health["broker"]["dropped"], 0);
    EXPECT_EQ(health["broker"]["reconnects"], 0) << service.errors();
    EXPECT_EQ(health["meters"].size(), 2 * count) << "and the gas meters";
}

TEST(ManyMeters, NoMessageIsLost) {
    lose_nothing(100, 4s, 0s);
}

TEST(ManyMeters, NoMessageOf256IsLostWithAFullPublishEveryMinute) {
    if (std::getenv("GRIDBRIDGE_LONG_TESTS") == nullptr) {
        std::cerr << "SKIPPED: takes 4 min; set GRIDBRIDGE_LONG_TESTS=1\n";
        GTEST_SKIP();
    }
    lose_nothing(256, 1s, 60s);
}

} // namespace
} // namespace gridbridge::testing_support
