#include "drivers/modbus/map/block_plan.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

unsigned first_word(const Block& block) {
    return number_of(block.address);
}
unsigned end_word(const Block& block) {
    return first_word(block) + block.words;
}

// A register that must be read alone lies in [first, end).
bool crosses_single_word(unsigned first, unsigned end, std::span<const RegisterAddress> single_word) {
    return std::any_of(single_word.begin(), single_word.end(), [=](RegisterAddress address) {
        return first <= number_of(address) && number_of(address) < end;
    });
}

struct Joined {
    unsigned first = 0, end = 0;
};

Joined joined(const Block& block, const RegisterRow& row) {
    return {std::min(first_word(block), first_read(row)), std::max(end_word(block), end_read(row))};
}

bool can_join(const Block& block, const RegisterRow& row, const PlanLimits& limits) {
    const auto [first, end] = joined(block, row);
    return block.optional == row.optional && end - first <= limits.max_words &&
           first_read(row) <= end_word(block) + limits.max_gap &&
           !crosses_single_word(first, end, limits.single_word);
}

std::vector<Block> cover(const std::vector<RegisterRow>& rows, const PlanLimits& limits) {
    std::vector<Block> blocks;
    for (const RegisterRow& row : rows) {
        if (!blocks.empty() && can_join(blocks.back(), row, limits)) {
            const auto [first, end] = joined(blocks.back(), row);
            blocks.back().address = static_cast<RegisterAddress>(first);
            blocks.back().words = static_cast<std::uint16_t>(end - first);
        } else {
            blocks.push_back({static_cast<RegisterAddress>(first_read(row)),
                              static_cast<std::uint16_t>(end_read(row) - first_read(row)), row.pace,
                              row.optional});
        }
    }
    return blocks;
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

bool has_length(const std::vector<Block>& blocks, std::uint16_t words) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [words](const Block& block) { return block.words == words; });
}

void pad_away_from(const std::vector<Block>& fast, Block& block, const PlanLimits& limits) {
    Block padded = block;
    while (has_length(fast, padded.words)) {
        ++padded.words;
        if (padded.words > limits.max_words || end_word(padded) > number_of(limits.map.last) + 1U ||
            crosses_single_word(first_word(padded), end_word(padded), limits.single_word)) {
            return;
        }
    }
    block = padded;
}

std::vector<Block> with_unlike_neighbours(std::vector<Block> blocks) {
    for (std::size_t i = 1; i < blocks.size(); ++i) {
        const auto place = blocks.begin() + static_cast<std::ptrdiff_t>(i);
        const auto other = std::find_if(
            place, blocks.end(), [&](const Block& block) { return block.words != blocks[i - 1].words; });
        if (other != blocks.end()) {
            std::rotate(place, other, other + 1);
        }
    }
    return blocks;
}

} // namespace

bool contains(const Block& block, const RegisterRow& row) {
    return first_word(block) <= first_read(row) && end_read(row) <= end_word(block);
}

PlanLimits limits_of(const ModelRow& model) {
    return {model.max_words, worthwhile_gap_words, model.map, model.single_word};
}

std::vector<Block> plan_blocks(std::span<const RegisterRow> rows, const PlanLimits& limits) {
    std::vector<Block> blocks = cover(rows_of(rows, Pace::Fast), limits);
    std::stable_sort(blocks.begin(), blocks.end(), [&](const Block& left, const Block& right) {
        return fast_rank(left, rows) < fast_rank(right, rows);
    });

    std::vector<RegisterRow> slow_rows = rows_of(rows, Pace::Slow);
    std::erase_if(slow_rows, [&](const RegisterRow& row) {
        return std::any_of(blocks.begin(), blocks.end(),
                           [&](const Block& block) { return contains(block, row); });
    });
    std::vector<Block> slow = cover(slow_rows, limits);
    for (Block& block : slow) {
        pad_away_from(blocks, block, limits);
    }
    slow = with_unlike_neighbours(std::move(slow));
    blocks.insert(blocks.end(), slow.begin(), slow.end());
    const std::vector<Block> once = cover(rows_of(rows, Pace::Once), limits);
    blocks.insert(blocks.end(), once.begin(), once.end());
    return blocks;
}

std::vector<Block> plan_first_reading(std::span<const RegisterRow> rows, const PlanLimits& limits) {
    std::vector<RegisterRow> wanted(rows.begin(), rows.end());
    std::erase_if(wanted, [](const RegisterRow& row) { return row.pace == Pace::Once; });
    return with_unlike_neighbours(cover(wanted, limits));
}

} // namespace gridbridge
