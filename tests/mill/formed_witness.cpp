#include "tests/mill/formed_witness.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view sum = "MillSum", difference = "MillRest", spare = "MillSpare";
constexpr double step = 4.1;            // W, of the two powers of which it is formed
constexpr Clock::duration oldest = 16s; // 11 s that a member's value may have, and what a result waits for
constexpr std::size_t most_violations = 20;

// The role is one that no meter of a plan has.
std::string uri_of(std::string_view how, std::string_view serial, const Plan& plan) {
    return std::string(how) + "://" + std::string(serial) +
           "?role=heatpump&of=" + std::string(plan.meters[0].kind->serial) + "," +
           std::string(plan.meters[1].kind->serial);
}

std::string value_in(const std::string& payload) {
    constexpr std::string_view head = R"({"value":)";
    return payload.starts_with(head) ? payload.substr(head.size(), payload.size() - head.size() - 1)
                                     : std::string();
}

} // namespace

std::vector<std::string> formed_uris(const Plan& plan) {
    if (plan.meters.size() < 2) {
        return {};
    }
    return {uri_of("combine+sum", sum, plan), uri_of("combine+difference", difference, plan),
            uri_of("standby+auto", spare, plan)};
}

std::vector<std::string> formed_serials() {
    return {std::string(sum), std::string(difference), std::string(spare)};
}

FormedWitness::FormedWitness(const Plan& plan, std::vector<Truth>& truths, Clock::time_point begin)
    : begin_(begin) {
    if (plan.meters.size() >= 2) {
        first_ = truths.data();
        second_ = &truths[1];
    }
}

void FormedWitness::violated(const Service& service, const std::string& what, Clock::time_point now) {
    if (violations_.size() < most_violations) {
        violations_.push_back(std::to_string(Seconds(now - begin_).count()) + " s: " + service.serial + " " +
                              what);
    }
}

void FormedWitness::hear(const Message& message, Clock::time_point now) {
    constexpr std::string_view above = "N/mill/heatpump/";
    if (!message.topic.starts_with(above)) {
        return;
    }
    const auto slash = message.topic.find('/', above.size());
    Service& service = services_[message.topic.substr(0, slash)];
    const std::string path = message.topic.substr(slash + 1);
    const std::string value = value_in(message.payload);
    const auto number =
        value.empty() || value == "null" ? std::nullopt : std::optional(std::strtod(value.c_str(), nullptr));
    if (path == "Serial") {
        service.serial = value.size() > 2 ? value.substr(1, value.size() - 2) : std::string();
    } else if (path == "Ac/Power") {
        take_power(service, number, now);
    } else if (path.starts_with("Ac/Energy/") && number) {
        take_counter(service, path, *number, now);
    }
}

// Each part is one that its meter had not long ago.
bool FormedWitness::was(const std::string& serial, double power, Clock::time_point now) const {
    const auto first = first_->numbers("Power", now - oldest, now);
    const auto second = second_->numbers("Power", now - oldest, now);
    const auto is_it = [&](double number) { return std::abs(number - power) <= step; };
    if (serial == spare) {
        return std::any_of(first.begin(), first.end(), is_it) ||
               std::any_of(second.begin(), second.end(), is_it);
    }
    const double sign = serial == sum ? 1 : -1;
    return std::any_of(first.begin(), first.end(), [&](double one) {
        return std::any_of(second.begin(), second.end(),
                           [&](double other) { return is_it(one + sign * other); });
    });
}

void FormedWitness::take_power(Service& service, std::optional<double> power, Clock::time_point now) {
    service.power = power;
    if (!power || service.serial.empty()) {
        return; // its name is said with the next
    }
    ++numbers_;
    if (!was(service.serial, *power, now)) {
        violated(service, "was never " + std::to_string(*power) + " W", now);
    }
}

void FormedWitness::take_counter(Service& service, const std::string& path, double number,
                                 Clock::time_point now) {
    double& highest = service.counters.try_emplace(path, number).first->second;
    if (number < highest) {
        violated(service, path + " fell from " + std::to_string(highest) + " to " + std::to_string(number),
                 now);
    }
    highest = std::max(highest, number);
}

bool FormedWitness::is_silent(const Truth& truth, Clock::time_point now) const {
    const auto arrival = truth.newest_arrival(now);
    const auto usual = std::clamp<Clock::duration>(3 * truth.longest_gap(now), 10s, 35s) + 2500ms;
    return !arrival || now - *arrival > usual;
}

void FormedWitness::look(Clock::time_point now) {
    for (auto& [topic, service] : services_) {
        if (!service.power) {
            continue;
        }
        const bool first = is_silent(*first_, now);
        const bool second = is_silent(*second_, now);
        if (service.serial == spare ? first && second : first || second) {
            violated(service, "has a power although its members are silent", now);
            service.power.reset(); // once
        }
    }
}

void FormedWitness::end(Clock::time_point now) {
    const auto is_back = [](const auto& entry) { return entry.second.power.has_value(); };
    const auto back = std::count_if(services_.begin(), services_.end(), is_back);
    if (first_ != nullptr && back != static_cast<std::ptrdiff_t>(formed_serials().size())) {
        violations_.push_back(std::to_string(Seconds(now - begin_).count()) + " s: " + std::to_string(back) +
                              " formed meters are back");
    }
}

} // namespace gridbridge::mill
