#include "drivers/combine/aligned_readings.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t most_readings = 256; // of one meter
constexpr std::chrono::seconds memory(4);  // beyond `align`: a member may itself be formed of others
constexpr double unknown_unrest = 1e9;
constexpr double margin = 2; // of what is tolerated above what was

bool is_before(const Reading& reading, Clock::time_point moment) {
    return reading.received < moment;
}

// How far the power is from the other, in parts of what counts as having moved.
double distance(const Reading& one, const Reading& other) {
    const auto a = one.get(Quantity::Power);
    const auto b = other.get(Quantity::Power);
    if (!a || !b) {
        return a.has_value() == b.has_value() ? 0 : unknown_unrest;
    }
    const double most = std::max(AlignedReadings::least_move,
                                 AlignedReadings::move_share * std::max(std::abs(*a), std::abs(*b)));
    return std::abs(*a - *b) / most;
}

} // namespace

AlignedReadings::AlignedReadings(std::vector<bool> are_formed, Clock::duration align)
    : are_formed_(std::move(are_formed)), histories_(are_formed_.size()), align_(align) {}

void AlignedReadings::take(std::size_t meter, const Reading& reading) {
    History& history = histories_[meter];
    if (history.empty() || history.back().received < reading.received) {
        history.push_back(reading);
    }
    const auto oldest = reading.received - align_ - memory;
    while (history.size() > most_readings || (history.size() > 2 && history[1].received < oldest)) {
        history.pop_front();
    }
}

void AlignedReadings::forget(std::size_t meter) {
    histories_[meter].clear();
    restless_.reset();
}

// Of which there may be a set that was not given yet.
std::vector<Clock::time_point> AlignedReadings::moments() const {
    auto newest = Clock::time_point::max();
    for (const History& history : histories_) {
        newest = history.empty() ? Clock::time_point::min() : std::min(newest, history.back().received);
    }
    std::vector<Clock::time_point> all;
    for (const History& history : histories_) {
        for (const Reading& reading : history) {
            const bool is_new = !given_ || reading.received > *given_;
            if (is_new && reading.received <= newest) {
                all.push_back(reading.received);
            }
        }
    }
    std::sort(all.begin(), all.end(), std::greater<>());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::optional<AlignedReadings::Set> AlignedReadings::set_at(Clock::time_point moment) const {
    Set set;
    for (const History& history : histories_) {
        const auto found = std::lower_bound(history.begin(), history.end(), moment, is_before);
        if (found == history.end() || found->received - moment > align_) {
            return std::nullopt;
        }
        set.push_back(&*found);
    }
    return set;
}

double AlignedReadings::unrest(Clock::time_point moment, const Set& set) const {
    double most = 0;
    for (std::size_t meter = 0; meter < set.size(); ++meter) {
        most = std::max(most, unrest_of(meter, moment, *set[meter]));
    }
    return most;
}

// From the last reading before the time that counts.
double AlignedReadings::unrest_of(std::size_t meter, Clock::time_point moment, const Reading& until) const {
    const auto begin = are_formed_[meter] ? moment : moment - std::min<Clock::duration>(settling, align_);
    const History& history = histories_[meter];
    auto reading = std::lower_bound(history.begin(), history.end(), begin, is_before);
    if (reading->received > begin) {
        if (reading == history.begin()) {
            return unknown_unrest; // what was before is not known
        }
        --reading;
    }
    double most = 0;
    for (; reading != history.end() && reading->received < until.received; ++reading) {
        most = std::max(most, distance(*reading, until));
    }
    return most;
}

AlignedReadings::Set AlignedReadings::give(Clock::time_point moment, Set set, double tolerated) {
    given_ = moment;
    restless_.reset();
    tolerated_ = std::max(1.0, tolerated);
    return set;
}

std::optional<std::vector<const Reading*>> AlignedReadings::next(Clock::time_point now) {
    std::optional<Set> newest; // furthest from what has moved
    Clock::time_point moment{};
    double unrest_there = 0;
    const auto candidates = moments();
    for (const auto candidate : candidates) {
        if (candidate < candidates.front() - looked_back) {
            break;
        }
        auto set = set_at(candidate);
        if (!set) {
            continue;
        }
        const double moved = unrest(candidate, *set);
        if (moved <= tolerated_) {
            return give(candidate, *std::move(set), std::min(tolerated_, margin * moved));
        }
        if (!newest) {
            newest = std::move(set);
            moment = candidate;
            unrest_there = moved;
        }
    }
    if (!newest) {
        return std::nullopt;
    }
    restless_ = restless_.value_or(now);
    if (now - *restless_ < patience) {
        return std::nullopt;
    }
    return give(moment, *std::move(newest), unrest_there < unknown_unrest ? margin * unrest_there : 1);
}

bool AlignedReadings::are_apart() const {
    auto oldest = Clock::time_point::max();
    auto newest = Clock::time_point::min();
    for (const History& history : histories_) {
        if (history.empty()) {
            return false;
        }
        oldest = std::min(oldest, history.back().received);
        newest = std::max(newest, history.back().received);
    }
    return newest - oldest > align_;
}

} // namespace gridbridge
