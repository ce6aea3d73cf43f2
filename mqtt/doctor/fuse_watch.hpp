// Currents above the fuse of a meter, measured or formed of others.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <array>
#include <string>
#include <vector>

namespace gridbridge {

class FuseWatch {
  public:
    void take(const Meter& meter, Clock::time_point now);
    void look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const;

  private:
    struct Phase {
        double amperes = 0;
        Lasting above, impossible;
        bool is_above = false, is_impossible = false;
    };
    std::array<Phase, 3> phases_;
};

} // namespace gridbridge
