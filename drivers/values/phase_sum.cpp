#include "drivers/values/phase_sum.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

constexpr double least_watts = 50;
constexpr double part_of_total = 0.05;

// Nothing when a phase is missing, or when phase 1 alone may not be all there is.
std::optional<double> sum_of_phases(const Reading& reading, std::optional<int> phases) {
    const bool three = reading.has(Quantity::PowerL2) || reading.has(Quantity::PowerL3);
    if (!phases && !three) {
        return std::nullopt;
    }
    double sum = 0;
    for (int phase = 1; phase <= phases.value_or(3); ++phase) {
        const auto watts = reading.get(of_phase(Quantity::Power, phase));
        if (!watts) {
            return std::nullopt;
        }
        sum += *watts;
    }
    return sum;
}

} // namespace

void PhaseSumCheck::apply(const Reading& reading, std::optional<int> phases) {
    const auto total = reading.get(Quantity::Power);
    const auto sum = sum_of_phases(reading, phases);
    const double difference = total && sum ? std::abs(*sum - *total) : 0;
    if (difference <= std::max(least_watts, part_of_total * std::abs(total.value_or(0)))) {
        in_a_row_ = 0;
        return;
    }
    since_ = in_a_row_ == 0 ? reading.received : since_;
    in_a_row_ = std::min(in_a_row_ + 1, patience);
    difference_ = difference;
    ++count_;
}

} // namespace gridbridge
