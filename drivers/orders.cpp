#include "drivers/orders.hpp"

namespace gridbridge {

void Orders::set_phase_mode(const std::string& device_id, PhaseMode mode) {
    const std::lock_guard lock(mutex_);
    modes_[device_id] = mode;
}

std::optional<PhaseMode> Orders::phase_mode(const std::string& device_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = modes_.find(device_id);
    return found == modes_.end() ? std::nullopt : std::optional(found->second);
}

bool Orders::put(SourceId meter, const Order& order) {
    const std::lock_guard lock(mutex_);
    auto& waiting = waiting_[meter];
    if (waiting.size() >= max_waiting) {
        return false;
    }
    waiting.push_back(order);
    return true;
}

std::optional<Order> Orders::take(SourceId meter) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(meter);
    if (found == waiting_.end() || found->second.empty()) {
        return std::nullopt;
    }
    const Order order = found->second.front();
    found->second.pop_front();
    return order;
}

} // namespace gridbridge
