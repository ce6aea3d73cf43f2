#include "mqtt/doctor/power_steps.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::duration shortest_stay = 3s;
constexpr Clock::duration shortest_before = 5s;
constexpr Clock::duration least_history = 4s;
constexpr std::size_t most_samples = 600; // a meter that answers ten times a second, for a minute

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

void PowerSteps::add(Clock::time_point at, double watts) {
    if (!samples_.empty() && at <= samples_.back().at) {
        return;
    }
    samples_.push_back({at, watts});
    const Clock::duration kept = stay() + std::max(shortest_before, 3 * interval()) + interval();
    while (samples_.size() > most_samples || at - samples_.front().at > kept) {
        samples_.pop_front();
    }
}

// The usual time between two readings; zero: not known.
Clock::duration PowerSteps::interval() const {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < samples_.size(); ++i) {
        gaps.push_back(static_cast<double>((samples_[i].at - samples_[i - 1].at).count()));
    }
    return gaps.empty() ? Clock::duration{}
                        : Clock::duration(static_cast<Clock::rep>(median(std::move(gaps))));
}

Clock::duration PowerSteps::stay() const {
    return std::max(shortest_stay, 2 * interval());
}

bool PowerSteps::is_ready() const {
    return samples_.size() >= 2 && samples_.back().at - samples_.front().at >= least_history;
}

std::size_t PowerSteps::first_of_newest() const {
    const auto since = samples_.back().at - stay() + interval() / 2;
    const auto first = std::find_if(samples_.begin(), samples_.end(),
                                    [&](const Sample& sample) { return sample.at > since; });
    return static_cast<std::size_t>(first - samples_.begin());
}

std::optional<double> PowerSteps::step(double least, double most) const {
    constexpr std::size_t fewest = 2;
    constexpr double most_stay = 0.8; // of the readings, the newest among them: a disturbed one is no end
    const std::size_t first = samples_.empty() ? 0 : first_of_newest();
    if (first < fewest || samples_.size() - first < fewest) {
        return std::nullopt;
    }
    std::vector<double> before;
    std::vector<double> after;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
        (i < first ? before : after).push_back(samples_[i].watts);
    }
    const double level = median(std::move(before));
    const double size = median(after) - level;
    const auto is_there = [&](double watts) {
        const double change = std::abs(watts - level);
        return change >= least && change <= most && std::signbit(watts - level) == std::signbit(size);
    };
    const auto there = static_cast<double>(std::count_if(after.begin(), after.end(), is_there));
    return is_there(after.back()) && there >= most_stay * static_cast<double>(after.size())
               ? std::optional(size)
               : std::nullopt;
}

void PowerSteps::accept() {
    if (!samples_.empty()) {
        samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(first_of_newest()));
    }
}

} // namespace gridbridge
