// One meter formed of what several measure at the same time. Pure.
#pragma once

#include "drivers/combine/aligned_readings.hpp"
#include "drivers/combine/carried_counters.hpp"
#include "drivers/combine/combined_values.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

class CombinedMeter {
  public:
    // `are_formed`: as AlignedReadings.
    CombinedMeter(CombineRule rule, std::vector<bool> are_formed, Clock::duration align)
        : rule_(rule), readings_(std::move(are_formed), align) {}

    void take(std::size_t member, const Reading& reading) { readings_.take(member, reading); }
    void forget(std::size_t member) { readings_.forget(member); }

    // The newest that all members tell together; nothing: nothing new. `counters`: null as long as what is
    // kept of them is not known: then it has none. `whose`: the counters of each member.
    std::optional<Reading> form(Clock::time_point now, CarriedCounters* counters,
                                std::span<const std::string> whose);

    // Why there is nothing although all members are there, for people; empty: no reason is known.
    const std::string& problem() const { return problem_; }

  private:
    CombineRule rule_;
    AlignedReadings readings_;
    std::string problem_;
};

} // namespace gridbridge
