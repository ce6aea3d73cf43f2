// The faults that are measured. Each runs in a process of its own and prints its row.
#pragma once

#include <span>
#include <string_view>

namespace gridbridge::bench {

struct Fault {
    std::string_view name;
    void (*measure)(std::string_view name);
};

std::span<const Fault> faults_beside(); // outside the main broker, the process and the meter
std::span<const Fault> faults_within(); // of the main broker, its line and name, and of the process

} // namespace gridbridge::bench
