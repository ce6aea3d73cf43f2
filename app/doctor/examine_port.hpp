// Looks at the serial port of configured meters and, where nobody else may use it, at its line.
#pragma once

#include "app/doctor/port_facts.hpp"

#include <span>
#include <stop_token>
#include <string>

namespace gridbridge {

// What can be seen without opening it. `sys`, `dev` and the others are there for tests. Any thread.
PortFacts look_at_port(const std::string& path, const std::string& sys = "/sys");

// Opens a port that nobody has, listens, and asks the meters that are configured on it. Sends nothing where
// another master is heard. Ends at once, with what was seen, when stop is requested. Any thread.
void examine_line(PortFacts& facts, std::span<const MeterConfig> meters, const std::stop_token& stop);

} // namespace gridbridge
