#include "tests/mill/virtual_program.hpp"

#include "mqtt/settings/settings_store.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge::mill {
namespace {

constexpr std::chrono::milliseconds shortest_pause{1};

BridgeOptions options_of(const VirtualProgram::Parts& parts, Orders& orders) {
    BridgeOptions options;
    options.meters = parts.meters;
    options.orders = &orders;
    options.log = parts.log;
    return options;
}

std::function<double()> jitter(std::uint64_t seed) {
    return [dice = Dice(seed)]() mutable { return dice.between(0, 1); };
}

Settings kept_settings(const std::string& state_dir, const Log& log) {
    Settings settings = state_dir.empty() ? Settings() : load_settings(state_dir, true, log);
    settings.set_portal_id("mill");
    settings.set_service_id("mill");
    return settings;
}

} // namespace

VirtualProgram::VirtualProgram(Parts parts)
    : parts_(std::move(parts)), time_(parts_.begin), settings_(kept_settings(parts_.state_dir, parts_.log)),
      state_file_(parts_.state_dir), inbox_([this] { handoff_.wake(); }),
      client_(parts_.broker.make_client(inbox_, parts_.last_will)), link_(1, jitter(parts_.seed)),
      gx_inbox_([this] { handoff_.wake(); }),
      gx_client_(parts_.gx == nullptr ? nullptr : parts_.gx->make_client(gx_inbox_, parts_.gx_last_will)),
      gx_link_(1, jitter(~parts_.seed)),
      bridge_(options_of(parts_, orders_), settings_, parts_.outlets(gx_link_)),
      publisher_({handoff_,
                  inbox_,
                  *client_,
                  bridge_,
                  link_,
                  settings_,
                  state_file_,
                  parts_.disk,
                  parts_.log,
                  "mill",
                  {"broker"},
                  "gridbridge/mill/settings",
                  parts_.state_dir.empty(),
                  more_connections()}) {
    bridge_.give_phase_modes();
    drivers_ = make_drivers(parts_.meters, handoff_, orders_, parts_.log, parts_.wires);
}

std::vector<BrokerConnection> VirtualProgram::more_connections() {
    if (gx_client_ == nullptr) {
        return {};
    }
    return {{gx_inbox_, *gx_client_, gx_link_, "gx", "mill-gx", {"gx"}, parts_.gx_last_will}};
}

void VirtualProgram::run(Clock::time_point until,
                         const std::function<Clock::time_point(Clock::time_point now)>& then) {
    for (const auto& driver : drivers_) {
        time_.add([&driver = *driver](const std::stop_token& stop) { driver.run(stop); });
    }
    publisher_.begin(time_.now());
    Clock::time_point due{};
    time_.run(until, [&](Clock::time_point now) {
        parts_.disk.run_until(now);
        parts_.broker.run_until(now);
        if (parts_.gx != nullptr) {
            parts_.gx->run_until(now);
        }
        if (now >= due || handoff_.is_woken() || parts_.disk.has_results()) { // else the publisher sleeps
            publisher_.step(handoff_.take(Clock::time_point::min(), {}), now);
            due = std::max(publisher_.next_wake(now), now + shortest_pause);
        }
        const auto wanted = then(now);
        const auto gx_next = parts_.gx == nullptr ? Clock::time_point::max() : parts_.gx->next();
        return std::min({due, wanted, parts_.disk.next(), parts_.broker.next(), gx_next});
    });
}

void VirtualProgram::leave() {
    publisher_.end(time_.now());
}

} // namespace gridbridge::mill
