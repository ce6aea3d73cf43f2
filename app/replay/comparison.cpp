#include "app/replay/comparison.hpp"

#include "app/replay/reading_hashes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string_view>

namespace gridbridge {
namespace {

// Levels behind N/<portal>/ that say nothing of a meter.
constexpr std::array<std::string_view, 6> other_services{"system",    "settings", "platform",
                                                         "heartbeat", "gateway",  "full_publish_completed"};
constexpr const char* nothing = "nothing";
constexpr std::chrono::seconds publisher_lag(1);         // of a machine under load
constexpr std::string_view about_the_process = "/Mgmt/"; // versions differ, and may
constexpr std::string_view count_of_readings =
    "/UpdateIndex";                                         // under load the newer of two replaced the other
constexpr std::string_view of_demand_paths = "/Ac/Demand/"; // of clocks and earlier runs, not recorded

// "grid/30/Ac/Power"; nothing: it is not of a meter.
std::optional<std::string> value_key(std::string_view topic) {
    if (!topic.starts_with("N/")) {
        return std::nullopt;
    }
    topic.remove_prefix(2);
    const auto portal_end = topic.find('/');
    if (portal_end == std::string_view::npos) {
        return std::nullopt;
    }
    topic.remove_prefix(portal_end + 1);
    const std::string_view service = topic.substr(0, topic.find('/'));
    if (std::count(topic.begin(), topic.end(), '/') < 2 ||
        std::find(other_services.begin(), other_services.end(), service) != other_services.end() ||
        topic.find(about_the_process) != std::string_view::npos || topic.ends_with(count_of_readings) ||
        topic.find(of_demand_paths) != std::string_view::npos) {
        return std::nullopt;
    }
    return std::string(topic);
}

// Hears each reading.
class ReadingEar final : public Outlet {
  public:
    explicit ReadingEar(std::function<void(const Meter&)> hear) : hear_(std::move(hear)) {}
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override { hear_(meter); }

  private:
    std::function<void(const Meter&)> hear_;
};

} // namespace

ReadingComparison::ReadingComparison(const std::vector<PublishedReading>& recorded, bool begins_in_the_middle)
    : begins_in_the_middle_(begins_in_the_middle) {
    for (const PublishedReading& reading : recorded) {
        recorded_[reading.serial][reading.received] = reading.hash;
    }
}

OutletRow ReadingComparison::row() {
    return {"compare",
            [this] { return std::make_unique<ReadingEar>([this](const Meter& meter) { take(meter); }); }};
}

// A hash is of all readings before too: with the recorded one of those, so that each is compared by itself.
void ReadingComparison::take(const Meter& meter) {
    const auto readings = recorded_.find(meter.info.serial);
    if (readings == recorded_.end()) {
        return;
    }
    const auto found = readings->second.find(meter.reading.received);
    if (found == readings->second.end()) {
        return; // the publisher had a newer one before it took this
    }
    ++found_[meter.info.serial];
    const bool is_first = found == readings->second.begin();
    if (hash_after(is_first ? 0 : std::prev(found)->second, meter.reading) == found->second) {
        ++equal_;
    } else if (!is_first || !begins_in_the_middle_) {
        different_.push_back({meter.info.serial, meter.reading.received, found->second});
    }
}

std::map<std::string, std::pair<std::size_t, std::size_t>> ReadingComparison::missing() const {
    std::map<std::string, std::pair<std::size_t, std::size_t>> all;
    for (const auto& [serial, readings] : recorded_) {
        const auto found = found_.find(serial);
        const std::size_t there = found == found_.end() ? 0 : found->second;
        if (there != readings.size()) {
            all[serial] = {readings.size() - there, readings.size()};
        }
    }
    return all;
}

MessageComparison::MessageComparison(std::span<const HeardMessage> recorded) {
    for (const HeardMessage& said : recorded) {
        auto key = value_key(said.message.topic);
        if (key && !said.message.payload.empty()) { // what is taken back at the end is no value
            recorded_.push_back({*std::move(key), said.at, said.message.payload});
        }
    }
}

void MessageComparison::take(const Messages& said, Clock::time_point now) {
    if (recorded_.empty()) {
        return;
    }
    for (const Message& message : said) {
        if (const auto key = value_key(message.topic)) {
            said_[*key][now] = message.payload;
        }
    }
}

bool MessageComparison::says(const std::string& meter) const {
    const auto found = said_.lower_bound(meter + "/");
    return found != said_.end() && found->first.starts_with(meter + "/");
}

std::string MessageComparison::value_at(const Said& said, Clock::time_point at) {
    const auto after = said.upper_bound(at);
    return after == said.begin() ? nothing : std::prev(after)->second;
}

// A moment ago: the publisher says a reading some time after it was received, while a newer one may be there.
bool MessageComparison::was_said(const Said& said, const Value& was) {
    const auto from = was.at - publisher_lag;
    auto value = said.upper_bound(from);
    value = value == said.begin() ? value : std::prev(value);
    return std::any_of(value, said.upper_bound(was.at),
                       [&was](const auto& one) { return one.second == was.payload; });
}

// What the replay had said last at the time of each recorded message.
std::vector<ValueDifference> MessageComparison::differences() const {
    std::vector<ValueDifference> all;
    std::map<std::string, std::size_t> known; // by key: index of the first
    for (const Value& was : recorded_) {
        const auto values = said_.find(was.key);
        const std::string is = values == said_.end() ? nothing : value_at(values->second, was.at);
        if (is == was.payload || (values != said_.end() && was_said(values->second, was))) {
            continue;
        }
        const auto path_at = was.key.find('/', was.key.find('/') + 1);
        const std::string meter = was.key.substr(0, path_at);
        const bool is_there = says(meter);
        const auto [found, is_new] = known.try_emplace(is_there ? was.key : meter, all.size());
        if (!is_new) {
            ++all[found->second].count;
        } else if (is_there) {
            all.push_back({meter, was.key.substr(path_at + 1), was.at, was.payload, is});
        } else {
            all.push_back({meter, "everything", was.at, "there", is});
        }
    }
    return all;
}

} // namespace gridbridge
