// One run of the mill with all that surrounds the meters: several lives of the program, its broker, its disk
// and its clients.
#pragma once

#include "tests/mill/mill.hpp"

namespace gridbridge::mill {

// `busy`: for how long things go wrong, s. Keeps its files in a folder of its own, which is removed.
Grist grind_lives(std::uint64_t seed, double busy, const Ways& ways = {});

} // namespace gridbridge::mill
