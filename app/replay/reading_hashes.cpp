#include "app/replay/reading_hashes.hpp"

#include "drivers/text/fnv.hpp"
#include "drivers/waist/quantity.hpp"

#include <bit>
#include <string_view>

namespace gridbridge {

void ReadingHashes::reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    std::uint64_t& hash = hashes_[meter.info.serial];
    std::string text = std::to_string(hash);
    for (const QuantityRow& row : quantity_table) {
        if (const auto value = meter.reading.get(row.quantity)) {
            text += ' ';
            text += row.name;
            text += '=';
            text += std::to_string(std::bit_cast<std::uint64_t>(*value));
        }
    }
    hash = fnv1a<std::uint64_t>(text);
    tell_(meter.info.serial, meter.reading.received, hash);
}

} // namespace gridbridge
