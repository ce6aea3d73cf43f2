#include "mqtt/bridge/meter_lives.hpp"

#include "drivers/values/headroom.hpp"
#include "mqtt/bridge/assign_identity.hpp"
#include "mqtt/bridge/rivals.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

using namespace std::chrono_literals;

namespace {

// It has said who it is, but is nobody: forgotten, or another source is that meter.
bool is_nobody(const Meter& meter) {
    return meter.device_id.empty() && !meter.info.serial.empty();
}

} // namespace

// At its end the next step of a meter that was changed is looked for, also when something threw.
class MeterLives::StepExpected {
  public:
    StepExpected(MeterLives& lives, const Meter& meter) : lives_(lives), meter_(meter) {}
    StepExpected(const StepExpected&) = delete;
    StepExpected& operator=(const StepExpected&) = delete;
    ~StepExpected() { lives_.expect_step(meter_); }

  private:
    MeterLives& lives_;
    const Meter& meter_;
};

MeterLives::MeterLives(MeterLivesOptions options, KeptState& kept, OutletSet& outlets)
    : options_(std::move(options)), kept_(kept), outlets_(outlets), demands_(options_.demands, kept),
      known_(options_.meters, outlets) {
    silence_.vanish_after = options_.vanish_after;
    kept_.identities().expect(std::exchange(options_.meters, {}));
}

void MeterLives::expect_step(const Meter& meter) {
    if (const auto due = silence_.next(meter)) {
        quiet_until_ = std::min(quiet_until_, due->after);
    }
}

void MeterLives::make_nobody(Meter& meter) {
    meter.device_id.clear();
    meter.role.clear();
    meter.name.clear();
    meter.instance_advice.clear();
    meter.counters_held = false;
    meter.standing.clear();
    meter.life = MeterLife::Awaited;
    ++identity_changes_;
}

Meter& MeterLives::meter(SourceId source) {
    quiet_until_ = Clock::time_point::min();
    return known_.of(source);
}

Meter* MeterLives::find(SourceId source) {
    quiet_until_ = Clock::time_point::min();
    return known_.find(source);
}

Meter* MeterLives::find(const std::string& device_id) {
    quiet_until_ = Clock::time_point::min();
    return known_.find(device_id);
}

void MeterLives::tell(const Meter& meter, std::string_view event) const {
    if (options_.on_event) {
        options_.on_event(meter, event);
    }
}

void MeterLives::update(const MeterUpdate& update, Clock::time_point now, Messages& out) {
    Meter& meter = known_.of(update.source);
    const StepExpected step(*this, meter);
    if (update.counters) {
        meter.counters = *update.counters;
        known_.hear(update.source.meter, meter.counters.heard);
    }
    if (update.info) {
        MeterInfo info = *update.info;
        info.energy_ratio *= transformers_of(meter).energy();
        take_info(meter, info, now, out);
    }
    if (update.telegram) { // of whoever it is now
        meter.telegram = update.telegram;
    }
    if (update.reading) {
        take_reading(meter, *update.reading, now, out);
    }
    if (update.lost) {
        lose(meter, *update.lost, now, out);
    }
}

void MeterLives::take_info(Meter& meter, const MeterInfo& info, Clock::time_point now, Messages& out) {
    if (meter.info == info && (!is_nobody(meter) || known_.rival_of(meter.source, info.serial) != nullptr)) {
        return;
    }
    ++identity_changes_;
    const bool another = meter.info.kind != info.kind || meter.info.serial != info.serial;
    if (another && !meter.device_id.empty()) {
        kept_.store_energy(now, out);
        withdraw(meter, out);
        tell_forgotten(meter, out);
        meter.life = MeterLife::Awaited;
        meter.pace = IntervalMeter();
    }
    if (known_.rival_of(meter.source, info.serial) != nullptr) { // its readings decide
        leave_to_rival(meter, now, out);
        meter.info = info;
        ++meter.info_version;
        return;
    }
    kept_.respell(info, out);
    Meter renewed = meter;
    kept_.identities().identify(renewed, info);
    if (renewed.role != meter.role || renewed.instance != meter.instance) {
        withdraw(meter, out);
        renewed.life = meter.life;
        renewed.reading = Reading{};
    }
    const MeterInfo before = std::exchange(meter, std::move(renewed)).info;
    kept_.begin(meter, before, now, out);
}

