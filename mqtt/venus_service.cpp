#include "mqtt/venus_service.hpp"

#include "mqtt/venus_table.hpp"

#include <utility>

namespace gridbridge {

VenusService::VenusService(std::string_view portal_id, std::string_view type, int instance, bool retain)
    : prefix_("N/" + std::string(portal_id) + "/" + std::string(type) + "/" + std::to_string(instance) + "/"),
      retain_(retain) {
    leaf_of_row_.fill(no_leaf);
}

std::size_t VenusService::leaf_at(std::string_view path) {
    if (const auto known = by_path_.find(path); known != by_path_.end()) {
        return known->second;
    }
    leaves_.push_back({std::string(path), prefix_ + std::string(path), {}, {}});
    by_path_.emplace(path, leaves_.size() - 1);
    return leaves_.size() - 1;
}

void VenusService::set(std::string_view path, std::string payload, bool awake, Clock::time_point now,
                       Messages& out) {
    set_leaf(leaf_at(path), std::move(payload), awake, now, out);
}

void VenusService::set_row(std::size_t row, std::string payload, bool awake, Clock::time_point now,
                           Messages& out) {
    std::size_t& leaf = leaf_of_row_.at(row);
    if (leaf == no_leaf) {
        leaf = leaf_at(venus_table.at(row).path);
    }
    set_leaf(leaf, std::move(payload), awake, now, out);
}

void VenusService::set_leaf(std::size_t index, std::string payload, bool awake, Clock::time_point now,
                            Messages& out) {
    Leaf& leaf = leaves_[index];
    if (leaf.payload == payload) {
        return;
    }
    leaf.payload = std::move(payload);
    if (awake) {
        say(leaf, now, out);
    }
}

void VenusService::say(Leaf& leaf, Clock::time_point now, Messages& out) const {
    leaf.said = now;
    out.push_back({leaf.topic, leaf.payload, retain_});
}

void VenusService::publish_all(Clock::time_point now, Messages& out) {
    for (Leaf& leaf : leaves_) {
        say(leaf, now, out);
    }
}

void VenusService::repeat(Clock::time_point limit, Clock::time_point now, Messages& out) {
    for (Leaf& leaf : leaves_) {
        if (leaf.said <= limit) {
            say(leaf, now, out);
        }
    }
}

void VenusService::read(std::string_view path, Clock::time_point now, Messages& out) {
    if (const auto leaf = by_path_.find(path); leaf != by_path_.end()) {
        say(leaves_[leaf->second], now, out);
        return;
    }
    const std::string below = path.empty() ? std::string() : std::string(path) + "/";
    for (Leaf& leaf : leaves_) {
        if (leaf.path.starts_with(below)) {
            say(leaf, now, out);
        }
    }
}

void VenusService::withdraw(Messages& out) const {
    for (const Leaf& leaf : leaves_) {
        out.push_back({leaf.topic, {}, retain_});
    }
}

} // namespace gridbridge
