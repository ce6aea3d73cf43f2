#include "mqtt/venus/venus_service.hpp"

#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t more_leaves = 8; // at once
constexpr std::string_view begin_of_payload = R"({"value":)";

// The value alone of a payload; the payload as it is where that could be mistaken for one.
std::string_view value_of(std::string_view payload) {
    const bool is_plain = payload.starts_with(begin_of_payload) && payload.ends_with('}') &&
                          !payload.substr(begin_of_payload.size()).starts_with('{');
    return is_plain ? payload.substr(begin_of_payload.size(), payload.size() - begin_of_payload.size() - 1)
                    : payload;
}

std::string payload_of(std::string_view value) {
    return value.starts_with('{') ? std::string(value)
                                  : std::string(begin_of_payload).append(value).append("}");
}

} // namespace

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
    if (leaves_.size() == leaves_.capacity()) { // doubled, a third of it would stay empty
        leaves_.reserve(leaves_.size() + more_leaves);
    }
    leaves_.push_back({path, {}, {}});
    by_path_.insert(at, place);
    return place;
}

std::string VenusService::topic_of(const Leaf& leaf) const {
    std::string topic;
    topic.reserve(prefix_.size() + leaf.path.size());
    return topic.append(prefix_).append(leaf.path);
}

void VenusService::set(std::string_view path, std::string_view payload, bool awake, Clock::time_point now,
                       Messages& out) {
    const Leaf* const known = find(path);
    const Place leaf =
        known != nullptr ? static_cast<Place>(known - leaves_.data()) : leaf_at(names_.emplace_front(path));
    set_leaf(leaf, payload, awake, now, out);
}

void VenusService::set_row(std::size_t row, std::string_view payload, bool awake, Clock::time_point now,
                           Messages& out) {
    Place& leaf = leaf_of_row_.at(row);
    if (leaf == no_leaf) {
        leaf = leaf_at(venus_table.at(row).path);
    }
    set_leaf(leaf, payload, awake, now, out);
}

void VenusService::set_leaf(Place index, std::string_view payload, bool awake, Clock::time_point now,
                            Messages& out) {
    Leaf& leaf = leaves_[index];
    const std::string_view value = value_of(payload);
    if (leaf.value == value) {
        return;
    }
    leaf.value = value;
    if (awake) {
        publish(leaf, now, out);
    }
}

void VenusService::remove(std::string_view path, Messages& out) {
    Leaf* const leaf = find(path);
    if (leaf != nullptr && !leaf->value.empty()) {
        leaf->value.clear();
        out.push_back({topic_of(*leaf), {}, retain_});
    }
}

void VenusService::publish(Leaf& leaf, Clock::time_point now, Messages& out) const {
    if (leaf.value.empty()) {
        return;
    }
    leaf.said = now;
    out.push_back({topic_of(leaf), payload_of(leaf.value), retain_});
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