void MeterLives::take_reading(Meter& meter, Reading reading, Clock::time_point now, Messages& out) {
    if (is_nobody(meter) && !becomes_somebody(meter, now, out)) {
        return;
    }
    if (meter.device_id.empty() || now - reading.received > stale_after(meter) ||
        kept_.is_switched_off(meter)) {
        return;
    }
    apply(transformers_of(meter), reading);
    set_headroom(reading, meter.config.fuse);
    meter.phase_sum.apply(reading, meter.info.phases);
    show(meter, reading, now, out);
}

void MeterLives::show(Meter& meter, Reading reading, Clock::time_point now, Messages& out) {
    kept_.correct(meter, reading);
    demands_.apply(meter, reading, now);
    const bool returned = meter.life != MeterLife::Live;
    meter.pace.arrived(reading.received);
    meter.refresh_time = refresh_time(meter);
    meter.last_good = reading.received;
    if (reading.has(Quantity::Power)) {
        meter.last_power = reading.received;
    }
    meter.reading = reading;
    meter.faded = false;
    meter.life = MeterLife::Live;
    meter.loss_reason.clear();
    meter.is_refused = false;
    outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.reading(meter, now, out); });
    if (returned) {
        tell(meter, "live");
    }
}

// Its driver has said already who it is. The first to give readings is the meter; the next takes its place
// when it is lost.
bool MeterLives::becomes_somebody(Meter& meter, Clock::time_point now, Messages& out) {
    Meter* const rival = known_.rival_of(meter.source, meter.info.serial);
    if (rival != nullptr && rival->life == MeterLife::Live) {
        meter.is_refused = true;
        meter.loss_reason = refusal_text(meter, *rival);
        log_once(meter, meter.loss_reason);
        return false;
    }
    if (rival != nullptr) {
        if (rival->life != MeterLife::Awaited) {
            log_once(meter, taken_over_text(meter, *rival));
        }
        leave_to_rival(*rival, now, out);
    }
    const MeterInfo info = std::exchange(meter.info, MeterInfo{});
    ++identity_changes_;
    take_info(meter, info, now, out);
    return true;
}

void MeterLives::leave_to_rival(Meter& meter, Clock::time_point now, Messages& out) {
    if (meter.device_id.empty()) {
        return;
    }
    withdraw(meter, out);
    kept_.end(meter, now, out);
    make_nobody(meter);
}

void MeterLives::log_once(const Meter& meter, const std::string& text) {
    std::string& last = said_[meter.source];
    if (options_.log && last != text) {
        last = text;
        options_.log(LogLevel::Warn, source_title(meter), text);
    }
}

// It sends, slowly: a counter is what it was, a power is not.
void MeterLives::fade(Meter& meter, Clock::time_point now, Messages& out) {
    for (const QuantityRow& row : quantity_table) {
        if (row.kind != QuantityKind::Counter) {
            meter.reading.clear(row.quantity);
        }
    }
    meter.faded = true;
    meter.telegram.reset();
    outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.reading(meter, now, out); });
}

void MeterLives::lose(Meter& meter, std::string reason, Clock::time_point now, Messages& out) {
    meter.loss_reason = std::move(reason);
    meter.is_refused = false;
    meter.last_error = meter.loss_reason;
    meter.telegram.reset();
    if (meter.life == MeterLife::Awaited && meter.info.serial.empty()) {
        tell(meter, "absent");
    }
    if (meter.life != MeterLife::Live) {
        return;
    }
    meter.life = MeterLife::Lost;
    meter.lost_at = now;
    meter.reading = Reading{};
    meter.faded = false;
    if (!is_stream(meter.config.driver)) { // the silence of a slow one is its pace
        meter.pace.interrupt();
    }
    outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.lost(meter, now, out); });
    tell(meter, "lost");
}

void MeterLives::withdraw(Meter& meter, Messages& out) {
    if (meter.life != MeterLife::Live && meter.life != MeterLife::Lost) {
        return;
    }
    meter.life = MeterLife::Gone;
    meter.faded = false;
    meter.telegram.reset();
    meter.reading = Reading{};
    tell_gone(meter, out);
    if (!meter.info.serial.empty()) { // else it is identified anew, and is there
        tell(meter, "gone");
    }
}

void MeterLives::tell_gone(const Meter& meter, Messages& out) {
    outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.gone(meter, out); });
}

