#include "mqtt/doctor/doctor.hpp"

#include "mqtt/doctor/control_watch.hpp"
#include "mqtt/doctor/fuse_watch.hpp"
#include "mqtt/doctor/pair_watch.hpp"
#include "mqtt/doctor/peak_watch.hpp"
#include "mqtt/doctor/phase_watch.hpp"
#include "mqtt/doctor/service_findings.hpp"
#include "mqtt/doctor/state_watch.hpp"
#include "mqtt/doctor/wiring_watch.hpp"
#include "mqtt/doctor/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds pace(900); // readings that are looked at
constexpr std::chrono::seconds pair_pace(10);
constexpr std::chrono::seconds
    broker_patience(8); // a service that starts, or a broker that restarts, takes seconds

bool is_electric(const Meter& meter) {
    return meter.role != "pulsemeter" && meter.source.channel == 0;
}

// What the first of a pair shows of itself as well: a sign, and no fault of its own.
struct Follows {
    FindingCode cause, sign;
    bool of_any_meter = false;
};
constexpr std::array follows{
    Follows{FindingCode::NeutralMissing, FindingCode::CtRatio},
    Follows{FindingCode::NeutralMissing, FindingCode::CurrentWithoutPower},
    Follows{FindingCode::PhaseOnWrongVoltage, FindingCode::CurrentWithoutPower},
    Follows{FindingCode::GridAndPvExchanged, FindingCode::NeutralMissing, true},
    Follows{FindingCode::GridAndPvExchanged, FindingCode::CtRatio, true},
    Follows{FindingCode::GridAndPvExchanged, FindingCode::MeterReversed, true},
    Follows{FindingCode::GridAndPvExchanged, FindingCode::PhaseReversed, true},
};

// One of each kind for a meter, and causes without their signs.
void leave_what_follows(std::vector<Finding>& findings) {
    const std::vector<Finding> all = findings;
    std::set<std::pair<FindingCode, std::string>> told;
    std::erase_if(findings, [&](const Finding& finding) {
        const bool is_sign = std::any_of(follows.begin(), follows.end(), [&](const Follows& row) {
            return row.sign == finding.code && std::any_of(all.begin(), all.end(), [&](const Finding& other) {
                       return other.code == row.cause && (row.of_any_meter || other.meter == finding.meter);
                   });
        });
        const bool is_new = finding.meter.empty() || told.insert({finding.code, finding.meter}).second;
        return is_sign || !is_new;
    });
}

} // namespace

struct Doctor::Followed {
    Followed(const Meter& followed, std::optional<double> peak_watts) : meter(&followed), peak(peak_watts) {}

    const Meter* meter;
    std::string serial; // whose wiring is known
    std::optional<Clock::time_point> taken_at;
    WiringWatch wiring;
    PhaseWatch phases;
    FuseWatch fuse;
    StateWatch state;
    ControlWatch control;
    PeakWatch peak;
};

Doctor::Doctor(DoctorOptions options) : options_(options), pairs_(std::make_unique<PairWatch>()) {}
Doctor::~Doctor() = default;

void Doctor::follow(const Meter& meter) {
    const auto known = meters_.find(meter.source);
    if (known == meters_.end()) {
        meters_[meter.source] = std::make_unique<Followed>(meter, options_.peak_watts);
    } else {
        known->second->meter = &meter;
    }
}

void Doctor::reading(const Meter& meter, Clock::time_point now) {
    const auto found = meters_.find(meter.source);
    if (found == meters_.end() || !is_electric(meter)) {
        return;
    }
    Followed& followed = *found->second;
    followed.control.take(meter, meter.reading);
    if (followed.taken_at && now - *followed.taken_at < pace) {
        return;
    }
    if (followed.serial != meter.info.serial) { // another meter, or the first
        followed.serial = meter.info.serial;
        followed.wiring = {};
        followed.phases = {};
        followed.fuse = {};
        pairs_->forget(meter.source);
    }
    followed.taken_at = now;
    if (!is_formed(meter.config.driver)) { // wires belong to one meter
        followed.wiring.take(meter, meter.reading, now);
        followed.phases.take(meter, meter.reading, now);
    }
    followed.fuse.take(meter, now);
    followed.state.take(meter.reading, wall_, now);
    followed.peak.take(meter);
}

std::vector<Finding> Doctor::look(const DoctorView& view, Clock::time_point now) {
    using std::chrono::milliseconds;
    wall_ = view.unix_ms ? std::optional(milliseconds(*view.unix_ms) -
                                         std::chrono::duration_cast<milliseconds>(now.time_since_epoch()))
                         : std::nullopt;
    reconnects_.take(view.broker.reconnects, 5, std::chrono::minutes(5), now);
    std::vector<Finding> findings =
        service_findings(view, {broker_away_.apply(!view.broker.connected, now, broker_patience),
                                reconnects_.holds(std::chrono::minutes(10), now),
                                sinks_away_.apply(!view.sinks_away.empty(), now, std::chrono::minutes(1))});
    std::vector<const Meter*> electric; // that measure themselves
    std::vector<const Meter*> standbys;
    for (const auto& [source, followed] : meters_) {
        const Meter& meter = *followed->meter;
        const std::string id = words::meter(meter);
        followed->state.look(meter, id, now, findings);
        if (!is_electric(meter)) {
            continue;
        }
        if (!is_formed(meter.config.driver)) {
            electric.push_back(&meter);
        } else if (meter.config.driver == DriverKind::Standby) {
            standbys.push_back(&meter);
        }
        followed->control.look(meter, id, now, findings);
        if (meter.life == MeterLife::Live) {
            followed->wiring.look(meter, id, findings);
            followed->phases.look(meter, id, findings);
            followed->fuse.look(meter, id, findings);
            followed->peak.look(meter, id, now, findings);
        }
    }
    if (!paired_at_ || now - *paired_at_ >= pair_pace) {
        paired_at_ = now;
        pairs_->take(electric, now);
    }
    pairs_->look(electric, standbys, findings);
    leave_what_follows(findings);
    sort_findings(findings);
    return findings;
}

} // namespace gridbridge
