// The demand of one meter: energy and mean power of the running interval, where it will end, and the highest
// of the month. Pure: time comes with the reading.
#pragma once

#include "drivers/demand/imported_energy.hpp"
#include "drivers/demand/interval_clock.hpp"
#include "drivers/demand/peak_alarm.hpp"
#include "drivers/demand/recent_power.hpp"
#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace gridbridge {

struct DemandOptions {
    std::chrono::minutes interval{15};  // 15, 30 or 60
    std::optional<double> limit_watts;  // above it a mean is a breach; nothing: no alarm
    bool meter_reckons = false;         // PowerDemand and PowerDemandMax are of quarters and months (P1)
    double energy_ratio = 1;            // of transformers, in which the counter is
    bool totals_are_phase_sums = false; // the counter of import adds up the phases that import
};

// What is kept over a restart.
struct KeptDemand {
    int minutes = 0;        // of the interval
    std::int64_t begin = 0; // of the running interval, Unix time in s; 0: not known
    double kwh = 0;         // of it
    double counter = 0;     // kWh, at the same moment
    int month = 0;          // as IntervalMoment::month; 0: none
    double peak_watts = 0;  // of the month
    bool operator==(const KeptDemand&) const = default;
};

struct FinishedInterval {
    Clock::time_point end{};
    double watts = 0; // mean
    bool operator==(const FinishedInterval&) const = default;
};

class Demand {
  public:
    explicit Demand(const DemandOptions& options, const KeptDemand& kept = {});

    // Sets DemandEnergy, PowerDemand, DemandForecast, DemandMonthPeak and DemandAlarm of a corrected reading.
    // PowerDemand is the energy of the running interval over its whole length, as 1-0:1.4.0 has it: at the
    // end it is the mean. What is not proven is cleared.
    void apply(Reading& reading, const std::optional<LocalMoment>& wall);
    // The newest complete interval.
    const std::optional<FinishedInterval>& finished() const { return finished_; }
    KeptDemand kept() const;

  private:
    void follow(const IntervalMoment& moment, const ImportSample& sample);
    void resume(const IntervalMoment& moment, const ImportSample& sample);
    void finish(double kwh, Clock::time_point end);
    std::optional<double> running_kwh(const Reading& reading) const;
    void set_values(Reading& reading, const IntervalMoment& moment);

    DemandOptions options_;
    IntervalClock clock_;
    ImportedEnergy energy_;
    RecentPower power_;
    std::optional<PeakAlarm> alarm_;
    KeptDemand kept_; // as far as it was taken over, its month and peak are those in force
    bool resumed_ = false;
    std::optional<IntervalMoment> moment_;
    std::optional<FinishedInterval> finished_;
};

} // namespace gridbridge
