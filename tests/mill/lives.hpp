// One run of the mill with all that surrounds the meters: several lives of the program, its broker, its disk
// and its clients.
#pragma once

#include "tests/mill/mill.hpp"
#include "tests/mill/process_use.hpp"

namespace gridbridge::mill {

// `busy`: for how long things go wrong, s. Keeps its files in a folder of its own, which is removed.
Grist grind_lives(std::uint64_t seed, double busy, const Ways& ways = {});

// One life of many hours in which meters, brokers and the disk come and go all the time, and what this
// process has after half an hour (of a short one, half of it) and at the end.
struct Day {
    Grist grist;
    Use settled, end;
};
Day grind_day(std::uint64_t seed, double hours, const Ways& ways = {});

} // namespace gridbridge::mill
