// Readings of a meter behind current and voltage transformers.
#pragma once

#include "drivers/waist/reading.hpp"

namespace gridbridge {

// Primary by secondary: 40 for 200/5 A. 1: none.
struct TransformerRatios {
    double current = 1;
    double voltage = 1;

    // Of power and electric energy.
    double energy() const { return current * voltage; }
    bool operator==(const TransformerRatios&) const = default;
};

// What the meter measured becomes what flows in the mains. Pure.
void apply(const TransformerRatios& ratios, Reading& reading);

} // namespace gridbridge
