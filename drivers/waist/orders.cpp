#include "drivers/waist/orders.hpp"

namespace gridbridge {

void Orders::set_phase_mode(const std::string& device_id, PhaseMode mode) {
    modes_.with([&](auto& modes) { modes[device_id] = mode; });
}

void Orders::forget_phase_mode(const std::string& device_id) {
    modes_.with([&](auto& modes) { modes.erase(device_id); });
}

std::optional<PhaseMode> Orders::phase_mode(const std::string& device_id) const {
    return modes_.with([&](const auto& modes) {
        const auto found = modes.find(device_id);
        return found == modes.end() ? std::nullopt : std::optional(found->second);
    });
}

bool Orders::put(SourceId meter, const Order& order) {
    return waiting_.with([&](auto& by_meter) {
        auto& waiting = by_meter[meter];
        const bool has_room = waiting.size() < max_waiting;
        if (has_room) {
            waiting.push_back(order);
        }
        return has_room;
    });
}

std::optional<Order> Orders::take(SourceId meter) {
    return waiting_.with([&](auto& by_meter) -> std::optional<Order> {
        const auto found = by_meter.find(meter);
        if (found == by_meter.end() || found->second.empty()) {
            return std::nullopt;
        }
        const Order order = found->second.front();
        found->second.pop_front();
        return order;
    });
}

} // namespace gridbridge
