#include "mqtt/history/quarter_energy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

constexpr double quarter_length = 900; // s
constexpr double longest_pause = 60;   // s, that leaves a quarter measured
constexpr double longest_gap = 86400;  // s, that is spread
constexpr double wh_per_kwh = 1000;

std::int64_t quarter_of(double time) {
    return static_cast<std::int64_t>(std::floor(time / quarter_length));
}

// What no connection carries was a jump: 1 MW, and steps of 10 kWh of a meter behind transformers.
bool is_jump(double kwh, double seconds) {
    constexpr double largest_step = 10;
    constexpr double largest_kw = 1000;
    constexpr double hour = 3600;
    return kwh > largest_step + largest_kw * seconds / hour;
}

std::optional<std::int64_t> rounded_wh(std::optional<double> kwh) {
    return kwh ? std::optional<std::int64_t>(std::llround(*kwh * wh_per_kwh)) : std::nullopt;
}

std::optional<double> in_kwh(std::optional<std::int64_t> wh) {
    return wh ? std::optional<double>(static_cast<double>(*wh) / wh_per_kwh) : std::nullopt;
}

} // namespace

double on_meter_clock(double wall, std::optional<std::int16_t> meter_second) {
    if (!meter_second) {
        return wall;
    }
    const double within = std::fmod(static_cast<double>(*meter_second), quarter_length);
    return std::round((wall - within) / quarter_length) * quarter_length + within;
}

void QuarterEnergy::begin(std::int64_t quarter, bool estimated) {
    quarter_ = quarter;
    part_ = {{}, estimated};
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (tracks_[i]) {
            part_.kwh[i] = 0.0;
        }
    }
}

bool QuarterEnergy::clock_was_set(const CounterSample& sample) const {
    if (!last_) {
        return false; // after resume() there is no steady time to compare with
    }
    const double passed = std::chrono::duration<double>(sample.steady - last_->steady).count();
    const double shown = sample.time - last_->time;
    return shown < -longest_pause || std::abs(shown - passed) > longest_pause;
}

void QuarterEnergy::take(const CounterSample& given, std::vector<QuarterRow>& finished) {
    const bool has_any =
        std::any_of(given.kwh.begin(), given.kwh.end(), [](const auto& kwh) { return kwh.has_value(); });
    if (!has_any) {
        return; // a part is missing: seen when the next one comes
    }
    CounterSample sample = given;
    const auto begun = [&] { return static_cast<double>(*quarter_) * quarter_length; };
    if (quarter_ && !last_ && (sample.time < begun() || sample.time - begun() > longest_gap)) {
        *this = QuarterEnergy(); // what the run before left is of no use
    }
    if (!quarter_) {
        const std::int64_t quarter = quarter_of(sample.time);
        begin(quarter, sample.time - static_cast<double>(quarter) * quarter_length > longest_pause);
        first_ = sample;
    }
    if (clock_was_set(sample) || sample.time - begun() > longest_gap + quarter_length) {
        begin_anew(sample, finished);
    } else {
        sample.time = std::max(sample.time, begun()); // a clock may be corrected by a moment
        std::vector<Part> parts(static_cast<std::size_t>(quarter_of(sample.time) - *quarter_) + 1);
        parts.front() = part_;
        for (std::size_t i = 0; i < counter_count; ++i) {
            spread(sample, i, parts);
        }
        close(parts, quarter_of(sample.time), finished);
    }
    last_ = sample;
}

// After a gap that nothing fills, or under another clock.
void QuarterEnergy::begin_anew(const CounterSample& sample, std::vector<QuarterRow>& finished) {
    const double seconds = last_ ? std::chrono::duration<double>(sample.steady - last_->steady).count() : 0;
    const auto before = tracks_;
    part_.estimated = true;
    if (const std::int64_t quarter = quarter_of(sample.time); quarter != *quarter_) {
        std::vector<Part> parts{part_};
        close(parts, *quarter_ + 1, finished);
        begin(quarter, true);
    }
    for (std::size_t i = 0; i < counter_count; ++i) {
        tracks_[i].reset();
        if (sample.kwh[i]) {
            const double moved = before[i] ? *sample.kwh[i] - before[i]->kwh : 0.0;
            const bool is_ours = seconds <= longest_gap && moved > 0 && !is_jump(moved, seconds);
            part_.kwh[i] = part_.kwh[i].value_or(0.0) + (is_ours ? moved : 0.0);
            tracks_[i] = Track{sample.time, *sample.kwh[i]};
        }
    }
}

