#include "mqtt/bridge/formed_meters.hpp"

#include "drivers/meter/members.hpp"
#include "mqtt/bridge/carried_state.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

FormedMeters::FormedMeters(MeterLives& lives, KeptState& kept, Log log)
    : lives_(lives), kept_(kept), log_(std::move(log)) {
    const auto meters = lives_.all();
    std::vector<MeterConfig> configured;
    configured.reserve(meters.size());
    for (const Meter* const meter : meters) {
        configured.push_back(meter->config);
    }
    for (const std::size_t index : forming_order(configured)) {
        formed_.emplace_back(*meters[index]);
    }
}

void FormedMeters::find_members() {
    if (found_at_ == lives_.identity_changes()) {
        return;
    }
    found_at_ = lives_.identity_changes();
    const auto meters = lives_.all();
    for (FormedMeter& formed : formed_) {
        formed.find_members(meters);
    }
}

void FormedMeters::tick(Clock::time_point now, Messages& out) {
    if (formed_.empty()) {
        return;
    }
    next_tick_ = Clock::time_point::max();
    for (FormedMeter& formed : formed_) {
        find_members();
        step(formed, now, out);
        next_tick_ = std::min(next_tick_, formed.next_change());
    }
}

void FormedMeters::step(FormedMeter& formed, Clock::time_point now, Messages& out) {
    if (!formed.is_introduced()) { // its counters are known by who it is
        lives_.update(formed.introduction(), now, out);
    }
    load_counters(formed);
    const MeterUpdate update = formed.news(now);
    if (formed.counters() && formed.counters()->take_must_be_kept()) {
        store(formed);
    }
    if (const auto text = formed.take_change_text(); text && log_) {
        const MeterInfo& info = formed.meter().info;
        log_(LogLevel::Warn, info.product_name + " " + info.serial, *text);
    }
    if (update.info || update.reading || update.lost) {
        lives_.update(update, now, out);
        lives_.published({update}, now);
    }
    if (update.info && !update.reading) {
        lives_.describe(formed.meter(), now, out);
    }
}

// Not before it is known what was kept, and not of a meter that was forgotten.
void FormedMeters::load_counters(FormedMeter& formed) {
    const std::string& device_id = formed.meter().device_id;
    if (device_id.empty() || kept_.awaits_settings()) {
        formed.counters().reset();
    } else if (!formed.counters()) {
        formed.counters().emplace(counters_from(kept_.carried(device_id), kept_.has_ended()));
        store(formed);
    }
}

void FormedMeters::store(FormedMeter& formed) {
    if (formed.counters() && !formed.meter().device_id.empty()) {
        kept_.store_carried(formed.meter().device_id, settings_form(formed.counters()->kept()));
    }
}

void FormedMeters::store() {
    for (FormedMeter& formed : formed_) {
        store(formed);
    }
}

void FormedMeters::begin_anew() {
    for (FormedMeter& formed : formed_) {
        formed.counters().reset();
    }
}

} // namespace gridbridge
