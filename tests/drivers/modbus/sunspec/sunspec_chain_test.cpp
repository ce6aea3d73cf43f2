// Chains of models, good and broken.
#include "tests/drivers/modbus/sunspec/sunspec_device.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace sunspec;

std::vector<int> ids(const std::vector<ChainModel>& models) {
    std::vector<int> found;
    for (const ChainModel& model : models) {
        found.push_back(model.id);
    }
    return found;
}

std::vector<int> ids_of(const SunSpecDevice& device, unsigned base = 40000) {
    return ids(walk_chain(device.registers(), base));
}

TEST(SunSpecChain, IsWalkedByTheLengthsToTheEndModel) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(64999, 7).model(103, 50).model(120, 26).end().model(203, 105);
    EXPECT_EQ(ids_of(device), (std::vector<int>{1, 64999, 103, 120})) << "nothing behind the end";
    const auto models = walk_chain(device.registers(), 40000);
    EXPECT_EQ(number_of(models[0].address), 40002);
    EXPECT_EQ(number_of(models[2].address), 40002 + 68 + 9);
    EXPECT_EQ(models[2].length, 50);
}

TEST(SunSpecChain, MayEndInAnException) {
    SunSpecDevice device;
    device.common("SMA", "B", "C").model(103, 50);
    EXPECT_EQ(ids_of(device), (std::vector<int>{1, 103}));
}

TEST(SunSpecChain, HeadsThatCannotBeEndIt) {
    for (const auto& [id, length] : std::vector<std::pair<int, int>>{
             {0xFFFF, 0}, {0xFFFF, 12}, {0, 0}, {0, 4}, {103, 0xFFFF}, {0xFFFF, 0xFFFF}}) {
        ChainWalk walk(40000_reg);
        walk.take(1, 66);
        walk.take(static_cast<std::uint16_t>(id), static_cast<std::uint16_t>(length));
        EXPECT_FALSE(walk.next()) << id << " " << length;
        EXPECT_EQ(walk.models().size(), 1U);
    }
}

TEST(SunSpecChain, NeverPassesTheLastAddress) {
    ChainWalk walk(50000_reg);
    walk.take(1, 15532); // ends at 65536
    EXPECT_EQ(walk.models().size(), 1U);
    EXPECT_FALSE(walk.next());
    ChainWalk beyond(50000_reg);
    beyond.take(103, 15533);
    EXPECT_TRUE(beyond.models().empty()) << "its last word has no address";
    ChainWalk one_left(50000_reg);
    one_left.take(1, 15531);
    EXPECT_EQ(one_left.models().size(), 1U);
    EXPECT_FALSE(one_left.next()) << "no room for two words";
    EXPECT_FALSE(ChainWalk(0xFFFE_reg).next());
    EXPECT_TRUE(ChainWalk(0xFFFC_reg).next());
}

TEST(SunSpecChain, AnEndlessOneIsLeft) {
    ChainWalk walk(0_reg);
    std::size_t reads = 0;
    while (walk.next()) {
        walk.take(103, 0);
        ++reads;
    }
    EXPECT_EQ(reads, ChainWalk::max_models);
}

ChainDevice chosen(const SunSpecDevice& device, ModelKind kind) {
    const auto found = choose_device(walk_chain(device.registers(), 40000), kind);
    EXPECT_TRUE(found);
    return found.value_or(ChainDevice{find_measuring_model(101), {}, {}, {}});
}

TEST(SunSpecChain, EachDeviceBelongsToTheNearestCommonModelBeforeIt) {
    SunSpecDevice device;
    device.common("SolarEdge", "SE10K", "7E0A");
    const unsigned first = device.address();
    device.model(103, 50).model(120, 26);
    const unsigned rating = device.address();
    device.common("WattNode", "WNC", "4001");
    const unsigned second = device.address();
    device.model(203, 105).common("WattNode", "WNC", "4002").model(203, 105).end();
    const ChainDevice inverter = chosen(device, ModelKind::Inverter);
    EXPECT_EQ(inverter.type->id, 103);
    EXPECT_EQ(number_of(inverter.common->address), first);
    EXPECT_EQ(number_of(inverter.rating->address), rating);
    const ChainDevice meter = chosen(device, ModelKind::Meter);
    EXPECT_EQ(meter.type->id, 203);
    EXPECT_EQ(number_of(meter.common->address), second) << "the first of two";
    EXPECT_FALSE(meter.rating);
}

TEST(SunSpecChain, AFloatInverterIsTakenBeforeAnIntegerOne) {
    SunSpecDevice last;
    last.common("A", "B", "C").model(103, 50).model(113, 60).end();
    EXPECT_EQ(chosen(last, ModelKind::Inverter).type->id, 113);
    SunSpecDevice first;
    first.common("A", "B", "C").model(111, 60).model(101, 50).end();
    EXPECT_EQ(chosen(first, ModelKind::Inverter).type->id, 111);
    SunSpecDevice der;
    der.common("A", "B", "C").model(101, 50).model(701, 153).end();
    EXPECT_EQ(chosen(der, ModelKind::Inverter).type->id, 101) << "before one of 2018";
    SunSpecDevice meters;
    meters.common("A", "B", "C").model(201, 105).model(211, 124).end();
    EXPECT_EQ(chosen(meters, ModelKind::Meter).type->id, 211);
}

TEST(SunSpecChain, DevicesOfAKindAreCountedOnceEach) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(103, 50).model(113, 60);
    device.common("A", "M", "1").model(203, 105).common("A", "M", "2").model(203, 105).model(213, 124).end();
    const auto chain = walk_chain(device.registers(), 40000);
    ASSERT_EQ(devices_of(chain, ModelKind::Inverter).size(), 1U);
    EXPECT_EQ(devices_of(chain, ModelKind::Inverter).front().type->id, 113);
    ASSERT_EQ(devices_of(chain, ModelKind::Meter).size(), 2U);
    EXPECT_EQ(devices_of(chain, ModelKind::Meter).front().type->id, 203);
    EXPECT_EQ(devices_of(chain, ModelKind::Meter).back().type->id, 213);
    EXPECT_TRUE(devices_of({}, ModelKind::Meter).empty());
}

TEST(SunSpecChain, WithoutTheKindAskedForThereIsNone) {
    SunSpecDevice device;
    device.common("A", "B", "C").model(103, 50).model(160, 8).end();
    EXPECT_FALSE(choose_device(walk_chain(device.registers(), 40000), ModelKind::Meter));
    EXPECT_FALSE(choose_device({}, ModelKind::Inverter));
}

TEST(SunSpecChain, TextsArePaddedWithZerosOrBlanks) {
    SunSpecDevice device;
    device.common("  Fronius   ", std::string_view("Symo\0rest", 9), "\x01 29\x80 30 ", 65);
    std::vector<std::uint16_t> words;
    for (unsigned i = 0; i < 67; ++i) {
        words.push_back(device.registers().at(static_cast<std::uint16_t>(40002 + i)));
    }
    EXPECT_EQ(common_text(words, manufacturer), "Fronius");
    EXPECT_EQ(common_text(words, product), "Symo");
    EXPECT_EQ(common_text(words, version), "1.4.2");
    EXPECT_EQ(common_text(words, serial_number), "29 30");
    words.resize(65);
    EXPECT_EQ(common_text(words, serial_number), "") << "the model ends within";
}

} // namespace
} // namespace gridbridge
