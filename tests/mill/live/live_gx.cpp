#include "tests/mill/live/live_gx.hpp"

#include "drivers/io/stop_wait.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/modbus_client.hpp"

#include <memory>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr int patience = 2; // s, for an answer
constexpr auto on_the_way = 500ms;

} // namespace

LiveGx::LiveGx(const Plan& plan, const std::vector<Truth>& truths, Witness& witness, std::mutex& mutex)
    : gx_(plan, truths, witness), mutex_(mutex), port_(free_port()),
      thread_([this](const std::stop_token& stop) { poll(stop); }) {}

std::string LiveGx::configuration() const {
    return "[gx]\nmode = \"em24-ethernet\"\nlisten = \"127.0.0.1:" + std::to_string(port_) + "\"\n";
}

void LiveGx::poll(const std::stop_token& stop) {
    std::unique_ptr<testing_support::ModbusClient> client;
    do {
        if (!client) {
            client = std::make_unique<testing_support::ModbusClient>(port_, patience);
        }
        if (const auto answer = client->read(0, PolledGx::words)) {
            hear(*answer);
        } else if (client->exception() < 0) {
            client.reset();
        }
    } while (wait_until(Clock::now() + PolledGx::pace, stop));
}

void LiveGx::hear(std::span<const std::uint16_t> words) {
    const std::lock_guard lock(mutex_);
    gx_.hear(words, Clock::now(), on_the_way + late_.load());
}

} // namespace gridbridge::mill
