#include "mqtt/bridge/formed_meter.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

CombineRule rule_of(Transport transport) {
    switch (transport) {
    case Transport::Difference:
        return CombineRule::Difference;
    case Transport::Net:
        return CombineRule::Net;
    default:
        return CombineRule::Sum;
    }
}

bool gives_values(const Meter* meter) {
    return meter != nullptr && meter->life == MeterLife::Live && !meter->faded && !meter->device_id.empty();
}

// Another meter, behind other transformers or used for other phases, has other counters.
std::string whose_counters(const Meter* meter) {
    if (meter == nullptr) {
        return {};
    }
    std::string whose = meter->info.serial;
    whose += meter->info.energy_ratio == 1 ? "" : " x " + std::to_string(meter->info.energy_ratio);
    return whose + (meter->info.multiphase ? "" : " single-phase");
}

// One missing reading is no reason to use another meter.
Clock::time_point overdue_at(const Meter& meter) {
    const Clock::duration stale = stale_after(meter);
    const auto pace = meter.pace.polled_interval();
    return meter.last_good + (pace ? std::min(stale, 2 * *pace + 500ms) : stale);
}

std::string why_not_there(const std::string& called, const Meter* meter) {
    if (meter == nullptr) {
        return "no meter has the name or serial number " + in_quotes(called) + " yet";
    }
    const std::string& reason = meter->loss_reason;
    const std::string tail = reason.empty() ? std::string() : ": " + reason;
    switch (meter->life) {
    case MeterLife::Awaited:
        return called + " has given no values yet" + tail;
    case MeterLife::Live:
        return called + (meter->faded ? " gives values too seldom" : " gives no new values");
    default:
        return called + " is lost" + tail;
    }
}

std::string connection_of(const MeterConfig& config) {
    std::string list;
    for (const std::string& member : config.members) {
        list += (list.empty() ? "" : ", ") + member;
    }
    const std::string how =
        config.driver == DriverKind::Standby ? "first" : std::string(name_of(config.transport));
    return how + " of " + list;
}

std::string watts(double value) {
    return std::to_string(std::lround(value)) + " W";
}

} // namespace

FormedMeter::FormedMeter(const Meter& own) : meter_(own) {
    for (const std::string& member : own.config.members) {
        Member& added = members_.emplace_back();
        added.called = member;
    }
    if (own.config.driver == DriverKind::Standby) {
        standby_.emplace(members_.size());
    }
}

void FormedMeter::find_members(const std::vector<const Meter*>& meters) {
    std::vector<bool> are_formed;
    for (Member& member : members_) {
        member.meter = nullptr;
        for (const Meter* const meter : meters) {
            const bool fits = meter != &meter_ && is_called(*meter, member.called);
            const bool is_better = member.meter == nullptr || member.meter->device_id.empty();
            if (fits && is_better) { // of several with one serial number, one is the meter
                member.meter = meter;
            }
        }
        are_formed.push_back(member.meter != nullptr && is_formed(member.meter->config.driver));
    }
    if (!standby_ && !combined_) { // those that are formed are known from the configuration
        combined_.emplace(rule_of(meter_.config.transport), std::move(are_formed), meter_.config.align);
    }
}

std::optional<Reading> FormedMeter::form(Clock::time_point now) {
    CarriedCounters* const counters = counters_ ? &*counters_ : nullptr;
    return standby_ ? form_standby(now, counters) : form_combined(now, counters);
}

std::optional<Reading> FormedMeter::form_combined(Clock::time_point now, CarriedCounters* counters) {
    std::vector<std::string> whose;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        whose.push_back(whose_counters(member.meter));
        const bool was_there = std::exchange(member.is_there, gives_values(member.meter));
        if (!member.is_there && was_there) {
            combined_->forget(i);
        } else if (member.is_there && (!was_there || member.seen != member.meter->reading.received)) {
            member.seen = member.meter->reading.received;
            combined_->take(i, member.meter->reading);
        }
    }
    return has_members() ? combined_->form(now, counters, whose) : std::nullopt;
}

