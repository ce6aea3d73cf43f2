// What two meters of one house tell about each other: the same circuit, exchanged, no export. Pure.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Powers of one meter over about a day, W.
class PowerRange {
  public:
    void take(double watts);
    void forget_half();

    bool takes_both() const { return import_ >= few && export_ >= few; }
    bool has_export() const { return export_ >= few; }
    bool has_import() const { return import_ >= few; }
    double idle_share() const { return idle_.share(); }
    double all() const { return idle_.all(); }
    double least() const { return least_; }
    double most() const { return most_; }

  private:
    static constexpr double few = 20;
    Portion idle_;                   // next to nothing
    double import_ = 0, export_ = 0; // samples beyond what an idle inverter takes or gives
    double least_ = 0, most_ = 0;
};

class PairWatch {
  public:
    // Takes the newest readings of all meters; every 10 s.
    void take(const std::vector<const Meter*>& meters, Clock::time_point now);
    // Another meter is there from now on.
    void forget(SourceId source);
    // `standbys`: standby meters; their members measure the same circuit on purpose.
    void look(const std::vector<const Meter*>& meters, const std::vector<const Meter*>& standbys,
              std::vector<Finding>& out) const;

  private:
    struct Pair {
        std::optional<Clock::time_point> since;
        bool lasts = false; // for a day
        Portion low, high;  // samples at which both show the same, at low and at high power
        double dark = 0;    // of a grid meter: exactly nothing, while the sun shines on the other
    };
    void take_pair(const Meter& one, const Meter& other);
    void tell_pv(const Meter& pv, const std::vector<const Meter*>& meters, std::vector<Finding>& out) const;
    void tell_same(const std::vector<const Meter*>& meters, const std::vector<const Meter*>& standbys,
                   std::vector<Finding>& out) const;

    std::map<SourceId, PowerRange> ranges_;
    std::map<std::pair<SourceId, SourceId>, Pair> pairs_;
    std::optional<Clock::time_point> forgot_at_;
};

} // namespace gridbridge
