#include "drivers/modbus/block_plan.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridbridge {
namespace {

std::vector<Block> plan(const ModelRow& model) {
    return plan_blocks(model.rows, limits_of(model));
}

std::size_t fast_count(const std::vector<Block>& blocks) {
    return static_cast<std::size_t>(std::count_if(
        blocks.begin(), blocks.end(), [](const Block& block) { return block.pace == Pace::Fast; }));
}

TEST(BlockPlan, Em24ReadsPhasePowerThenTotalPowerThenTheRest) {
    const auto blocks = plan(em24_rtu);
    ASSERT_EQ(fast_count(blocks), 2U);
    EXPECT_EQ(blocks[0], (Block{0x0012_reg, 6, Pace::Fast, false}));
    EXPECT_EQ(blocks[1], (Block{0x0028_reg, 2, Pace::Fast, false}));
    EXPECT_EQ(blocks.size(), 10U);
    const bool has_optional = std::any_of(blocks.begin(), blocks.end(), [](const Block& block) {
        return block == Block{0x005C_reg, 4, Pace::Slow, true};
    });
    EXPECT_TRUE(has_optional);
}

TEST(BlockPlan, Em540TakesFourRequests) {
    const auto blocks = plan(em500);
    ASSERT_EQ(blocks.size(), 4U);
    EXPECT_EQ(blocks[0], (Block{0x000C_reg, 39, Pace::Fast, false}));
    EXPECT_EQ(blocks[1], (Block{0x0000_reg, 12, Pace::Slow, false}));
    EXPECT_EQ(blocks[2], (Block{0x0500_reg, 40, Pace::Slow, false}));
    EXPECT_EQ(blocks[3], (Block{0x053C_reg, 2, Pace::Slow, false}));
}

TEST(BlockPlan, Em24EthernetTakesOneRequest) {
    EXPECT_EQ(plan(em24_ethernet), (std::vector<Block>{{0x0000_reg, 80, Pace::Fast, false}}));
}

class EveryPlan : public testing::TestWithParam<const ModelRow*> {};

TEST_P(EveryPlan, ReadsEveryRowAndKeepsTheLimits) {
    const ModelRow& model = *GetParam();
    const auto blocks = plan(model);
    for (const RegisterRow& row : model.rows) {
        const auto reader = std::find_if(blocks.begin(), blocks.end(), [&](const Block& block) {
            return contains(block, row) && block.optional == row.optional;
        });
        ASSERT_NE(reader, blocks.end()) << number_of(row.address);
        EXPECT_TRUE(row.pace == Pace::Slow || reader->pace == Pace::Fast) << number_of(row.address);
    }
    for (const Block& block : blocks) {
        EXPECT_LE(block.words, model.max_words);
        EXPECT_FALSE(block.address == identification_register && block.words == 1);
    }
}

TEST_P(EveryPlan, NeighboursDifferInLength) {
    const auto blocks = plan(*GetParam());
    const std::size_t fast = fast_count(blocks);
    for (std::size_t i = 1; i < blocks.size(); ++i) {
        EXPECT_NE(blocks[i].words, blocks[i - 1].words) << i;
        for (std::size_t f = 0; f < fast && i >= fast; ++f) {
            EXPECT_NE(blocks[i].words, blocks[f].words) << i;
        }
    }
    if (blocks.size() > fast + 1) { // the round closes
        EXPECT_NE(blocks[fast].words, blocks.back().words);
    }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryPlan, testing::Values(&em24_rtu, &em24_ethernet, &em500),
                         [](const auto& tested) { return std::string(tested.param->key); });

constexpr std::array rows{std::to_array<RegisterRow>({
    {0x10_reg, Quantity::PowerL1, Encoding::Int32LowFirst, 1, Pace::Slow},
    {0x20_reg, Quantity::PowerL2, Encoding::Int32LowFirst, 1, Pace::Slow},
    {0x22_reg, Quantity::PowerL3, Encoding::Int32LowFirst, 1, Pace::Slow, NoValue::Never, true},
})};

TEST(BlockPlan, GapsAreReadOnlyWhenAllowed) {
    EXPECT_EQ(plan_blocks(rows, {125, 13, {}, {}}).size(), 3U);
    const auto merged = plan_blocks(rows, {125, 14, {}, {}});
    ASSERT_EQ(merged.size(), 2U);
    EXPECT_EQ(merged[0].words, 18);
    EXPECT_TRUE(merged[1].optional);
}

TEST(BlockPlan, NoReadCrossesASingleWordRegister) {
    constexpr std::array single{0x18_reg};
    EXPECT_EQ(plan_blocks(rows, {125, 30, {}, single}).size(), 3U);
}

} // namespace
} // namespace gridbridge
