// Voltages and currents of one meter: neutral, lost phases, current without power. Pure.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class PhaseWatch {
  public:
    void take(const Meter& meter, const Reading& reading, Clock::time_point now);
    void look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const;

  private:
    void take_phase(std::size_t phase, const Reading& reading, double others, Clock::time_point now);
    void take_neutral(const Meter& meter, Clock::time_point now);
    void tell_phases(const Meter& meter, const std::string& id, std::vector<Finding>& out) const;

    struct Phase {
        std::optional<double> volts;   // newest
        std::optional<double> amperes; // newest
        double seen = 0;               // readings with a voltage
        double dark_amperes = 0;       // readings with a current and no voltage
        double with_power = 0;         // readings
        double zero = 0;               // readings with a high current and exactly no power
        Portion powerless;             // of the readings with a high current
        double most_amperes = 0;       // in those without power
        Lasting dark;
        bool is_dark = false;
    };
    std::array<Phase, 3> phases_;
    Lasting apart_, far_apart_, backwards_;
    bool turns_backwards_ = false;
    std::optional<Clock::time_point> apart_at_; // when the neutral was last found missing
    double spread_ = 0, lowest_ = 0, highest_ = 0;
    double single_ = 0, not_single_ = 0; // readings with one phase only, with more
    std::optional<Clock::time_point> now_;
};

} // namespace gridbridge
