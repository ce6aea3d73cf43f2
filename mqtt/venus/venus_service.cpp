#include "mqtt/venus/venus_service.hpp"

#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>
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
        publish(leaf, now, out);
    }
}

void VenusService::remove(std::string_view path, Messages& out) {
    const auto known = by_path_.find(path);
    if (known != by_path_.end()) {
        Leaf& leaf = leaves_[known->second];
        leaf.payload.clear();
        out.push_back({leaf.topic, {}, retain_});
    }
}

void VenusService::publish(Leaf& leaf, Clock::time_point now, Messages& out) const {
    if (leaf.payload.empty()) {
        return;
    }
    leaf.said = now;
    out.push_back({leaf.topic, leaf.payload, retain_});
}

void VenusService::publish_all(Clock::time_point now, Messages& out) {
    for (Leaf& leaf : leaves_) {
        publish(leaf, now, out);
    }
}

void VenusService::repeat(Clock::time_point limit, Clock::time_point now, Messages& out) {
    for (Leaf& leaf : leaves_) {
        if (leaf.said <= limit) {
            publish(leaf, now, out);
        }
    }
}

void VenusService::read(std::string_view path, Clock::time_point now, Messages& out) {
    if (const auto leaf = by_path_.find(path); leaf != by_path_.end()) {
        publish(leaves_[leaf->second], now, out);
        return;
    }
    read_branch(path, now, out);
}

// A client that asks again and again must not hold up values.
void VenusService::read_branch(std::string_view path, Clock::time_point now, Messages& out) {
    const std::string below = path.empty() ? std::string() : std::string(path) + "/";
    const bool exists = std::any_of(leaves_.begin(), leaves_.end(),
                                    [&](const Leaf& leaf) { return leaf.path.starts_with(below); });
    if (!exists || !branch_reads_[std::string(path)].take(now)) {
        return;
    }
    for (Leaf& leaf : leaves_) {
        if (leaf.path.starts_with(below)) {
            publish(leaf, now, out);
        }
    }
}

void VenusService::withdraw(Messages& out) const {
    for (const Leaf& leaf : leaves_) {
        out.push_back({leaf.topic, {}, retain_});
    }
}

} // namespace gridbridge
