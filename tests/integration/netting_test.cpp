// Netted energy of the real program over its ends, in order and by kill -9. Six lives, with
// GRIDBRIDGE_LONG_TESTS 200.
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;

constexpr const char* netting = "/Ac/Energy/Netting/";

// The highest of each direction, which no later value may be below.
class Told {
  public:
    void take(const std::vector<Arrived>& arrived) {
        for (const Arrived& message : arrived) {
            if (message.topic.find(netting) == std::string::npos || message.payload.empty()) {
                continue;
            }
            const json value = json::parse(message.payload)["value"];
            if (!value.is_number()) {
                continue;
            }
            ++numbers;
            double& highest = highest_[message.topic];
            EXPECT_GE(value.get<double>(), highest) << message.topic;
            highest = std::max(highest, value.get<double>());
        }
    }
    double sum() const {
        double kwh = 0;
        for (const auto& [topic, highest] : highest_) {
            kwh += highest;
        }
        return kwh;
    }
    int numbers = 0;

  private:
    std::map<std::string, double> highest_;
};

TEST(Netting, NeverFallsOverEndsAndKillsOfTheProgram) {
    const Broker broker;
    Subscriber subscriber(broker);
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    const Folder folder;
    folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                        "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\n[status]\nlisten = \"\"\n[[meter]]\nuri = \"p1+" + meter.uri +
                                        "\"\nnetting = true\n");
    const int lives = std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr ? 200 : 6;
    std::minstd_rand random(std::random_device{}());
    Told told;
    for (int life = 0; life < lives; ++life) {
        Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
        if (life <= 1) { // told after a first start, and after an end in order: nothing is unknown then
            ASSERT_TRUE(subscriber.wait_for([&](const Arrived& message) {
                return message.topic.find(netting) != std::string::npos &&
                       message.payload.find("null") == std::string::npos;
            })) << "life "
                << life << service.errors();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 6000));
        if (life == 0 || random() % 2 == 0) {
            ASSERT_TRUE(service.wait_for_line("portal id")) << "signals are taken from then on";
            service.signal(SIGTERM);
            ASSERT_EQ(service.wait(), 0) << service.errors();
        }
        told.take(subscriber.take());
    }
    std::cout << "[ measured ] " << lives << " lives, " << told.numbers << " numbers, " << told.sum()
              << " kWh\n";
    EXPECT_GE(told.numbers, 2) << "one at least in each of the first two lives";
}

} // namespace
} // namespace gridbridge::testing_support
