// One run of the mill with the real program, a real mosquitto and real ports, in real time.
#pragma once

#include "tests/mill/mill.hpp"

#include <string>

namespace gridbridge::mill {

// As grind_lives(). Takes minutes of which it sleeps most. Configurations are changed, and the program stands
// still, where the course has troubles that only a simulation can make.
Grist grind_live(std::uint64_t seed, double busy, const std::string& program, const Ways& ways = {});

} // namespace gridbridge::mill
