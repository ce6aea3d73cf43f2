#include "mqtt/bridge.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

using namespace std::chrono_literals;

void identify(Meter& meter, const MeterInfo& info, Settings& settings) {
    meter.info = info;
    ++meter.info_version;
    meter.device_id = info.kind + "_" + info.serial;
    if (meter.role.empty()) {
        const bool inverter = meter.config.driver == DriverKind::SunSpec;
        meter.role = !meter.config.role.empty() ? meter.config.role : (inverter ? "pvinverter" : "grid");
    }
    meter.instance = settings.instance_for(meter.device_id, meter.role, meter.config.instance);
}

Bridge::Bridge(BridgeOptions options, Settings& settings, std::vector<std::unique_ptr<Outlet>> outlets)
    : options_(std::move(options)), settings_(settings), outlets_(std::move(outlets)) {
    for (std::size_t i = 0; i < options_.meters.size(); ++i) {
        const SourceId source{static_cast<std::uint16_t>(i), 0};
        Meter& meter = meters_[source].meter;
        meter.source = source;
        meter.config = options_.meters[i];
        for (const auto& outlet : outlets_) {
            outlet->added(meter);
        }
    }
}

void Bridge::tell(const Meter& meter, std::string_view event) const {
    if (options_.on_event) {
        options_.on_event(meter, event);
    }
}

void Bridge::connected(Clock::time_point now, Messages& out) {
    for (const auto& outlet : outlets_) {
        outlet->connected(now, out);
    }
}

void Bridge::update(const MeterUpdate& update, Clock::time_point now, Messages& out) {
    Tracked& tracked = meters_[update.source];
    tracked.meter.source = update.source;
    if (update.counters) {
        tracked.meter.counters = *update.counters;
    }
    if (update.info) {
        take_info(tracked, *update.info, out);
    }
    if (update.reading) {
        take_reading(tracked, *update.reading, now, out);
    }
    if (update.lost) {
        lose(tracked.meter, *update.lost, now, out);
    }
}

void Bridge::take_info(Tracked& tracked, const MeterInfo& info, Messages& out) {
    Meter& meter = tracked.meter;
    if (meter.info == info) {
        return;
    }
    const bool another = meter.info.kind != info.kind || meter.info.serial != info.serial;
    if (another && !meter.device_id.empty()) {
        vanish(meter, out);
        tracked.estimate.reset();
        meter.life = MeterLife::Awaited;
        meter.pace = IntervalMeter();
    }
    identify(meter, info, settings_);
    if (info.estimate_reverse_per_phase && !tracked.estimate) {
        tracked.estimate.emplace(settings_.reverse_kwh(meter.device_id));
    }
}

void Bridge::take_reading(Tracked& tracked, Reading reading, Clock::time_point now, Messages& out) {
    Meter& meter = tracked.meter;
    if (meter.device_id.empty() || now - reading.received > stale_after(meter)) {
        return;
    }
    if (tracked.estimate) {
        tracked.estimate->apply(reading);
    }
    const bool returned = meter.life != MeterLife::Live;
    meter.pace.arrived(reading.received);
    meter.last_good = reading.received;
    meter.reading = reading;
    meter.life = MeterLife::Live;
    meter.loss_reason.clear();
    for (const auto& outlet : outlets_) {
        outlet->reading(meter, now, out);
    }
    if (returned) {
        tell(meter, "live");
    }
}

void Bridge::lose(Meter& meter, std::string reason, Clock::time_point now, Messages& out) {
    meter.loss_reason = std::move(reason);
    if (meter.life != MeterLife::Live) {
        return;
    }
    meter.life = MeterLife::Lost;
    meter.lost_at = now;
    meter.reading = Reading{};
    meter.pace.interrupt();
    for (const auto& outlet : outlets_) {
        outlet->lost(meter, now, out);
    }
    tell(meter, "lost");
}

void Bridge::vanish(Meter& meter, Messages& out) {
    if (meter.life != MeterLife::Live && meter.life != MeterLife::Lost) {
        return;
    }
    meter.life = MeterLife::Gone;
    meter.reading = Reading{};
    for (const auto& outlet : outlets_) {
        outlet->gone(meter, out);
    }
    tell(meter, "gone");
}

void Bridge::request(const Message& message, Clock::time_point now, Messages& out) {
    for (const auto& outlet : outlets_) {
        outlet->request(message, now, out);
    }
}

void Bridge::tick(Clock::time_point now, Messages& out) {
    for (auto& [source, tracked] : meters_) {
        Meter& meter = tracked.meter;
        const auto limit = stale_after(meter);
        if (meter.life == MeterLife::Live && now - meter.last_good > limit) {
            lose(meter, "no good reading for " + std::to_string(limit.count()) + " ms", now, out);
        }
        if (meter.life == MeterLife::Lost && now - meter.last_good > options_.vanish_after) {
            vanish(meter, out);
        }
    }
    for (const auto& outlet : outlets_) {
        outlet->tick(now, out);
    }
    repeat_when_asked(now, out);
}

void Bridge::repeat_when_asked(Clock::time_point now, Messages& out) {
    bool asked = false;
    for (const auto& outlet : outlets_) {
        asked = outlet->takes_repeat(now) || asked;
    }
    for (const auto& outlet : outlets_) {
        if (asked) {
            outlet->repeat(now, out);
        }
    }
}

Clock::time_point Bridge::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + 60s;
    for (const auto& [source, tracked] : meters_) {
        const Meter& meter = tracked.meter;
        if (meter.life == MeterLife::Live) {
            next = std::min(next, meter.last_good + stale_after(meter) + 1ms);
        } else if (meter.life == MeterLife::Lost) {
            next = std::min(next, meter.last_good + options_.vanish_after + 1ms);
        }
    }
    for (const auto& outlet : outlets_) {
        next = std::min(next, outlet->next_tick(now));
    }
    return next;
}

void Bridge::leave(Messages& out) {
    for (const auto& outlet : outlets_) {
        outlet->leave(out);
    }
}

std::vector<std::string> Bridge::filters() const {
    std::vector<std::string> filters;
    for (const auto& outlet : outlets_) {
        for (std::string& filter : outlet->filters()) {
            filters.push_back(std::move(filter));
        }
    }
    return filters;
}

void Bridge::published(const std::vector<MeterUpdate>& updates, Clock::time_point now) {
    for (const MeterUpdate& update : updates) {
        if (update.reading) {
            meters_[update.source].meter.publish_latency =
                std::chrono::duration_cast<std::chrono::microseconds>(now - update.reading->received);
        }
    }
}

void Bridge::store_estimates() {
    for (const auto& [source, tracked] : meters_) {
        const auto kwh = tracked.estimate ? tracked.estimate->phase_kwh() : std::nullopt;
        if (kwh) {
            settings_.set_reverse_kwh(tracked.meter.device_id, *kwh);
        }
    }
}

} // namespace gridbridge
