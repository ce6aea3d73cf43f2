#include "tests/drivers/modbus/sunspec/sunspec_device.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/map/phase_use.hpp"
#include "drivers/modbus/sunspec/sunspec_map.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace gridbridge {

SunSpecDevice::SunSpecDevice(unsigned base) : next_(base + 2) {
    registers_[static_cast<std::uint16_t>(base)] = 0x5375;
    registers_[static_cast<std::uint16_t>(base + 1)] = 0x6E53;
}

SunSpecDevice& SunSpecDevice::model(unsigned id, unsigned length, std::uint16_t filler) {
    model_ = next_;
    word(0, static_cast<int>(id));
    word(1, static_cast<int>(length));
    for (unsigned i = 0; i < length; ++i) {
        word(2 + i, filler);
    }
    next_ += 2 + length;
    return *this;
}

SunSpecDevice& SunSpecDevice::common(std::string_view maker, std::string_view product,
                                     std::string_view serial, unsigned length) {
    model(1, length, 0);
    text(2, 16, maker);
    text(18, 16, product);
    text(42, 8, "1.4.2");
    text(50, 16, serial);
    return *this;
}

SunSpecDevice& SunSpecDevice::options(std::string_view said) {
    text(34, 8, said);
    return *this;
}

SunSpecDevice& SunSpecDevice::word(unsigned offset, int value) {
    registers_[static_cast<std::uint16_t>(model_ + offset)] = static_cast<std::uint16_t>(value);
    return *this;
}

SunSpecDevice& SunSpecDevice::words(unsigned offset, const std::vector<int>& values) {
    for (const int value : values) {
        word(offset++, value);
    }
    return *this;
}

SunSpecDevice& SunSpecDevice::acc32(unsigned offset, std::uint32_t value) {
    word(offset, static_cast<int>(value >> 16U));
    return word(offset + 1, static_cast<int>(value & 0xFFFFU));
}

SunSpecDevice& SunSpecDevice::f32(unsigned offset, float value) {
    return acc32(offset, std::bit_cast<std::uint32_t>(value));
}

ModbusImage SunSpecDevice::image(int unit) const {
    ModbusImage image;
    image.unit = unit;
    image.read_functions = {3};
    image.registers = registers_;
    return image;
}

void SunSpecDevice::text(unsigned offset, unsigned words, std::string_view text) {
    for (std::size_t i = 0; i < 2 * std::size_t{words}; i += 2) {
        const auto at = [&](std::size_t byte) { return byte < text.size() ? text[byte] : '\0'; };
        word(offset++, at(i) << 8 | at(i + 1));
    }
}

void add_inverter(SunSpecDevice& device, unsigned length) {
    device.model(103, length)
        .words(2, {1000, 333, 333, 334, -2})
        .words(7, {3984, 3985, 3986, 2300, 2301, 2302, -1})
        .words(14, {230, 1, 5001, -2})
        .words(18, {2310, 0, -200, 0, 9950, -2})
        .acc32(24, 12'345'678)
        .words(26, {0})
        .word(38, 4);
}

void add_meter(SunSpecDevice& device) {
    device.model(203, 105)
        .words(2, {900, 300, -300, 300, -2})
        .words(7, {2300, 2299, 2300, 2301, 3983, 3982, 3983, 3984, -1})
        .words(16, {5000, -2})
        .words(18, {-150, -60, -50, -40, 1})
        .words(23, {-160, 60, 55, 45, 1})
        .words(28, {-20, 1, 2, 3, 1})
        .words(33, {-99, -98, -97, -96, 0})
        .acc32(38, 7'000'000)
        .acc32(40, 0)
        .acc32(42, 0)
        .acc32(44, 0)
        .acc32(46, 4'000'000)
        .acc32(48, 1'000'000)
        .acc32(50, 2'000'000)
        .acc32(52, 1'000'000)
        .word(54, 0)
        .acc32(72, 0)
        .acc32(80, 0)
        .acc32(88, 0)
        .acc32(96, 0);
}

std::vector<sunspec::ChainModel> walk_chain(const Registers& registers, unsigned base) {
    sunspec::ChainWalk walk(static_cast<RegisterAddress>(base));
    while (const auto address = walk.next()) {
        const auto id = registers.find(number_of(*address));
        const auto length = registers.find(static_cast<std::uint16_t>(number_of(*address) + 1));
        if (id == registers.end() || length == registers.end()) {
            walk.refuse();
        } else {
            walk.take(id->second, length->second);
        }
    }
    return walk.models();
}

void read_snapshot(const Registers& registers, unsigned base, sunspec::ModelKind kind, SunSpecReading& into) {
    const auto device = sunspec::choose_device(walk_chain(registers, base), kind);
    ASSERT_TRUE(device);
    const auto rows = sunspec::rows_of(*device);
    ModelRow model = sunspec::model_of(*device);
    model.rows = rows;
    ASSERT_TRUE(is_sound(model));
    for (const Block& block : plan_blocks(rows, limits_of(model))) {
        std::vector<std::uint16_t> words;
        for (unsigned i = 0; i < block.words; ++i) {
            const auto word = registers.find(static_cast<std::uint16_t>(number_of(block.address) + i));
            ASSERT_NE(word, registers.end()) << "reads beyond the model";
            words.push_back(word->second);
        }
        ASSERT_TRUE(is_same_map(model, block, words));
        decode_block(model, block, words, into.raw);
    }
    into.delivered = readings_of(into.raw, {model, PhaseUse::Multi, device->type->phases, true}, {}).meter;
}

Reading read_device(const SunSpecDevice& device, sunspec::ModelKind kind, unsigned base) {
    SunSpecReading reading;
    read_snapshot(device.registers(), base, kind, reading);
    return reading.delivered;
}

} // namespace gridbridge
