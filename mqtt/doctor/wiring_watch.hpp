// How one meter is wired, from hours of its readings: direction, phases, ratio of its transformers. Pure.
#pragma once

#include "mqtt/doctor/voltage_response.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class WiringWatch {
  public:
    void take(const Meter& meter, const Reading& reading, Clock::time_point now);
    // Its findings of now. `id` names the meter in them.
    void look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const;

  private:
    enum class Verdict : std::uint8_t { Unknown, Right, Reversed, OtherVoltage };
    struct Phase {
        Verdict verdict = Verdict::Unknown;
        std::size_t other = 0; // the voltage that its current belongs to
        VoltageResponse::Slope slope;
    };
    Phase judge(const VoltageResponse::Slopes& slopes, std::size_t phase) const;
    void tell_reversed(const std::string& id, const std::array<Phase, 3>& phases,
                       std::vector<Finding>& out) const;
    void tell_ratio(const Meter& meter, const std::string& id, const std::array<Phase, 3>& phases,
                    std::vector<Finding>& out) const;

    VoltageResponse response_;
    std::array<double, 3> readings_{}, exports_{}; // by phase, of the last hours
    std::optional<Clock::time_point> forgot_at_;
};

} // namespace gridbridge
