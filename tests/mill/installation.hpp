// The simulated meters of a plan on their lines.
#pragma once

#include "drivers/factory.hpp"
#include "drivers/io/wire_event.hpp"
#include "drivers/meter/meter_config.hpp"
#include "tests/mill/faulty_wire.hpp"
#include "tests/mill/truth.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge::mill {

// When the simulated time begins.
inline constexpr Clock::time_point mill_begin{std::chrono::hours(1)};
Clock::time_point mill_time(double seconds);
double mill_seconds(Clock::time_point at);

// Outlives its wires. `plan` outlives it.
class Installation {
  public:
    explicit Installation(const Plan& plan, Clock::time_point begin = mill_begin);

    std::vector<Truth>& truths() { return truths_; }
    Line& line(std::size_t number) { return *lines_.at(number); }
    std::vector<MeterConfig> configs() const;
    // `tap` gets everything that happens on the wire of the meters at a URI.
    DriverWires wires(std::function<void(const std::string& uri, const WireEvent& event)> tap);

  private:
    const Plan& plan_;
    std::vector<Truth> truths_;
    std::vector<std::unique_ptr<Line>> lines_;
};

} // namespace gridbridge::mill
