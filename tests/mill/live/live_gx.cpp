#include "tests/mill/live/live_gx.hpp"

#include "drivers/io/stop_wait.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/modbus_client.hpp"

#include <algorithm>
#include <memory>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr auto pace = 500ms;
constexpr int patience = 2;            // s, for an answer
constexpr std::uint16_t words = 80;    // that a GX reads
constexpr std::size_t power_at = 0x28; // 0.1 W
constexpr auto on_the_way = 500ms;

} // namespace

LiveGx::LiveGx(const Plan& plan, const std::vector<Truth>& truths, Witness& witness, std::mutex& mutex)
    : truths_(at_place_of_first(plan, truths)), witness_(witness), mutex_(mutex), port_(free_port()),
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
        if (const auto answer = client->read(0, words)) {
            constexpr double watts = 0.1;
            hear(testing_support::int32_at(*answer, power_at) * watts);
        } else if (client->exception() < 0) {
            client.reset();
        }
    } while (wait_until(Clock::now() + pace, stop));
}

void LiveGx::hear(double power) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const auto more = on_the_way + late_.load();
    newest_ = now;
    ++numbers_;
    const bool is_true = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.was_true(*truth, "Power", power, now, more);
    });
    const bool may_be_known = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.may_be_known(*truth, now, more);
    });
    if (!is_true || !may_be_known) {
        witness_.violated(now, "the GX reads " + std::to_string(power) +
                                   (is_true ? " W of a meter that is silent" : " W, which never was"));
    }
}

void LiveGx::end(Clock::time_point now) {
    constexpr auto limit = 6s;
    if (now - newest_ > limit) {
        witness_.violated(now, "the meter is not back for a GX that polls it");
    }
}

} // namespace gridbridge::mill
