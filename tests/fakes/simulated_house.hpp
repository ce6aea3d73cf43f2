// A house for hours: what is switched on and off in it, the sun on its roof, its battery and its car.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <vector>

namespace gridbridge {

struct HouseOptions {
    unsigned seed = 1;
    int seconds = 7200;
    double pv_watts = 0;      // of the roof at noon
    double battery_watts = 0; // that it can take or give
    double car_watts = 0;
};

// Powers in W, one for each second: import and use positive, what the sun gives positive too.
struct HouseCurves {
    std::vector<double> house; // all that is in it, without the car
    std::vector<double> car, sun, battery;
    std::vector<double> grid; // house + car - sun + battery; the battery is charged where it is positive
};

// The same for the same options.
HouseCurves simulate_house(const HouseOptions& options);

} // namespace gridbridge
