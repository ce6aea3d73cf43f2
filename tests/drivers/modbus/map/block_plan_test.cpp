#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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
    EXPECT_EQ(blocks[0], (Block{0x0012_reg, 7, Pace::Fast, false}));
    EXPECT_EQ(blocks[1], (Block{0x0028_reg, 3, Pace::Fast, false}));
    EXPECT_EQ(blocks.size(), 11U);
    EXPECT_EQ(blocks.back(), (Block{0x0036_reg, 1, Pace::Once, false}));
    const bool has_optional = std::any_of(blocks.begin(), blocks.end(), [](const Block& block) {
        return block == Block{0x005C_reg, 5, Pace::Slow, true};
    });
    EXPECT_TRUE(has_optional);
}

// Two of ten and two of eleven words are left, which are not neighbours.
TEST(BlockPlan, LengthsOfTheEm24ThatRepeatAreFewAndFarApart) {
    auto blocks = plan(em24_rtu);
    blocks.pop_back();
    std::map<int, int> count;
    for (const Block& block : blocks) {
        ++count[block.words];
        EXPECT_TRUE(block.words != 1 && block.words != 2 && block.words != 6) << "others ask for so many";
    }
    EXPECT_EQ(count.size(), 8U);
    EXPECT_LE(plan_first_reading(em24_rtu.rows, limits_of(em24_rtu)).size(), 8U);
}

TEST(BlockPlan, Em540ReadsItsLiveValuesInOneRequest) {
    EXPECT_EQ(plan(em500), (std::vector<Block>{{0x000C_reg, 38, Pace::Fast, false},
                                               {0x0000_reg, 12, Pace::Slow, false},
                                               {0x0500_reg, 40, Pace::Slow, true},
                                               {0x053C_reg, 2, Pace::Slow, true},
                                               {0x0032_reg, 1, Pace::Once, false}}));
}

struct FirstReading {
    const ModelRow* model;
    std::vector<std::pair<int, int>> reads; // address, words
};

class FewestRequests : public testing::TestWithParam<FirstReading> {};

TEST_P(FewestRequests, MakeTheFirstReading) {
    const ModelRow& model = *GetParam().model;
    std::vector<std::pair<int, int>> reads;
    for (const Block& block : plan_first_reading(model.rows, limits_of(model))) {
        reads.emplace_back(number_of(block.address), block.words);
    }
    EXPECT_EQ(reads, GetParam().reads);
}

INSTANTIATE_TEST_SUITE_P(
    Models, FewestRequests,
    testing::Values(
        FirstReading{&em24_rtu,
                     {{0x0000, 10},
                      {0x000A, 11},
                      {0x0014, 10},
                      {0x001E, 8},
                      {0x0046, 7},
                      {0x0026, 10},
                      {0x0037, 11},
                      {0x005C, 4}}},
        FirstReading{&em24_ethernet, {{0x0000, 80}}}, FirstReading{&em100, {{0x0000, 36}}},
        FirstReading{&em300, {{0x0000, 50}, {0x0032, 32}, {0x0060, 6}}},
        FirstReading{
            &em300_s27,
            {{0x0000, 4}, {0x0004, 10}, {0x000E, 11}, {0x0024, 7}, {0x0037, 9}, {0x0046, 8}, {0x005C, 3}}},
        FirstReading{&em500, {{0x0000, 50}, {0x0500, 40}, {0x053C, 2}}},
        FirstReading{&em580, {{0x0000, 52}, {0x0307, 1}, {0x0500, 32}}}),
    [](const auto& tested) { return std::string(tested.param.model->key); });

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
        EXPECT_TRUE(row.pace != Pace::Fast || reader->pace == Pace::Fast) << number_of(row.address);
    }
    for (const Block& block : blocks) {
        EXPECT_LE(block.words, model.max_words);
        EXPECT_FALSE(block.address == identification_register && block.words == 1);
    }
}

TEST_P(EveryPlan, NeighboursDifferInLength) {
    auto blocks = plan(*GetParam());
    std::erase_if(blocks, [](const Block& block) { return block.pace == Pace::Once; });
    const std::size_t fast = fast_count(blocks);
    for (std::size_t i = 1; i < blocks.size(); ++i) {
        EXPECT_NE(blocks[i].words, blocks[i - 1].words) << i;
        for (std::size_t f = 0; f < fast && i >= fast; ++f) {
            EXPECT_NE(blocks[i].words, blocks[f].words) << i;
        }
    }
    const auto first = plan_first_reading(GetParam()->rows, limits_of(*GetParam()));
    for (std::size_t i = 1; i < first.size(); ++i) {
        EXPECT_NE(first[i].words, first[i - 1].words) << i;
    }
    if (blocks.size() > fast + 1) { // the round closes
        EXPECT_NE(blocks[fast].words, blocks.back().words);
    }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryPlan, testing::ValuesIn(carlo_gavazzi_models()),
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
