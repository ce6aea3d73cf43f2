// From the rows of a model to the fewest reads. Pure.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace gridbridge {

// One read request.
struct Block {
    RegisterAddress address{};
    std::uint16_t words = 0;
    Pace pace = Pace::Slow;
    bool optional = false; // only optional rows: an exception says "this meter has none"
    bool operator==(const Block&) const = default;
};

struct PlanLimits {
    std::uint16_t max_words = 125;
    std::uint16_t max_gap = 0; // words read for nothing rather than starting a new request
    AddressSpan map{};         // words a block may be padded with
    std::span<const RegisterAddress> single_word{};
};

// A hole of this many words costs less than the 13 bytes, two silent gaps and typical 40 ms of the meter
// that another request costs, at 9600 Bd and above; over TCP the same number is in use
// (dbus-modbus-client).
inline constexpr std::uint16_t worthwhile_gap_words = 30;

PlanLimits limits_of(const ModelRow& model);

// Fast blocks first: the one with phase power leads, the one with total power ends them; blocks of rows that
// are read once are last. Optional rows never share a block with others. Where possible every block has a
// length of its own, at least another than its neighbours, and none that other programs ask for: an answer
// that comes too late, or is somebody else's, then has the wrong length. `rows` must be sorted by address.
std::vector<Block> plan_blocks(std::span<const RegisterRow> rows, const PlanLimits& limits);

// Every row in the fewest blocks, whatever its pace, without the rows that are read once: the first reading.
// Neighbours differ in length where possible.
std::vector<Block> plan_first_reading(std::span<const RegisterRow> rows, const PlanLimits& limits);

// The row lies in the block with all its words and those that are read with it.
bool contains(const Block& block, const RegisterRow& row);

} // namespace gridbridge
