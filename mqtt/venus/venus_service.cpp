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

std::vector<VenusService::Place>::const_iterator VenusService::lower_bound(std::string_view path) const {
    return std::lower_bound(
        by_path_.begin(), by_path_.end(), path,
        [this](Place place, std::string_view wanted) { return leaves_[place].path < wanted; });
}

VenusService::Leaf* VenusService::find(std::string_view path) {
    const auto at = lower_bound(path);
    return at != by_path_.end() && leaves_[*at].path == path ? &leaves_[*at] : nullptr;
}

VenusService::Place VenusService::leaf_at(std::string_view path) {
    const auto at = lower_bound(path);
    if (at != by_path_.end() && leaves_[*at].path == path) {
        return *at;
    }
    const auto place = static_cast<Place>(leaves_.size());
    leaves_.push_back({path, {}, {}});
    by_path_.insert(at, place);
    return place;
}

std::string VenusService::topic_of(const Leaf& leaf) const {
    std::string topic;
    topic.reserve(prefix_.size() + leaf.path.size());
    return topic.append(prefix_).append(leaf.path);
}

void VenusService::set(std::string_view path, std::string payload, bool awake, Clock::time_point now,
                       Messages& out) {
    const Leaf* const known = find(path);
    const Place leaf =
        known != nullptr ? static_cast<Place>(known - leaves_.data()) : leaf_at(names_.emplace_front(path));
    set_leaf(leaf, std::move(payload), awake, now, out);
}

void VenusService::set_row(std::size_t row, std::string payload, bool awake, Clock::time_point now,
                           Messages& out) {
    Place& leaf = leaf_of_row_.at(row);
    if (leaf == no_leaf) {
        leaf = leaf_at(venus_table.at(row).path);
    }
    set_leaf(leaf, std::move(payload), awake, now, out);
}

void VenusService::set_leaf(Place index, std::string payload, bool awake, Clock::time_point now,
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
    if (Leaf* const leaf = find(path)) {
        leaf->payload.clear();
        out.push_back({topic_of(*leaf), {}, retain_});
    }
}

void VenusService::publish(Leaf& leaf, Clock::time_point now, Messages& out) const {
    if (leaf.payload.empty()) {
        return;
    }
    leaf.said = now;
    out.push_back({topic_of(leaf), leaf.payload, retain_});
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
    if (Leaf* const leaf = find(path)) {
        publish(*leaf, now, out);
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
        out.push_back({topic_of(leaf), {}, retain_});
    }
}

} // namespace gridbridge
