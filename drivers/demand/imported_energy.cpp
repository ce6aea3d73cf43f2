#include "drivers/demand/imported_energy.hpp"

#include "drivers/demand/units.hpp"
#include "drivers/values/connection_bound.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr double noise = 1e-7; // kWh

// A counter that was held back for a while may be another one.
bool is_explained(double moved, double integrated, double step) {
    constexpr double slack = 0.02; // kWh
    return moved >= -noise && moved <= 2 * integrated + step + slack;
}

} // namespace

double ImportedEnergy::step_of(double one, double other, double ratio) {
    return std::min(counter_step(one, ratio), counter_step(other, ratio));
}

std::optional<double> ImportedEnergy::by_power(const ImportSample& sample) const {
    const double seconds = seconds_between(last_->at, sample.at);
    if (!last_->watts || !sample.watts || seconds > longest_step) {
        return std::nullopt;
    }
    return (*last_->watts + *sample.watts) / 2 * seconds / joules_per_kwh;
}

bool ImportedEnergy::follows(const ImportSample& sample) const {
    if (!counter_at_ || !sample.counter) {
        return true;
    }
    const double moved = *sample.counter - counter_at_->kwh;
    const bool was_missing = counter_at_->at != last_->at;
    return was_missing ? is_explained(moved, counter_at_->integrated, step_) : moved >= -noise;
}

// kWh from the last sample to this one.
std::optional<double> ImportedEnergy::between(const ImportSample& sample) const {
    const auto integrated = by_power(sample);
    if (!last_->counter || !sample.counter) {
        return integrated;
    }
    const double moved = std::max(*sample.counter - *last_->counter, 0.0);
    if (integrated) {
        return std::clamp(*integrated, std::max(moved - step_, 0.0), moved + step_);
    }
    return step_ <= fine_step ? std::optional(moved) : std::nullopt;
}

// `part`: of the newest step, what belongs to the interval that begins.
void ImportedEnergy::begin_at(Clock::time_point begin, double part, const ImportSample& sample) {
    const bool is_seen = seconds_between(last_->at, sample.at) <= longest_at_begin;
    kwh_ = is_seen ? std::optional(part) : std::nullopt;
    most_ = sample.counter;
    least_ = begin >= sample.at ? sample.counter : last_->counter;
}

void ImportedEnergy::keep_to_counter(const ImportSample& sample) {
    if (kwh_ && sample.counter && least_ && most_) {
        const double least = std::max(*sample.counter - *most_ - step_, 0.0);
        kwh_ = std::clamp(*kwh_, least, std::max(*sample.counter - *least_ + step_, least));
    }
}

std::optional<double> ImportedEnergy::take(const ImportSample& sample,
                                           std::optional<Clock::time_point> begin) {
    std::optional<double> ended;
    newest_step_.reset();
    if (sample.counter) {
        step_ = std::min(step_, counter_step(*sample.counter, ratio_));
    }
    if (last_ && sample.at < last_->at) {
        return ended;
    }
    if (last_) {
        const auto integrated = by_power(sample);
        if (counter_at_) {
            counter_at_->integrated += integrated.value_or(0);
        }
        const auto step = follows(sample) ? between(sample) : std::nullopt;
        newest_step_ = integrated ? integrated : step;
        const double seconds = seconds_between(last_->at, sample.at);
        const double before =
            begin && seconds > 0 ? std::clamp(seconds_between(last_->at, *begin) / seconds, 0.0, 1.0) : 1.0;
        kwh_ = kwh_ && step ? std::optional(*kwh_ + before * *step) : std::nullopt;
        if (begin) {
            ended = seconds <= longest_at_begin && kwh() ? kwh_ : std::nullopt;
            kwh_.reset();
            if (step) {
                begin_at(*begin, (1 - before) * *step, sample);
            }
        }
    }
    keep_to_counter(sample);
    last_ = sample;
    if (sample.counter) {
        counter_at_ = Counted{sample.at, *sample.counter};
    }
    return ended;
}

void ImportedEnergy::resume(double kwh, double counter) {
    kwh_ = kwh;
    least_ = most_ = counter - kwh;
}

std::optional<double> ImportedEnergy::kwh() const {
    const bool is_missing = counter_at_ && last_ && !last_->counter;
    return is_missing ? std::nullopt : kwh_;
}

} // namespace gridbridge
