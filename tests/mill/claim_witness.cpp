#include "tests/mill/claim_witness.hpp"

#include "drivers/json/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view settings_prefix = "N/mill/settings/0/Settings/Devices/";
constexpr std::string_view meter_prefix = "gridbridge/mill/meter/";
constexpr std::array<std::string_view, 3> setting_names{"CustomName", "Position", "ClassAndVrmInstance"};

std::string_view name_of(WrittenSetting setting) {
    return setting_names.at(static_cast<std::size_t>(setting));
}

} // namespace

ClaimWitness::ClaimWitness(const Plan& plan, const Course& course, Witness& witness, Clock::time_point begin)
    : plan_(plan), course_(course), witness_(witness), begin_(begin) {}

// To Home Assistant nothing is available then.
void ClaimWitness::is_gone() {
    has_news_ = true;
    is_online_since_.reset();
    state_has_power_.clear();
    differs_since_.clear();
}

double ClaimWitness::unix_time(Clock::time_point now) const {
    double time = 1'700'000'000 + seconds(now);
    for (const ClockStep& step : course_.steps) {
        time += step.at <= seconds(now) ? step.by : 0;
    }
    return time;
}

void ClaimWitness::hear(const Message& message, Clock::time_point now) {
    has_news_ = true;
    const std::string& topic = message.topic;
    if (topic == "gridbridge/mill/status") {
        if (message.payload != "online") {
            is_gone();
        } else if (!message.retain) {
            is_online_since_ = is_online_since_.value_or(now);
            numbers_.clear(); // another run may count anew
        }
    } else if (topic.starts_with(settings_prefix) && !message.payload.empty()) {
        const auto json = Json::parse(message.payload, nullptr, false);
        const auto name = topic.substr(topic.rfind('/') + 1);
        const bool is_offer = topic.find("_S/") != std::string::npos; // of a service that is not there
        if (!is_offer && std::find(setting_names.begin(), setting_names.end(), name) != setting_names.end()) {
            hear_setting(topic, json.at("value").dump(), now);
        }
    } else if (topic.starts_with(meter_prefix)) {
        const auto slash = topic.rfind('/');
        const std::string serial = topic.substr(meter_prefix.size(), slash - meter_prefix.size());
        const std::string what = topic.substr(slash + 1);
        if (what == "status") {
            status_[serial] = message.payload;
        } else if (what == "state") {
            hear_state(serial, message.payload, now);
        } else if (what == "reading") {
            hear_reading(serial, message.payload, now);
        }
    }
}

void ClaimWitness::hear_setting(const std::string& topic, const std::string& value, Clock::time_point now) {
    auto [known, is_new] = settings_.try_emplace(topic);
    Setting& setting = known->second;
    setting.heard = now;
    if (is_new) {
        setting.value = value;
        setting.changed = now; // the program gave it, and has to keep it as any other
        return;
    }
    if (setting.value == value) {
        return;
    }
    const bool is_number = topic.ends_with("ClassAndVrmInstance"); // that others had is free too then
    const bool is_former =
        is_number || std::find(setting.before.begin(), setting.before.end(), value) != setting.before.end();
    if (!setting.may_change && !(setting.may_return && is_former) && !keeps_nothing()) {
        witness_.violated(now,
                          topic + " was " + setting.value + " and is " + value + " although nobody wrote it");
    }
    setting.may_return = false;
    setting.before.push_back(setting.value);
    setting.value = value;
    setting.changed = now;
}

void ClaimWitness::hear_state(const std::string& serial, const std::string& payload, Clock::time_point now) {
    constexpr auto interval = 5s;
    const auto state = Json::parse(payload, nullptr, false);
    const auto power = state.find("power");
    const bool has_power = power != state.end() && !power->is_null();
    state_has_power_[serial] = has_power;
    if (has_power && state.at("connected") != 1) {
        witness_.violated(now, "the state of " + serial + " has a power although it is not connected");
    }
    if (has_power) {
        witness_.check_of(serial, "Power", power->get<double>(), now, interval);
    }
}

void ClaimWitness::hear_reading(const std::string& serial, const std::string& payload,
                                Clock::time_point now) {
    const auto reading = Json::parse(payload, nullptr, false);
    const auto seq = reading.at("seq").get<std::uint64_t>();
    const auto newest = numbers_.find(serial);
    if (newest != numbers_.end() && seq < newest->second) {
        witness_.violated(now, "reading " + std::to_string(seq) + " of " + serial + " after " +
                                   std::to_string(newest->second));
    }
    numbers_[serial] = seq;
    const Clock::time_point measured{
        std::chrono::milliseconds(reading.at("monotonic_ms").get<std::int64_t>())};
    constexpr double rounding = 0.01;
    const double time = reading.at("time").get<double>() / 1000;
    const double age = reading.at("age_ms").get<double>() / 1000;
    const auto said = measured + std::chrono::duration_cast<Clock::duration>(Seconds(age)) + 5ms;
    const auto is_by_clock_of = [&](Clock::time_point then) {
        return std::abs(time - unix_time(then) - Seconds(measured - then).count()) <= rounding;
    };
    // It is said again as it was said first, for instance when the meter is lost.
    const bool is_right =
        is_by_clock_of(measured) || is_by_clock_of(said) ||
        std::any_of(course_.steps.begin(), course_.steps.end(), [&](const ClockStep& step) {
            return step.at > seconds(measured) && step.at <= seconds(said) &&
                   is_by_clock_of(begin_ + std::chrono::duration_cast<Clock::duration>(Seconds(step.at)) +
                                  1ms);
        });
    if (!is_right) {
        witness_.violated(now, "a reading of " + serial + " was not at its time: " + payload.substr(0, 80));
    }
    const auto power = reading.find("power");
    if (power != reading.end() && !power->is_null()) {
        witness_.check_of(serial, "Power", power->get<double>(), now, 0s);
    }
}

