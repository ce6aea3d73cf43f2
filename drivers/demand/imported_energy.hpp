// What was imported since an interval began: by the meter's counter, and by its power between the steps of
// the counter. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <optional>

namespace gridbridge {

// What a meter shows at one moment. `watts`: import, not negative.
struct ImportSample {
    Clock::time_point at{};
    std::optional<double> watts;
    std::optional<double> counter; // kWh
};

// kWh. The power is integrated and never contradicts the counter, whose step is its last decimal place.
// Where readings are missing, the counter tells what was imported if its step is at most `fine_step`.
class ImportedEnergy {
  public:
    static constexpr double longest_step = 30;     // s, that power alone bridges
    static constexpr double longest_at_begin = 60; // s between the readings around the begin of an interval
    static constexpr double fine_step = 0.01;      // kWh

    // `ratio`: of transformers, by which the counter is multiplied.
    explicit ImportedEnergy(double ratio = 1) : ratio_(ratio), step_(ratio) {}

    // The step of a counter that has shown these two values, kWh.
    static double step_of(double one, double other, double ratio);

    // `begin`: when an interval began since the sample before. Returns what the interval that ended then had;
    // nothing: none ended, or it is not known.
    std::optional<double> take(const ImportSample& sample, std::optional<Clock::time_point> begin);
    // Where the interval began is not known: nothing is, until the next one begins.
    void lose_begin() { kwh_.reset(); }
    // The interval had `kwh` when the counter showed `counter`: call before its first sample here.
    void resume(double kwh, double counter);
    bool has_counter() const { return counter_at_.has_value(); }

    // Since the interval began; nothing: not known, or the counter is missing now.
    std::optional<double> kwh() const;
    // Of the newest step, by the power where there is one; nothing: not known.
    std::optional<double> newest_step() const { return newest_step_; }
    const std::optional<ImportSample>& newest() const { return last_; }

  private:
    struct Counted {
        Clock::time_point at{};
        double kwh = 0;
        double integrated = 0; // since then, while the counter is missing
    };
    std::optional<double> between(const ImportSample& sample) const;
    std::optional<double> by_power(const ImportSample& sample) const;
    bool follows(const ImportSample& sample) const;
    void begin_at(Clock::time_point begin, double part, const ImportSample& sample);
    void keep_to_counter(const ImportSample& sample);

    std::optional<ImportSample> last_;
    std::optional<Counted> counter_at_; // the newest sample with a counter
    double ratio_;
    double step_; // of the counter
    std::optional<double> kwh_;
    std::optional<double> least_, most_; // what the counter showed when the interval began
    std::optional<double> newest_step_;
};

} // namespace gridbridge
