#include "app/replay/reading_hashes.hpp"

#include "drivers/text/fnv.hpp"
#include "drivers/waist/quantity.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <string_view>
#include <utility>

namespace gridbridge {

namespace {

// Made of clocks and of what earlier runs have kept, which are not recorded: see MeterDemands.
constexpr std::array of_demand{Quantity::PowerDemand, Quantity::DemandEnergy, Quantity::DemandForecast,
                               Quantity::DemandMonthPeak, Quantity::DemandAlarm};

} // namespace

std::uint64_t hash_after(std::uint64_t before, const Reading& reading) {
    std::string text = std::to_string(before);
    for (const QuantityRow& row : quantity_table) {
        const bool is_of_demand =
            std::find(of_demand.begin(), of_demand.end(), row.quantity) != of_demand.end();
        if (const auto value = is_of_demand ? std::nullopt : reading.get(row.quantity)) {
            text += ' ';
            text += row.name;
            text += '=';
            text += std::to_string(std::bit_cast<std::uint64_t>(*value));
        }
    }
    return fnv1a<std::uint32_t>(text);
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
