#include "drivers/meter/members.hpp"

#include <algorithm>

namespace gridbridge {

bool is_configured_as(const MeterConfig& meter, std::string_view member) {
    return !member.empty() && (meter.name == member || meter.serial == member);
}

std::optional<std::size_t> find_member(std::span<const MeterConfig> meters, std::string_view member) {
    const auto found = std::find_if(meters.begin(), meters.end(), [&](const MeterConfig& meter) {
        return is_configured_as(meter, member);
    });
    return found == meters.end() ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(found - meters.begin()));
}

// Those come next whose members have all come.
std::vector<std::size_t> forming_order(std::span<const MeterConfig> meters) {
    std::vector<std::size_t> order;
    const auto has_come = [&](std::size_t index) {
        return !is_formed(meters[index].driver) ||
               std::find(order.begin(), order.end(), index) != order.end();
    };
    const auto is_next = [&](std::size_t index) {
        const auto& members = meters[index].members;
        return !has_come(index) &&
               std::all_of(members.begin(), members.end(), [&](const std::string& member) {
                   const auto found = find_member(meters, member);
                   return !found || has_come(*found);
               });
    };
    for (std::size_t known = meters.size() + 1; known != order.size();) {
        known = order.size();
        for (std::size_t index = 0; index < meters.size(); ++index) {
            if (is_next(index)) {
                order.push_back(index);
            }
        }
    }
    return order;
}

} // namespace gridbridge
