#include "mqtt/bridge.hpp"

#include "mqtt/identify.hpp"
#include "mqtt/payload.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

using namespace std::chrono_literals;

Bridge::Bridge(BridgeOptions options, Settings& settings, std::vector<std::unique_ptr<Outlet>> outlets)
    : options_(std::move(options)), settings_(settings), outlets_(std::move(outlets)) {
    for (std::size_t i = 0; i < options_.meters.size(); ++i) {
        tracked({static_cast<std::uint16_t>(i), 0});
    }
    Messages unsaid; // connected() says everything
    for (const auto& [device_id, device] : settings_.devices()) {
        say_settings(device_id, {}, unsaid);
    }
    say_device_ids({}, unsaid);
}

// A device behind a meter is a meter of its own; name, role and numbers of the configuration are the main
// one's.
Bridge::Tracked& Bridge::tracked(SourceId source) {
    const auto [entry, fresh] = meters_.try_emplace(source);
    Meter& meter = entry->second.meter;
    if (!fresh) {
        return entry->second;
    }
    meter.source = source;
    meter.config = options_.meters.at(source.meter);
    if (source.channel != 0) {
        meter.config.name.clear();
        meter.config.role.clear();
        meter.config.position.reset();
        meter.config.instance.reset();
        meter.config.on_lost = OnLost::Retry;
    }
    for (const auto& outlet : outlets_) {
        outlet->added(meter);
    }
    return entry->second;
}

void Bridge::tell(const Meter& meter, std::string_view event) const {
    if (options_.on_event) {
        options_.on_event(meter, event);
    }
}

void Bridge::log(LogLevel level, const Meter& meter, const std::string& message) const {
    if (options_.log) {
        options_.log(level, meter.info.product_name + " " + meter.info.serial, message);
    }
}

void Bridge::connected(Clock::time_point now, Messages& out, std::size_t link) {
    for (const auto& outlet : outlets_) {
        if (outlet->link() == link) {
            outlet->connected(now, out);
        }
    }
}

void Bridge::update(const MeterUpdate& update, Clock::time_point now, Messages& out) {
    Tracked& entry = tracked(update.source);
    if (update.counters) {
        entry.meter.counters = *update.counters;
    }
    if (update.telegram) {
        entry.meter.telegram = update.telegram;
    }
    if (update.info) {
        take_info(entry, *update.info, now, out);
    }
    if (update.reading) {
        take_reading(entry, *update.reading, now, out);
    }
    if (update.lost) {
        lose(entry.meter, *update.lost, now, out);
    }
}

void Bridge::take_info(Tracked& tracked, const MeterInfo& info, Clock::time_point now, Messages& out) {
    Meter& meter = tracked.meter;
    if (meter.info == info) {
        return;
    }
    const bool another = meter.info.kind != info.kind || meter.info.serial != info.serial;
    const bool another_use = !another && meter.info.multiphase != info.multiphase;
    if (another && !meter.device_id.empty()) {
        store_energy(now, out);
        vanish(meter, out);
        meter.life = MeterLife::Awaited;
        meter.pace = IntervalMeter();
    }
    Meter renewed = meter;
    identify(renewed, info, settings_);
    if (renewed.role != meter.role || renewed.instance != meter.instance) {
        vanish(meter, out);
        renewed.life = meter.life;
        renewed.reading = Reading{};
    }
    meter = std::move(renewed);
    if (another_use) { // the totals count other phases from now on: less is no fall
        settings_.set_counters(meter.device_id, {});
    }
    if (another) {
        tracked.estimate.reset();
    }
    if (another || another_use) {
        tracked.guard = stored_guard(settings_, meter.device_id);
        meter.counters_held = false;
    }
    if (!info.estimate_reverse_per_phase) {
        store_estimate(tracked, now, out);
        tracked.estimate.reset();
    } else if (!tracked.estimate) {
        tracked.estimate.emplace(settings_.reverse_kwh(meter.device_id), info.totals_are_phase_sums);
    }
    know_device(meter, now, out);
}

void Bridge::take_reading(Tracked& tracked, Reading reading, Clock::time_point now, Messages& out) {
    Meter& meter = tracked.meter;
    if (meter.device_id.empty() || now - reading.received > stale_after(meter) || is_switched_off(meter)) {
        return;
    }
    meter.phase_sum.apply(reading, meter.info.phases);
    guard_counters(tracked, reading);
    if (tracked.estimate && !reading.empty()) {
        tracked.estimate->apply(reading);
    }
    const bool returned = meter.life != MeterLife::Live;
    meter.pace.arrived(reading.received);
    meter.refresh_time = refresh_time(meter);
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
    meter.last_error = meter.loss_reason;
    meter.telegram.reset();
    if (meter.life == MeterLife::Awaited && meter.device_id.empty()) {
        tell(meter, "absent");
    }
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
    meter.telegram.reset();
    meter.reading = Reading{};
    for (const auto& outlet : outlets_) {
        outlet->gone(meter, out);
    }
    tell(meter, "gone");
}

void Bridge::request(const Message& message, Clock::time_point now, Messages& out) {
    constexpr std::size_t shown = 120; // of a payload, which may be anything
    if (options_.log) {
        options_.log(LogLevel::Debug, "mqtt",
                     "received " + json_text(message.topic) + " " +
                         json_text(message.payload.substr(0, shown)));
    }
    for (const auto& outlet : outlets_) {
        if (outlet->link() == message.link) {
            outlet->request(message, now, out);
        }
    }
    for (const auto& outlet : outlets_) {
        const auto wish = outlet->link() == message.link ? outlet->wish(message) : std::nullopt;
        if (wish) {
            carry_out(*wish, now, out);
        }
    }
}

// A stream that has sent nothing yet and of which nothing is known: no driver says when it was silent for
// long.
std::optional<Clock::time_point> Bridge::awaited_until(const Meter& meter) const {
    const bool awaited =
        meter.life == MeterLife::Awaited && meter.device_id.empty() && meter.loss_reason.empty();
    if (!started_ || !awaited || meter.source.channel != 0 || !is_stream(meter.config.driver)) {
        return std::nullopt;
    }
    return *started_ + stale_after(meter);
}

void Bridge::tick(Clock::time_point now, Messages& out) {
    started_ = started_.value_or(now);
    take_transactions(now, out);
    for (auto& [source, tracked] : meters_) {
        Meter& meter = tracked.meter;
        if (const auto until = awaited_until(meter); until && now > *until) {
            lose(meter, "no telegram since the start", now, out);
        }
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
        } else if (const auto until = awaited_until(meter)) {
            next = std::min(next, *until + 1ms);
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

std::vector<std::string> Bridge::filters(std::size_t link) const {
    std::vector<std::string> filters;
    for (const auto& outlet : outlets_) {
        if (outlet->link() != link) {
            continue;
        }
        for (std::string& filter : outlet->filters()) {
            filters.push_back(std::move(filter));
        }
    }
    return filters;
}

void Bridge::published(const std::vector<MeterUpdate>& updates, Clock::time_point now) {
    for (const MeterUpdate& update : updates) {
        if (update.reading) {
            Meter& meter = meters_[update.source].meter;
            meter.publish_latency =
                std::chrono::duration_cast<std::chrono::microseconds>(now - update.reading->received);
            meter.publish_latencies.add(meter.publish_latency);
        }
    }
}

} // namespace gridbridge
