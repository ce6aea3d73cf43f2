// Any bytes as the registers of a SunSpec device: its chain is walked, both of its devices are read.
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/map/phase_use.hpp"
#include "drivers/modbus/sunspec/sunspec_map.hpp"

#include <cmath>
#include <cstdlib>
#include <set>

namespace {

using namespace gridbridge;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// The bytes again and again, from address 0 on.
struct Memory {
    std::span<const std::uint8_t> bytes;

    std::uint16_t at(unsigned address) const {
        const std::size_t first = 2 * std::size_t{address};
        return static_cast<std::uint16_t>(bytes[first % bytes.size()] << 8 |
                                          bytes[(first + 1) % bytes.size()]);
    }
    std::vector<std::uint16_t> words(unsigned address, unsigned count) const {
        std::vector<std::uint16_t> words;
        for (unsigned i = 0; i < count; ++i) {
            words.push_back(at(address + i));
        }
        return words;
    }
};

std::vector<sunspec::ChainModel> chain_in(const Memory& memory, RegisterAddress base) {
    sunspec::ChainWalk walk(base);
    unsigned last = 0;
    while (const auto address = walk.next()) {
        require(number_of(*address) > last && number_of(*address) < 0xFFFF);
        last = number_of(*address);
        walk.take(memory.at(last), memory.at(last + 1));
    }
    require(walk.models().size() <= sunspec::ChainWalk::max_models);
    return walk.models();
}

void read_device(const Memory& memory, const sunspec::ChainDevice& device) {
    const auto rows = sunspec::rows_of(device);
    ModelRow model = sunspec::model_of(device);
    model.rows = rows;
    require(rows_are_sorted(rows) && quantities_are_unique(rows) && encodings_fit(rows));
    Reading raw;
    for (const Block& block : plan_blocks(rows, limits_of(model))) {
        require(block.words >= 1 && block.words <= 125);
        require(number_of(block.address) + block.words <= 0x10000U);
        const auto words = memory.words(number_of(block.address), block.words);
        require(is_same_map(model, block, words));
        decode_block(model, block, words, raw);
    }
    const Reading reading = readings_of(raw, {model, PhaseUse::Multi, device.type->phases, true}, {}).meter;
    for (const QuantityRow& row : quantity_table) {
        require(std::isfinite(reading.get(row.quantity).value_or(0.0)));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const Memory memory{{data, size}};
    for (const RegisterAddress base : sunspec::bases) {
        const auto chain = chain_in(memory, base);
        for (const auto kind : {sunspec::ModelKind::Inverter, sunspec::ModelKind::Meter}) {
            if (const auto device = sunspec::choose_device(chain, kind)) {
                read_device(memory, *device);
            }
        }
        static_cast<void>(sunspec::common_text(memory.words(number_of(base), 66), sunspec::serial_number));
    }
    return 0;
}