void QuarterEnergy::spread(const CounterSample& sample, std::size_t counter, std::vector<Part>& parts) {
    const auto kwh = sample.kwh[counter];
    auto& track = tracks_[counter];
    const double begin = static_cast<double>(*quarter_) * quarter_length;
    if (!track) {
        if (kwh) {
            parts.back().estimated |=
                sample.time - quarter_length * std::floor(sample.time / quarter_length) > longest_pause;
            parts.back().kwh[counter] = parts.back().kwh[counter].value_or(0.0);
            track = {sample.time, *kwh};
        }
        return;
    }
    for (Part& part : parts) {
        part.kwh[counter] = part.kwh[counter].value_or(0.0);
    }
    if (!kwh) { // the quarters that end meanwhile lack a part
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const double end = begin + static_cast<double>(i + 1) * quarter_length;
            parts[i].estimated |= end - track->time > longest_pause;
        }
        return;
    }
    const double moved = *kwh - track->kwh;
    const double seconds = sample.time - track->time;
    if (moved < 0 || is_jump(moved, seconds)) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const bool is_empty = i + 1 < parts.size() && (i > 0 || !last_); // nothing is known of it
            parts[i].kwh[counter] = is_empty ? std::nullopt : parts[i].kwh[counter];
            parts[i].estimated = true;
        }
    } else {
        spread_evenly(counter, track->time, sample.time, moved, parts);
    }
    track = {sample.time, *kwh};
}

void QuarterEnergy::spread_evenly(std::size_t counter, double from, double to, double kwh,
                                  std::vector<Part>& parts) const {
    const double begin = static_cast<double>(*quarter_) * quarter_length;
    const double seconds = to - from;
    const bool is_pause = seconds > longest_pause;
    double left = kwh;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double end = begin + static_cast<double>(i + 1) * quarter_length;
        const bool is_last = i + 1 == parts.size();
        // What belongs to a quarter that was finished before is the first one's.
        const double start = i == 0 ? from : std::max(from, end - quarter_length);
        const double share = seconds > 0 ? std::max(std::min(to, end) - start, 0.0) / seconds * kwh : 0.0;
        const double part = is_last ? left : std::min(share, left);
        *parts[i].kwh[counter] += part;
        left -= part;
        parts[i].estimated |= is_pause && (is_last ? to > start : end > start);
    }
}

QuarterRow QuarterEnergy::row_of(std::int64_t quarter, const Part& part,
                                 std::array<double, counter_count>& rest) const {
    constexpr double largest = 2e9;
    std::array<std::optional<std::int32_t>, counter_count> wh;
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (part.kwh[i]) {
            const double exact = *part.kwh[i] * wh_per_kwh + rest[i];
            wh[i] = static_cast<std::int32_t>(std::lround(std::clamp(exact, 0.0, largest)));
            rest[i] = std::clamp(exact - static_cast<double>(*wh[i]), -1.0, 1.0);
        }
    }
    return {quarter * quarter_seconds, wh[0], wh[1], part.estimated};
}

void QuarterEnergy::close(std::vector<Part>& parts, std::int64_t next, std::vector<QuarterRow>& finished) {
    if (next == *quarter_) {
        part_ = parts.front();
        return;
    }
    for (std::int64_t quarter = *quarter_; quarter < next; ++quarter) {
        const Part& part = parts[static_cast<std::size_t>(quarter - *quarter_)];
        if (part.kwh[0] || part.kwh[1]) {
            finished.push_back(row_of(quarter, part, rest_));
        }
    }
    first_.reset();
    part_ = static_cast<std::size_t>(next - *quarter_) < parts.size()
                ? parts[static_cast<std::size_t>(next - *quarter_)]
                : Part{};
    quarter_ = next;
    remember(next * quarter_seconds);
}

// The counters now, less what of it belongs to the quarter that has begun.
void QuarterEnergy::remember(std::int64_t end) {
    std::array<std::optional<double>, counter_count> kwh;
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (tracks_[i]) {
            kwh[i] = tracks_[i]->kwh - part_.kwh[i].value_or(0.0);
        }
    }
    counters_ = CountersAt{end, rounded_wh(kwh[0]), rounded_wh(kwh[1])};
}

void QuarterEnergy::resume(const CountersAt& before, std::vector<QuarterRow>& finished) {
    const auto time = static_cast<double>(before.time);
    if (quarter_ && (!first_ || first_->time < time)) {
        return;
    }
    QuarterEnergy earlier;
    earlier.quarter_ = before.time / quarter_seconds;
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (const auto kwh = in_kwh(i == 0 ? before.import_wh : before.export_wh)) {
            earlier.tracks_[i] = Track{time, *kwh};
            earlier.part_.kwh[i] = 0.0;
        }
    }
    if (!quarter_) {
        *this = earlier;
        return;
    }
    const auto begun = std::exchange(part_, {});
    earlier.take(*first_, finished);
    part_ = earlier.part_;
    const bool began_late = first_->time - static_cast<double>(*quarter_) * quarter_length > longest_pause;
    part_.estimated |= begun.estimated && !began_late;
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (begun.kwh[i]) {
            part_.kwh[i] = part_.kwh[i].value_or(0.0) + *begun.kwh[i];
        }
    }
    rest_ = earlier.rest_;
    counters_ = earlier.counters_;
    first_.reset();
}

std::optional<QuarterRow> QuarterEnergy::running() const {
    if (!quarter_) {
        return std::nullopt;
    }
    auto rest = rest_;
    QuarterRow row = row_of(*quarter_, part_, rest);
    row.estimated = true; // its end is missing
    return row;
}

} // namespace gridbridge
