// The meters of a crowd, each with a serial number of its own and a power that tells its answers apart.
#pragma once

#include "tests/bench/crowd.hpp"
#include "tests/bench/value_ages.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gridbridge::bench {

enum class CrowdKind : std::uint8_t {
    Modbus, // EM24 over Modbus TCP
    P1,     // a telegram a second
};

// "modbus" or "p1".
std::optional<CrowdKind> parse_crowd_kind(std::string_view name);

// Fewer than 10000. `ages` must outlive them.
std::vector<std::unique_ptr<CrowdMeter>> make_crowd(CrowdKind kind, std::size_t count, ValueAges& ages);

} // namespace gridbridge::bench
