#include "drivers/modbus/sunspec/null_frame.hpp"

#include <algorithm>
#include <array>

namespace gridbridge::sunspec {
namespace {

using enum Quantity;

constexpr std::array of_the_grid{Voltage,     VoltageL1,   VoltageL2,   VoltageL3, VoltageLineToLine,
                                 VoltageL1L2, VoltageL2L3, VoltageL3L1, Frequency};
constexpr std::array of_the_device{Power,         PowerL1,         PowerL2,         PowerL3,
                                   EnergyForward, EnergyForwardL1, EnergyForwardL2, EnergyForwardL3,
                                   EnergyReverse, EnergyReverseL1, EnergyReverseL2, EnergyReverseL3};

template <typename Quantities>
bool shows_something(const Reading& decoded, const Quantities& quantities) {
    return std::any_of(quantities.begin(), quantities.end(),
                       [&](Quantity one) { return decoded.get(one).value_or(0) != 0; });
}

bool is_at_rest(const Reading& decoded) {
    constexpr double off = 0;
    constexpr double standby = 8;
    const auto state = decoded.get(StatusCode);
    return state == off || state == standby;
}

} // namespace

bool is_null_frame(const Reading& decoded) {
    const bool measures_grid =
        std::any_of(of_the_grid.begin(), of_the_grid.end(), [&](Quantity one) { return decoded.has(one); });
    return measures_grid && !shows_something(decoded, of_the_grid) &&
           !shows_something(decoded, of_the_device) && !is_at_rest(decoded);
}

} // namespace gridbridge::sunspec