// Somebody must have kept it.
bool ClaimWitness::keeps_nothing() const {
    const bool is_disturbed =
        std::any_of(course_.troubles.begin(), course_.troubles.end(), [](const PlannedTrouble& planned) {
            return planned.trouble != Trouble::SlowDisk && planned.trouble != Trouble::FullDisk;
        });
    return !course_.has_state_dir && is_disturbed;
}

std::optional<Message> ClaimWitness::write(const PlannedWrite& write, Clock::time_point now) {
    const PlannedMeter& meter = plan_.meters[write.meter];
    const bool is_there = meter.from <= seconds(now) && seconds(now) < meter.until;
    const std::string serial(meter.kind->serial);
    const std::string ending = "_" + serial + "/" + std::string(name_of(write.setting));
    const auto known = std::find_if(settings_.begin(), settings_.end(),
                                    [&](const auto& entry) { return entry.first.ends_with(ending); });
    if (known == settings_.end() || !is_online_since_ || !is_there ||
        known->second.heard < *is_online_since_) { // this life of the program does not know the meter yet
        return std::nullopt;
    }
    known->second.may_change = true;
    if (write.setting == WrittenSetting::ClassAndVrmInstance) {
        witness_.role_changes(serial);
    }
    pending_.push_back({known->first, write.value, now});
    return Message{"W" + known->first.substr(1), R"({"value":)" + write.value + "}"};
}

bool ClaimWitness::was_undisturbed(Clock::time_point from, Clock::time_point to) const {
    constexpr double refilled_after = 3; // s: a line that stood still is given more bit by bit
    const bool is_disturbed =
        std::any_of(course_.troubles.begin(), course_.troubles.end(), [&](const PlannedTrouble& planned) {
            return planned.begin <= seconds(to) && seconds(from) <= planned.end + refilled_after;
        });
    const bool has_ended = std::any_of(course_.lives.begin(), course_.lives.end(), [&](const auto& life) {
        return life.end >= seconds(from) && life.end <= seconds(to);
    });
    return !is_disturbed && !has_ended && is_online_since_ && *is_online_since_ <= from;
}

void ClaimWitness::look(Clock::time_point now) {
    const auto patience = 1s + patience_;
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        const Setting& setting = settings_[pending->topic];
        const bool is_role = pending->topic.ends_with("ClassAndVrmInstance");
        const bool is_answered = setting.value == pending->value || (is_role && setting.heard > pending->at);
        if (!is_answered && now < pending->at + patience) {
            ++pending;
            continue;
        }
        if (!is_answered && was_undisturbed(pending->at, pending->at + patience) &&
            std::none_of(pending + 1, pending_.end(),
                         [&](const Pending& later) { return later.topic == pending->topic; })) {
            witness_.violated(now, pending->value + " was written to " + pending->topic +
                                       ", which is still " + setting.value);
        }
        answered_ += is_answered ? 1 : 0;
        pending = pending_.erase(pending);
    }
    if (is_online_since_ && !witness_.is_late()) {
        compare(now);
    }
}

// What Venus, Home Assistant and the status of the meter say of it.
void ClaimWitness::compare(Clock::time_point now) {
    const bool is_shown_anew = std::exchange(compared_, witness_.changes()) != witness_.changes();
    if (!std::exchange(has_news_, false) && !is_shown_anew && differs_since_.empty()) {
        return; // all agree, as before
    }
    for (const PlannedMeter& meter : plan_.meters) {
        const std::string serial(meter.kind->serial);
        const bool shows = witness_.shows_power(meter.kind->serial);
        if (shows && status_[serial] != "online") {
            differ(serial, "shows a power and is " + status_[serial], now);
        } else if (shows != state_has_power_[serial]) {
            differ(serial,
                   shows ? "shows a power, and Home Assistant none"
                         : "shows no power, and Home Assistant one",
                   now);
        } else {
            differs_since_.erase(serial);
        }
    }
}

void ClaimWitness::differ(const std::string& serial, const std::string& how, Clock::time_point now) {
    const auto since = differs_since_.try_emplace(serial, now).first->second;
    if (now - since >= patience_) {
        witness_.violated(now, serial + ' ' + how);
    }
}

// Two seconds after a change it is written, which takes up to two more, and is tried again each second.
bool ClaimWitness::was_on_disk(const Setting& setting, Clock::time_point end) const {
    constexpr double time_to_write = 5.5;
    double free_since = seconds(setting.changed);
    for (const PlannedTrouble& planned : course_.troubles) {
        const bool is_of_disk = planned.trouble == Trouble::SlowDisk || planned.trouble == Trouble::FullDisk;
        if (is_of_disk && planned.begin < seconds(end) && planned.end > free_since) {
            free_since = std::min(planned.end, seconds(end));
        }
    }
    return seconds(end) - free_since > time_to_write;
}

void ClaimWitness::program_ends(Clock::time_point now, bool is_killed) {
    const bool leaves_something = is_killed || is_in(course_, Trouble::SlowDisk, seconds(now)) ||
                                  is_in(course_, Trouble::FullDisk, seconds(now));
    for (auto& [topic, setting] : settings_) {
        setting.may_return = setting.may_return || (leaves_something && !was_on_disk(setting, now));
    }
    if (is_killed) { // what was on its way to it
        pending_.clear();
    }
}

} // namespace gridbridge::mill
