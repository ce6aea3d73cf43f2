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

// Values may be that old: a grid meter's 5 s, others' 10 s, streams' three telegrams but 5 s; a reading takes
// its time on the way.
Clock::duration age_limit(const PlannedMeter& meter) {
    if (meter.kind->is_stream) {
        return 6s;
    }
    return meter.role == "grid" ? 6s : 11s;
}

// What changes slowly is read in turns.
Clock::duration age_limit(const PlannedMeter& meter, std::string_view path) {
    return path.ends_with("Power") ? age_limit(meter) : std::max<Clock::duration>(age_limit(meter), 20s);
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
    : begin_(begin), not_looked_at_(std::move(not_looked_at)) {
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
    if (!message.topic.starts_with(above)) {
        return;
    }
    const std::string rest = message.topic.substr(above.size());
    const auto instance = rest.find('/');
    const auto path = instance == std::string::npos ? instance : rest.find('/', instance + 1);
    if (path == std::string::npos) {
        return;
    }
    const std::string service = rest.substr(0, path);
    const std::string below = rest.substr(path + 1);
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
    const std::string name = below.substr(3);
    if (value.empty() || value == "null") {
        seen.numbers.erase(name);
    } else if (seen.truth == nullptr) {
        seen.before_name.push_back({name, std::strtod(value.c_str(), nullptr), now});
    } else {
        check(seen, name, std::strtod(value.c_str(), nullptr), now);
    }
}

void Witness::check(Seen& seen, const std::string& path, double number, Clock::time_point now) {
    const PlannedMeter& meter = seen.truth->meter();
    const auto was = seen.truth->was(path, number, now - age_limit(meter, path), now);
    if (!was) {
        return;
    }
    ++numbers_;
    seen.numbers[path] = number;
    if (!*was) {
        violated(now, std::string(meter.kind->name) + " " + path + " was never " + number_text(number));
    }
    if (path.starts_with("Energy/")) {
        auto& before = seen.counters.try_emplace(path, number).first->second;
        if (number < before) {
            violated(now, std::string(meter.kind->name) + " " + path + " fell from " + number_text(before) +
                              " to " + number_text(number));
        }
        before = number;
    }
}

void Witness::look(Clock::time_point now) {
    for (auto& [service, seen] : services_) {
        if (seen.truth == nullptr || !seen.numbers.contains("Power")) {
            continue;
        }
        const auto arrival = seen.truth->newest_arrival(now);
        const bool is_stream = seen.truth->meter().kind->is_stream;
        const auto limit =
            is_stream ? std::clamp<Clock::duration>(3 * seen.truth->longest_gap(now), 5s, 35s) + 2500ms
                      : age_limit(seen.truth->meter());
        if (!arrival || now - *arrival > limit) {
            violated(now, std::string(seen.truth->meter().kind->name) + " Power is " +
                              number_text(seen.numbers["Power"]) + " although nothing has come for " +
                              (arrival ? number_text(Seconds(now - *arrival).count()) + " s" : "ever"));
            seen.numbers.erase("Power"); // once
        }
    }
}

void Witness::end(Clock::time_point now) {
    for (const auto& [serial, truth] : by_serial_) {
        const bool is_back =
            std::any_of(services_.begin(), services_.end(), [&, known = truth](const auto& entry) {
                return entry.second.truth == known && entry.second.numbers.contains("Power");
            });
        if (!is_back) {
            violated(now, std::string(truth->meter().kind->name) + " is not back");
        }
    }
}

} // namespace gridbridge::mill
