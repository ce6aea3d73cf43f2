#include "drivers/modbus/map/block_plan.hpp"

#include "drivers/modbus/map/block_cover.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

unsigned first_word(const Block& block) {
    return number_of(block.address);
}
unsigned end_word(const Block& block) {
    return first_word(block) + block.words;
}

std::vector<RegisterRow> rows_of(std::span<const RegisterRow> rows, Pace pace) {
    std::vector<RegisterRow> found;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(found),
                 [pace](const RegisterRow& row) { return row.pace == pace; });
    return found;
}

bool reads(const Block& block, std::span<const RegisterRow> rows, Quantity quantity) {
    return std::any_of(rows.begin(), rows.end(), [&](const RegisterRow& row) {
        return row.quantity == quantity && contains(block, row);
    });
}

int fast_rank(const Block& block, std::span<const RegisterRow> rows) {
    if (reads(block, rows, Quantity::PowerL1)) {
        return 0;
    }
    return reads(block, rows, Quantity::Power) ? 2 : 1;
}

// Blocks of one length as far apart as can be, the round closed; the others in the order they came.
std::vector<Block> spread(const std::vector<Block>& blocks) {
    const auto count = [&](std::uint16_t words) {
        return static_cast<std::size_t>(std::count_if(
            blocks.begin(), blocks.end(), [words](const Block& block) { return block.words == words; }));
    };
    std::vector<Block> order = blocks;
    std::stable_sort(order.begin(), order.end(), [&](const Block& left, const Block& right) {
        return std::pair(count(right.words), left.words) < std::pair(count(left.words), right.words);
    });
    std::vector<std::optional<Block>> places(blocks.size());
    std::size_t start = 0;
    for (std::size_t i = 0; i < order.size();) {
        const std::size_t alike = count(order[i].words);
        if (alike == 1) {
            break;
        }
        for (std::size_t k = 0; k < alike; ++k, ++i) {
            std::size_t place = (start + k * blocks.size() / alike) % blocks.size();
            while (places[place]) {
                place = (place + 1) % blocks.size();
            }
            places[place] = order[i];
        }
        ++start;
    }
    auto single = blocks.begin();
    std::vector<Block> spread;
    for (const auto& place : places) {
        if (place) {
            spread.push_back(*place);
            continue;
        }
        single =
            std::find_if(single, blocks.end(), [&](const Block& block) { return count(block.words) == 1; });
        spread.push_back(*single++);
    }
    return spread;
}

} // namespace

bool contains(const Block& block, const RegisterRow& row) {
    return first_word(block) <= first_read(row) && end_read(row) <= end_word(block);
}

PlanLimits limits_of(const ModelRow& model) {
    return {model.max_words, worthwhile_gap_words, model.map, model.single_word};
}

std::vector<Block> plan_blocks(std::span<const RegisterRow> rows, const PlanLimits& limits) {
    std::vector<Block> blocks = cover(rows_of(rows, Pace::Fast), limits, {});
    std::stable_sort(blocks.begin(), blocks.end(), [&](const Block& left, const Block& right) {
        return fast_rank(left, rows) < fast_rank(right, rows);
    });

    std::vector<RegisterRow> slow_rows = rows_of(rows, Pace::Slow);
    std::erase_if(slow_rows, [&](const RegisterRow& row) {
        return std::any_of(blocks.begin(), blocks.end(),
                           [&](const Block& block) { return contains(block, row); });
    });
    std::vector<Block> slow = cover(slow_rows, limits, blocks);
    slow = spread(slow);
    blocks.insert(blocks.end(), slow.begin(), slow.end());
    const std::vector<Block> once = cover(rows_of(rows, Pace::Once), limits, blocks);
    blocks.insert(blocks.end(), once.begin(), once.end());
    return blocks;
}

std::vector<Block> plan_first_reading(std::span<const RegisterRow> rows, const PlanLimits& limits) {
    std::vector<RegisterRow> wanted(rows.begin(), rows.end());
    std::erase_if(wanted, [](const RegisterRow& row) { return row.pace == Pace::Once; });
    return spread(cover(wanted, limits, {}));
}

} // namespace gridbridge
