#include "app/replay/reading_hashes.hpp"

#include "drivers/text/fnv.hpp"
#include "drivers/waist/quantity.hpp"

#include <bit>
#include <memory>
#include <string_view>
#include <utility>

namespace gridbridge {

std::uint64_t hash_after(std::uint64_t before, const Reading& reading) {
    std::string text = std::to_string(before);
    for (const QuantityRow& row : quantity_table) {
        if (const auto value = reading.get(row.quantity)) {
            text += ' ';
            text += row.name;
            text += '=';
            text += std::to_string(std::bit_cast<std::uint64_t>(*value));
        }
    }
    return fnv1a<std::uint64_t>(text);
}

void ReadingHashes::reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    std::uint64_t& hash = hashes_[meter.info.serial];
    hash = hash_after(hash, meter.reading);
    tell_(meter.info.serial, meter.reading.received, hash);
}

OutletRow recorded_readings(std::function<void(Record record)> add) {
    return {"recorder", [add = std::move(add)] {
                return std::make_unique<ReadingHashes>(
                    [add](const std::string& serial, Clock::time_point received, std::uint64_t hash) {
                        add({Record::Kind::Published, 0, received, {}, serial, 0, hash});
                    });
            }};
}

} // namespace gridbridge
