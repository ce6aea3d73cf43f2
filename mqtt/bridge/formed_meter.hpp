// One meter that is formed of others: what those are now goes in, and what to say of it comes out.
#pragma once

#include "drivers/combine/carried_counters.hpp"
#include "drivers/combine/combined_meter.hpp"
#include "drivers/combine/standby_meter.hpp"
#include "drivers/waist/handoff.hpp"
#include "mqtt/outlet/meter.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Publisher thread only. Meters that are given must outlive it.
class FormedMeter {
  public:
    explicit FormedMeter(const Meter& own);

    // Which of `meters` its members are, as far as they are known; also again.
    void find_members(const std::vector<const Meter*>& meters);

    // What is new of it at `now`. Its counters are those of `counters()`, without that there are none.
    MeterUpdate news(Clock::time_point now);
    // Who it is, as it was told first.
    MeterUpdate introduction();
    bool is_introduced() const { return !told_.serial.empty(); }
    // When news() may have some although no member has; max(): never.
    Clock::time_point next_change() const;
    // For the log: which member it uses from now on, and why. Asked once.
    std::optional<std::string> take_change_text();

    const Meter& meter() const { return meter_; }
    std::optional<CarriedCounters>& counters() { return counters_; }

  private:
    struct Member {
        std::string called;
        const Meter* meter = nullptr; // null: not known yet
        Clock::time_point seen{};     // newest reading that was taken
        bool is_there = false;
    };
    std::optional<Reading> form(Clock::time_point now);
    std::optional<Reading> form_combined(Clock::time_point now, CarriedCounters* counters);
    std::optional<Reading> form_standby(Clock::time_point now, CarriedCounters* counters);
    bool has_members() const;
    std::string why_nothing() const;
    void note_used();
    std::optional<int> phases() const;
    std::string contradiction() const;
    MeterInfo info() const;

    const Meter& meter_;
    std::vector<Member> members_; // as configured
    std::optional<CombinedMeter> combined_;
    std::optional<StandbyMeter> standby_;
    std::optional<CarriedCounters> counters_;
    std::optional<std::size_t> used_; // as told
    std::string substitution_;        // as MeterInfo has it
    std::optional<std::string> change_text_;
    MeterInfo told_;
    std::string loss_; // as told; empty: there are readings
    MeterCounters counts_;
};

} // namespace gridbridge
