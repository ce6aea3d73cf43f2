// Measures how soon a reading can be read from the registers that a GX polls, and prints. One argument:
// number of telegrams, 1000 by default.
#include "tests/bench/latency.hpp"
#include "tests/bench/telegram_line.hpp"
#include "tests/bench/under_test.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/modbus_client.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;
using testing_support::ModbusClient;

// As fast as the answers come; `asked` is the time of one question and answer, in ms.
void watch(ModbusClient& client, Latency& latency, std::vector<double>& asked, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto before = Clock::now();
        const auto words = client.read(0x0000, 80);
        const auto after = Clock::now();
        asked.push_back(std::chrono::duration<double, std::milli>(after - before).count());
        if (words) {
            latency.received(testing_support::int32_at(*words, 0x28) / 10.0, after);
        }
        std::this_thread::sleep_for(100us); // leave the processor to the program
    }
}

void measure(Dialect dialect, const char* name, int count) {
    Latency latency;
    TelegramLine line(dialect, true);
    const BenchBroker broker(true);
    const testing_support::Folder folder;
    const int port = free_port();
    folder.write("gx.toml", "portal_id = \"bench\"\nstate_dir = \"" + folder.path("state") +
                                "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                "\"]\n[gx]\nmode = \"em24-ethernet\"\nlisten = \"127.0.0.1:" +
                                std::to_string(port) + "\"\n[[meter]]\nuri = \"" + line.uri() + "\"\n");
    const Measured service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gx.toml")});
    line.wait_for_client();
    ModbusClient client(port);
    if (!client.is_connected()) {
        throw std::runtime_error("nobody listens:\n" + service.log());
    }
    std::vector<double> asked;
    {
        const std::jthread watcher([&](const std::stop_token& stop) { watch(client, latency, asked, stop); });
        for (int i = 0; i < 20; ++i) {
            line.send(latency);
            std::this_thread::sleep_for(50ms);
        }
        latency.take();
        for (int i = 0; i < count; ++i) {
            line.send(latency);
            std::this_thread::sleep_for(20ms);
        }
        std::this_thread::sleep_for(100ms);
    }
    const auto times = latency.take().power;
    std::sort(asked.begin(), asked.end());
    std::printf("  %-10s", name);
    for (const double share : {0.5, 0.9, 0.99, 1.0}) {
        std::printf(" %6.2f", quantile(times, share));
    }
    std::printf("  %zu of %d;  one read %.2f %.2f\n", times.size(), count, quantile(asked, 0.5),
                quantile(asked, 0.99));
}

} // namespace
} // namespace gridbridge::bench

int main(int count, char** arguments) {
    using namespace gridbridge::bench;
    try {
        const int telegrams = count > 1 ? std::atoi(arguments[1]) : 1000;
        std::printf("From right before the write of a telegram to its power read over Modbus TCP, in ms\n"
                    "  50 telegrams/s  p50    p90    p99    max\n");
        measure(Dialect::P1, "P1, TCP", telegrams);
        measure(Dialect::Sml, "SML, TCP", telegrams);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
