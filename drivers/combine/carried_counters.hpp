// Counters of a meter that is formed of others: each goes on by what those have counted since, so that it
// stays right over restarts and when a member is exchanged. Pure.
#pragma once

#include "drivers/waist/quantity.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// One counter of one member. `whose`: which counter it is; with another meter in the place of the member, or
// behind other transformers, another one.
struct MemberCount {
    std::string whose;
    std::optional<double> value; // nothing: not known now
};

class CarriedCounters {
  public:
    // What must survive a restart: as it was at the newest result.
    struct Kept {
        std::map<Quantity, double> values;                         // may be below the mark
        std::map<Quantity, double> marks;                          // highest that was told
        std::map<std::string, std::map<Quantity, double>> members; // by whose they are: counted until then
        std::string used;                                          // whose counters follow() has followed
        std::set<Quantity> uncertain;                              // values: more may have been told
        void may_be_old();                                         // more was counted and told after it
        bool operator==(const Kept&) const = default;
    };

    CarriedCounters() = default;
    // Where more may have been told than was kept, the mark is the most that this can be.
    explicit CarriedCounters(Kept kept);

    // Goes on by what all members have counted, each with its sign. All have a value. The first value is
    // their sum, at least 0. One that was not there before adds nothing yet. Nothing as long as it is below
    // what was told before.
    std::optional<double> add(Quantity quantity, std::span<const MemberCount> members,
                              std::span<const int> signs);
    // Goes on by what the member in use has counted since the last call, and only by that. What the others
    // show at this moment is where each would go on.
    std::optional<double> follow(Quantity quantity, std::span<const MemberCount> members, std::size_t used);

    const Kept& kept() const { return kept_; }
    // Something began that a restart with an older state would take back: a fall below a mark, another
    // member, another one in use. Asked once.
    bool take_must_be_kept();

  private:
    void raise_mark(Quantity quantity, double risen);
    double most_told(Quantity quantity, std::span<const MemberCount> members,
                     const MemberCount& source) const;
    double counted(Quantity quantity, const MemberCount& member);
    void forget_others(Quantity quantity, std::span<const MemberCount> members);
    std::optional<double> told(Quantity quantity);

    Kept kept_;
    std::map<Quantity, bool> below_;
    std::string used_before_; // in that run, when it was kept
    bool must_be_kept_ = false;
};

} // namespace gridbridge