// Another meter is in its place. Topics are by serial number: another source may have the same.
void MeterLives::tell_forgotten(const Meter& meter, Messages& out) {
    const std::string& serial = meter.info.serial;
    if (!known_.is_shared(meter.source, serial)) {
        outlets_.tell<DescriptionListener>(
            out, [&](DescriptionListener& listener) { listener.forgotten(serial, out); });
    }
}

void MeterLives::forget(const std::string& device_id) {
    if (Meter* const meter = find(device_id)) {
        make_nobody(*meter);
    }
}

void MeterLives::advise(const Settings& settings) {
    for (auto& [source, meter] : known_) {
        meter.instance_advice = instance_advice(meter, settings);
    }
}

void MeterLives::rename(Meter& meter, const std::string& role, int instance, Clock::time_point now,
                        Messages& out) {
    if (meter.role == role && meter.instance == instance) {
        return;
    }
    quiet_until_ = Clock::time_point::min(); // another role may be lost sooner
    const bool live = meter.life == MeterLife::Live;
    if (live || meter.life == MeterLife::Lost) {
        tell_gone(meter, out);
        meter.life = live ? MeterLife::Live : MeterLife::Gone;
    }
    meter.role = role;
    meter.instance = instance;
    ++meter.info_version;
    if (live) {
        outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.reading(meter, now, out); });
    }
    if (options_.log) {
        options_.log(LogLevel::Info, meter.info.product_name + " " + meter.info.serial,
                     "is " + role + "/" + std::to_string(instance) + " from now on, as a client asked");
    }
}

void MeterLives::describe(const Meter& meter, Clock::time_point now, Messages& out) {
    if (meter.life == MeterLife::Live || meter.life == MeterLife::Lost) {
        outlets_.tell<DescriptionListener>(
            out, [&](DescriptionListener& listener) { listener.described(meter, now, out); });
    }
}

void MeterLives::identify_anew(Clock::time_point now, Messages& out) {
    quiet_until_ = Clock::time_point::min();
    ++identity_changes_;
    demands_.begin_anew();
    for (auto& [source, meter] : known_) {
        const MeterInfo info = std::exchange(meter.info, MeterInfo{});
        const bool live = meter.life == MeterLife::Live;
        const Reading newest = meter.reading; // its transformers were applied
        const IntervalMeter pace = meter.pace;
        if (!info.serial.empty()) {
            take_info(meter, info, now, out);
        }
        meter.pace = pace; // whoever it is by these settings, it sends as before
        if (live && !meter.device_id.empty() && !kept_.is_switched_off(meter) &&
            now - newest.received <= stale_after(meter)) {
            show(meter, newest, now, out);
        }
    }
}

void MeterLives::tick(Clock::time_point now, Messages& out) {
    if (silence_.started && now <= quiet_until_) {
        return;
    }
    silence_.started = silence_.started.value_or(now);
    quiet_until_ = Clock::time_point::min(); // until all are looked at, also when one throws
    for (auto& [source, meter] : known_) {
        for (auto due = silence_.next(meter); due && now > due->after; due = silence_.next(meter)) {
            switch (due->step) {
            case SilenceStep::Fade:
                fade(meter, now, out);
                break;
            case SilenceStep::Lose:
                lose(meter, silence_text(meter, now), now, out);
                break;
            case SilenceStep::Withdraw:
                withdraw(meter, out);
                break;
            }
        }
    }
    find_quiet();
}

void MeterLives::find_quiet() {
    quiet_until_ = Clock::time_point::max();
    for (const auto& [source, meter] : known_) {
        expect_step(meter);
    }
}

Clock::time_point MeterLives::next_tick(Clock::time_point now) {
    if (quiet_until_ < now) {
        find_quiet();
    }
    const auto next = now + 60s;
    return quiet_until_ < next ? std::min(next, quiet_until_ + 1ms) : next;
}

void MeterLives::published(const std::vector<MeterUpdate>& updates, Clock::time_point now) {
    for (const MeterUpdate& update : updates) {
        if (update.reading) {
            Meter& meter = known_.of(update.source);
            meter.publish_latency =
                std::chrono::duration_cast<std::chrono::microseconds>(now - update.reading->received);
            meter.publish_latencies.add(meter.publish_latency);
        }
    }
}

} // namespace gridbridge
