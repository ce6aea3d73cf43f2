#include "tests/mill/witness.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_violations = 20;

// Values may be that old: a grid meter's 5 s, others' 10 s; a reading takes its time on the way.
Clock::duration age_limit(const PlannedMeter& meter) {
    return meter.role == "grid" ? 6s : 11s;
}

// What changes slowly is read in turns: it may be so much older than the reading.
Clock::duration age_limit(std::string_view path) {
    return path.ends_with("Power") ? 0s : 15s;
}

std::string value_in(const std::string& payload) {
    const auto from = payload.find("\"value\":");
    if (from == std::string::npos) {
        return {};
    }
    const auto begin = from + 8;
    return payload.substr(begin, payload.find_last_of('}') - begin);
}

std::string number_text(double number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", number);
    return text.data();
}

} // namespace

Witness::Witness(const Plan& plan, std::vector<Truth>& truths, Clock::time_point begin,
                 std::vector<std::string> not_looked_at)
    : begin_(begin), began_(begin), not_looked_at_(std::move(not_looked_at)) {
    for (std::size_t i = 0; i < truths.size(); ++i) {
        by_serial_['"' + std::string(plan.meters[i].kind->serial) + '"'] = &truths[i];
    }
}

void Witness::violated(Clock::time_point now, const std::string& what) {
    if (violations_.size() < most_violations) {
        violations_.push_back(number_text(Seconds(now - begin_).count()) + " s: " + what);
    }
}

void Witness::hear(const Message& message, Clock::time_point now) {
    constexpr std::string_view above = "N/mill/";
    if (message.topic == "gridbridge/mill/status") {
        hear_status(message);
    }
    if (!message.topic.starts_with(above)) {
        return;
    }
    is_online_ = is_online_ || (has_said_online_ && !message.retain);
    if (!is_online_) {
        return;
    }
    ++changes_;
    const std::string_view rest = std::string_view(message.topic).substr(above.size());
    const auto instance = rest.find('/');
    const auto path = instance == std::string::npos ? instance : rest.find('/', instance + 1);
    if (path == std::string::npos) {
        return;
    }
    const std::string service(rest.substr(0, path));
    const std::string_view below = rest.substr(path + 1);
    const std::string value = value_in(message.payload);
    if (service.starts_with("system/") || service.starts_with("pulsemeter/")) {
        return; // no meter of the plan
    }
    Seen& seen = services_[service];
    if (below == "Serial" && value.empty()) { // withdrawn
        services_.erase(service);
        return;
    }
    if (below == "Serial") {
        const auto known = by_serial_.find(value);
        if (known != by_serial_.end()) {
            seen.truth = known->second;
            for (const auto& [name, number, at] : std::exchange(seen.before_name, {})) {
                check(seen, name, number, at);
            }
        } else if (std::find(not_looked_at_.begin(), not_looked_at_.end(),
                             value.substr(1, value.size() - 2)) != not_looked_at_.end()) {
            seen.is_looked_at = false;
            seen.before_name.clear();
        } else {
            violated(now, service + " has the serial number " + value + ", which is nobody's");
        }
        return;
    }
    if (!below.starts_with("Ac/") || !seen.is_looked_at) {
        return;
    }
    const std::string name(below.substr(3));
    if (value.empty() || value == "null") {
        if (name == "Power") {
            seen.power.reset();
        }
    } else if (seen.truth == nullptr) {
        seen.before_name.push_back({name, std::strtod(value.c_str(), nullptr), now});
    } else {
        check(seen, name, std::strtod(value.c_str(), nullptr), now);
    }
}

// What is retained is of another time.
void Witness::hear_status(const Message& message) {
    const bool is_online = message.payload == "online" && (is_online_ || !message.retain);
    if (!is_online) {
        forget();
    }
    is_online_ = is_online;
    has_said_online_ = message.payload == "online";
}

void Witness::forget() {
    ++changes_;
    services_.clear();
    is_online_ = has_said_online_ = false;
}

void Witness::forget_sums() {
    std::erase_if(counters_,
                  [](const auto& entry) { return entry.first.second.starts_with("Energy/Netting/"); });
}

void Witness::role_changes(const std::string& serial) {
    moved_.insert(by_serial_.at('"' + serial + '"'));
}

Clock::duration Witness::limit_of(const Truth& truth, Clock::time_point now) const {
    if (truth.meter().kind->is_stream) {
        constexpr std::size_t enough = 3; // telegrams, to know a pace: the first may not be whole
        const Clock::duration pace = truth.has_arrivals(enough, began_, now)
                                         ? std::clamp<Clock::duration>(3 * truth.longest_gap(now), 5s, 35s)
                                         : 35s;
        return pace + 2500ms + patience_;
    }
    return (moved_.contains(&truth) ? 11s : age_limit(truth.meter())) + patience_;
}

