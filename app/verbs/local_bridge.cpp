#include "app/verbs/local_bridge.hpp"

#include "app/service/service_options.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

std::vector<MeterConfig> unshared(std::vector<MeterConfig> meters) {
    for (MeterConfig& meter : meters) {
        meter.share.clear();
    }
    return meters;
}

BridgeOptions bridge_options(const Config& config, const std::vector<MeterConfig>& meters, Orders& orders,
                             const Log& log) {
    BridgeOptions options;
    options.meters = meters;
    options.vanish_after = config.venus.vanish_after;
    options.orders = &orders;
    options.log = log;
    options.demands = demands_options(config);
    return options;
}

} // namespace

LocalBridge::LocalBridge(const Config& config, Settings settings, std::vector<OutletRow> outlets, Log log,
                         DriverWires wires)
    : meters_(unshared(config.meters)), settings_(std::move(settings)), log_(std::move(log)),
      wires_(std::move(wires)),
      bridge_(bridge_options(config, meters_, orders_, log_), settings_, std::move(outlets)) {
    bridge_.give_phase_modes(); // before a driver can ask: without it a meter would be set up anew
}

void LocalBridge::run(const std::stop_token& stop, const std::function<bool()>& goes_on) {
    const auto drivers = make_drivers(meters_, handoff_, orders_, log_, wires_);
    std::vector<std::jthread> threads;
    threads.reserve(drivers.size());
    for (const auto& driver : drivers) {
        threads.emplace_back([&driver = *driver](const std::stop_token& ends) { driver.run(ends); });
    }
    while (!stop.stop_requested() && goes_on()) {
        step(stop);
    }
    for (std::jthread& thread : threads) {
        thread.request_stop(); // all at once, then each is waited for
    }
}

void LocalBridge::step(const std::stop_token& stop) {
    Messages unsent;
    const auto limit = std::min(bridge_.next_tick(Clock::now()), Clock::now() + 1s);
    const auto updates = handoff_.take(limit, stop);
    const auto now = Clock::now();
    for (const MeterUpdate& update : updates) {
        bridge_.update(update, now, unsent);
    }
    bridge_.tick(now, unsent);
}

} // namespace gridbridge
