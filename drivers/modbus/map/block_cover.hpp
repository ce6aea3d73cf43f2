// The fewest reads that have all rows of one kind, told apart by their lengths. Pure.
#pragma once

#include "drivers/modbus/map/block_plan.hpp"

#include <vector>

namespace gridbridge {

// `rows` sorted by address. Among the covers of the fewest blocks: first that no two neighbours, then that no
// two blocks at all have the same length, `beside` included; then that none has a length that other programs
// ask for; then the fewest words. A block may be padded with words of the map for that.
std::vector<Block> cover(const std::vector<RegisterRow>& rows, const PlanLimits& limits,
                         const std::vector<Block>& beside);

} // namespace gridbridge