void Witness::check(Seen& seen, const std::string& path, double number, Clock::time_point now) {
    const Truth& truth = *seen.truth;
    const auto limit = limit_of(truth, now) + age_limit(path) + late_;
    const auto was = truth.was(path, number, now - limit, now);
    if (path.starts_with("Energy/Netting/")) { // formed here: that it never falls is all that is known of it
        check_counter(truth, path, number, now);
    }
    if (!was) {
        return;
    }
    ++numbers_;
    if (path == "Power") {
        seen.power = number;
    }
    if (!*was) {
        violated(now,
                 std::string(truth.meter().kind->name) + " " + path + " was never " + number_text(number));
    }
    if (path.starts_with("Energy/")) {
        check_counter(truth, path, number, now);
    }
}

void Witness::check_counter(const Truth& truth, const std::string& path, double number,
                            Clock::time_point now) {
    double& before = counters_.try_emplace({&truth, path}, number).first->second;
    const double rolls_at = truth.meter().rolls_at;
    const bool rolls = path == "Energy/Forward" && rolls_at > 0 && Seconds(now - begin_).count() > rolls_at &&
                       number < before / 2; // once: behind it there is no counter that far up
    if (number < before && !rolls) {
        violated(now, std::string(truth.meter().kind->name) + " " + path + " fell from " +
                          number_text(before) + " to " + number_text(number));
    }
    before = number;
}

void Witness::check_of(const std::string& serial, const std::string& path, double number,
                       Clock::time_point now, Clock::duration more) {
    const auto known = by_serial_.find('"' + serial + '"');
    if (known == by_serial_.end()) {
        violated(now, "the serial number " + serial + " is nobody's");
        return;
    }
    const Truth& truth = *known->second;
    const auto limit = limit_of(truth, now) + late_ + more;
    ++numbers_;
    if (truth.was(path, number, now - limit, now) == std::optional(false)) {
        violated(now, "in JSON, " + serial + " " + path + " was never " + number_text(number));
    }
}

bool Witness::was_true(const Truth& truth, const std::string& path, double number, Clock::time_point now,
                       Clock::duration more) const {
    return truth.was(path, number, now - limit_of(truth, now) - age_limit(path) - more, now) !=
           std::optional(false);
}

bool Witness::may_be_known(const Truth& truth, Clock::time_point now, Clock::duration more) const {
    const auto arrival = truth.newest_arrival(now);
    return arrival && now - *arrival <= limit_of(truth, now) + more;
}

std::string Witness::class_of(const std::string& serial) const {
    for (const auto& [service, seen] : services_) {
        if (seen.truth != nullptr && seen.truth->meter().kind->serial == serial && seen.power) {
            return service.substr(0, service.find('/'));
        }
    }
    return {};
}

bool Witness::shows_power(std::string_view serial) const {
    return std::any_of(services_.begin(), services_.end(), [&](const auto& entry) {
        const Seen& seen = entry.second;
        return seen.power && seen.truth != nullptr && seen.truth->meter().kind->serial == serial;
    });
}

bool Witness::look_for_doubles(Clock::time_point now) {
    bool has_none = true;
    for (auto entry = services_.begin(); entry != services_.end(); ++entry) {
        const auto& [service, seen] = *entry;
        const auto is_same = [&truth = seen.truth](const auto& other) {
            return other.second.truth == truth && other.second.power;
        };
        if (seen.truth != nullptr && seen.power && std::any_of(services_.begin(), entry, is_same)) {
            violated(now, std::string(seen.truth->meter().kind->name) + " is shown twice, as " + service +
                              " and before");
            has_none = false;
        }
    }
    return has_none;
}

void Witness::look(Clock::time_point now) {
    if (without_doubles_ != changes_ && look_for_doubles(now)) {
        without_doubles_ = changes_;
    }
    if (is_late()) {
        return;
    }
    for (auto& [service, seen] : services_) {
        if (seen.truth == nullptr || !seen.power) {
            continue;
        }
        const auto arrival = seen.truth->newest_arrival(now);
        const auto limit = limit_of(*seen.truth, now);
        if (!arrival || now - *arrival > limit) {
            violated(now, std::string(seen.truth->meter().kind->name) + " Power is " +
                              number_text(*seen.power) + " although nothing has come for " +
                              (arrival ? number_text(Seconds(now - *arrival).count()) + " s" : "ever"));
            seen.power.reset(); // once
            ++changes_;
        }
    }
}

void Witness::end(Clock::time_point now) {
    for (const auto& [serial, truth] : by_serial_) {
        const PlannedMeter& meter = truth->meter();
        const bool is_there = Seconds(now - begin_).count() < meter.until;
        if (shows_power(meter.kind->serial) != is_there) {
            violated(now, std::string(meter.kind->name) + (is_there ? " is not back" : " is not gone"));
        }
    }
}

} // namespace gridbridge::mill