std::optional<Reading> FormedMeter::form_standby(Clock::time_point now, CarriedCounters* counters) {
    std::vector<StandbyMember> states;
    for (Member& member : members_) {
        member.is_there = gives_values(member.meter);
        StandbyMember state;
        state.whose = whose_counters(member.meter);
        if (member.is_there) {
            state.reading = &member.meter->reading;
            state.overdue = overdue_at(*member.meter);
        }
        const bool is_awaited = member.meter == nullptr || member.meter->life == MeterLife::Awaited;
        state.may_still_come = is_awaited && (member.meter == nullptr || member.meter->loss_reason.empty());
        states.push_back(std::move(state));
    }
    return standby_->form(states, now, counters);
}

bool FormedMeter::has_members() const {
    if (standby_) {
        return standby_->used().has_value();
    }
    return std::all_of(members_.begin(), members_.end(),
                       [](const Member& member) { return member.is_there; });
}

// Empty: nothing is wrong, it has said all there is.
std::string FormedMeter::why_nothing() const {
    if (has_members()) {
        const bool is_shown = meter_.life == MeterLife::Live;
        return combined_ && !is_shown ? combined_->problem() : std::string();
    }
    std::string reasons;
    for (const Member& member : members_) {
        if (!member.is_there) {
            reasons += (reasons.empty() ? "" : "; ") + why_not_there(member.called, member.meter);
        }
    }
    return reasons;
}

MeterUpdate FormedMeter::introduction() {
    MeterUpdate update;
    update.source = meter_.source;
    update.info = told_ = info();
    return update;
}

MeterUpdate FormedMeter::news(Clock::time_point now) {
    MeterUpdate update;
    update.source = meter_.source;
    update.reading = form(now);
    note_used();
    MeterInfo newest = info();
    if (newest != told_) {
        update.info = told_ = std::move(newest);
    }
    if (update.reading) {
        loss_.clear();
        ++counts_.good;
        update.counters = counts_;
        return update;
    }
    std::string loss = why_nothing();
    if (!loss.empty() && loss != loss_) {
        update.lost = loss_ = std::move(loss);
    }
    return update;
}

void FormedMeter::note_used() {
    const auto now_used = standby_ ? standby_->used() : std::nullopt;
    const auto before = std::exchange(used_, now_used);
    if (now_used == before) {
        return;
    }
    if (!now_used || *now_used == 0) {
        substitution_.clear();
    } else {
        const Member& first = members_.front();
        substitution_ =
            "uses " + members_[*now_used].called + ": " + why_not_there(first.called, first.meter);
    }
    if (!substitution_.empty()) {
        change_text_ = substitution_;
    } else if (now_used && before) {
        change_text_ = "uses " + members_.front().called + " again";
    }
}

std::optional<std::string> FormedMeter::take_change_text() {
    return std::exchange(change_text_, std::nullopt);
}

Clock::time_point FormedMeter::next_change() const {
    return standby_ ? standby_->next_change() : Clock::time_point::max();
}

// Of all members, where they agree.
std::optional<int> FormedMeter::phases() const {
    if (meter_.config.transport == Transport::Net) {
        return 3;
    }
    const Meter* const first = members_.front().meter;
    const auto phases = first == nullptr ? std::nullopt : first->info.phases;
    const bool agree = std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
        return member.meter != nullptr && member.meter->info.phases == phases;
    });
    return agree ? phases : std::nullopt;
}

std::string FormedMeter::contradiction() const {
    const auto found = standby_ ? standby_->contradiction() : std::nullopt;
    return found ? members_[found->one].called + " showed " + watts(found->one_watts) + " and " +
                       members_[found->other].called + ' ' + watts(found->other_watts)
                 : std::string();
}

MeterInfo FormedMeter::info() const {
    MeterInfo info;
    const DriverRow& row = driver_row(meter_.config.driver);
    info.kind = row.device_kind;
    info.serial = meter_.config.serial;
    info.product_name = row.product_name;
    info.connection = connection_of(meter_.config);
    info.phases = phases();
    info.totals_are_phase_sums = meter_.config.transport == Transport::Net;
    info.import_only = std::any_of(members_.begin(), members_.end(), [](const Member& member) {
        return member.meter != nullptr && member.meter->info.import_only;
    });
    if (standby_) {
        info.texts = {{"Source", used_ ? members_[*used_].called : std::string()}};
        info.substitution = substitution_;
        info.contradiction = contradiction();
    }
    return info;
}

} // namespace gridbridge
