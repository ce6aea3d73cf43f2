#include "mqtt/bridge/meters_known.hpp"

#include "mqtt/outlet/topics.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

MeterConfig config_behind(const MeterConfig& main) {
    MeterConfig config = main;
    config.name.clear();
    config.role.clear();
    config.position.reset();
    config.instance.reset();
    config.netting = false;
    config.ct_ratio = 1;
    config.vt_ratio = 1;
    config.on_lost = OnLost::Retry;
    return config;
}

} // namespace

MetersKnown::MetersKnown(const std::vector<MeterConfig>& configured, OutletSet& outlets) : outlets_(outlets) {
    for (std::size_t i = 0; i < configured.size(); ++i) {
        add({static_cast<std::uint16_t>(i), 0}, configured[i]);
    }
}

Meter& MetersKnown::add(SourceId source, const MeterConfig& config) {
    Meter& meter = meters_[source];
    meter.source = source;
    meter.config = config;
    outlets_.added(meter);
    return meter;
}

Meter& MetersKnown::of(SourceId source) {
    if (const auto hit = meters_.find(source); hit != meters_.end()) {
        return hit->second;
    }
    return add(source, config_behind(meters_.at({source.meter, 0}).config));
}

Meter* MetersKnown::find(SourceId source) {
    const auto hit = meters_.find(source);
    return hit == meters_.end() ? nullptr : &hit->second;
}

Meter* MetersKnown::find(const std::string& device_id) {
    const auto hit = std::find_if(meters_.begin(), meters_.end(),
                                  [&](const auto& entry) { return entry.second.device_id == device_id; });
    return hit == meters_.end() ? nullptr : &hit->second;
}

std::vector<const Meter*> MetersKnown::all() const {
    std::vector<const Meter*> all;
    all.reserve(meters_.size());
    for (const auto& [source, meter] : meters_) {
        all.push_back(&meter);
    }
    return all;
}

bool MetersKnown::all_known() const {
    return std::all_of(meters_.begin(), meters_.end(), [](const auto& entry) {
        return entry.first.channel != 0 || !entry.second.info.serial.empty();
    });
}

Meter* MetersKnown::rival_of(SourceId source, const std::string& serial) {
    const std::string level = topic_level(serial);
    const auto hit = std::find_if(meters_.begin(), meters_.end(), [&](const auto& entry) {
        const Meter& other = entry.second;
        return entry.first != source && !other.device_id.empty() && topic_level(other.info.serial) == level;
    });
    return hit == meters_.end() ? nullptr : &hit->second;
}

bool MetersKnown::is_shared(SourceId source, const std::string& serial) const {
    const std::string level = topic_level(serial);
    return std::any_of(meters_.begin(), meters_.end(), [&](const auto& entry) {
        return entry.first != source && topic_level(entry.second.info.serial) == level;
    });
}

void MetersKnown::hear(std::uint16_t line, Clock::time_point heard) {
    for (auto hit = meters_.lower_bound({line, 0}); hit != meters_.end() && hit->first.meter == line; ++hit) {
        hit->second.heard = std::max(hit->second.heard, heard);
    }
}

} // namespace gridbridge
