// One meter whose values are those of the first of several that lives. Pure.
#pragma once

#include "drivers/combine/carried_counters.hpp"
#include "drivers/combine/contradiction_watch.hpp"
#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// A member as it is now. `reading` is its newest, null unless it lives. `overdue`: its next reading should
// have come by then.
struct StandbyMember {
    const Reading* reading = nullptr;
    Clock::time_point overdue{};
    bool may_still_come = false; // it has said nothing yet, not even that it cannot be reached
    std::string whose;           // its counters
};

// The member in use changes when it is lost or overdue while another one lives, at once; and back to an
// earlier one that has lived without a break for `proof`. Never because of what they show.
class StandbyMeter {
  public:
    static constexpr std::chrono::seconds proof{30};
    static constexpr std::chrono::seconds first_wait{5}; // for earlier members after the start

    explicit StandbyMeter(std::size_t members);

    // What is new: a reading of the member in use, with counters that go on over changes of the member.
    // `counters`: null as long as what is kept of them is not known: then it has none.
    std::optional<Reading> form(std::span<const StandbyMember> members, Clock::time_point now,
                                CarriedCounters* counters);

    // Index; nothing before the first, and while none lives.
    std::optional<std::size_t> used() const { return used_; }
    // When form() may choose otherwise although no member has news.
    Clock::time_point next_change() const { return next_change_; }

    struct Contradiction {
        std::size_t one, other;
        double one_watts, other_watts; // when it was found
        bool operator==(const Contradiction&) const = default;
    };
    // Of the first member and another one.
    std::optional<Contradiction> contradiction() const;

  private:
    struct Known {
        std::optional<Clock::time_point> alive_since;
        ContradictionWatch watch; // against the first member
    };
    void look(std::span<const StandbyMember> members, Clock::time_point now);
    std::optional<std::size_t> choose(std::span<const StandbyMember> members, Clock::time_point now);
    void compare(std::span<const StandbyMember> members, Clock::time_point now);

    std::vector<Known> known_;
    std::optional<std::size_t> used_;
    std::optional<Clock::time_point> began_; // at the first call
    Clock::time_point next_change_ = Clock::time_point::max();
    Clock::time_point told_ = Clock::time_point::min(); // time of the newest reading
};

} // namespace gridbridge
