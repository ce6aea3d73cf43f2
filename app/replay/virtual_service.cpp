#include "app/replay/virtual_service.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

BridgeOptions bridge_options(const VirtualService::Parts& parts, Orders& orders) {
    BridgeOptions options;
    options.meters = parts.meters;
    options.vanish_after = parts.vanish_after;
    options.orders = &orders;
    options.log = parts.log;
    return options;
}

constexpr std::chrono::milliseconds shortest_pause{1}; // of the bridge, which may be due at once again

} // namespace

VirtualService::VirtualService(Parts parts)
    : parts_(std::move(parts)), time_(parts_.begin),
      bridge_(bridge_options(parts_, orders_), parts_.settings, std::move(parts_.outlets)) {
    bridge_.give_phase_modes();
    drivers_ = make_drivers(parts_.meters, handoff_, orders_, parts_.log, parts_.wires);
}

void VirtualService::run(Clock::time_point until, const std::vector<HeardMessage>& heard, const Say& say) {
    for (const auto& driver : drivers_) {
        time_.add([&driver = *driver](const std::stop_token& stop) { driver.run(stop); });
    }
    Messages said;
    const auto tell = [&](Clock::time_point now) {
        if (!said.empty()) {
            say(said, now);
            said.clear();
        }
    };
    bridge_.set_link(0, true);
    bridge_.connected(time_.now(), said);
    tell(time_.now());
    auto next = heard.begin();
    Clock::time_point due{};
    time_.run(until, [&](Clock::time_point now) {
        if (now < due && !handoff_.is_woken()) { // the publisher sleeps then
            return due;
        }
        for (const MeterUpdate& update : handoff_.take(Clock::time_point::min(), {})) {
            bridge_.update(update, now, said);
        }
        for (; next != heard.end() && next->at <= now; ++next) {
            if (next->message.retain) { // as the publisher does
                bridge_.retained(next->message, now);
            } else {
                bridge_.request(next->message, now, said);
            }
        }
        bridge_.tick(now, said);
        tell(now);
        const auto tick = std::max(bridge_.next_tick(now), now + shortest_pause);
        due = next == heard.end() ? tick : std::min(tick, next->at);
        return due;
    });
    time_.stop();
}

} // namespace gridbridge
