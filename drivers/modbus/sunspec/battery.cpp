#include "drivers/modbus/sunspec/battery.hpp"

#include "drivers/modbus/sunspec/device_texts.hpp"

#include <algorithm>
#include <array>

namespace gridbridge::sunspec {
namespace {

// A model whose word at the offset is the size of a battery, where there is one.
struct StorageModel {
    std::uint16_t id, size_at;
};
constexpr std::array storage_models{StorageModel{120, 21}, StorageModel{124, 2}, StorageModel{713, 2}};
constexpr std::uint16_t first_battery_model = 802;
constexpr std::uint16_t last_battery_model = 809;

constexpr std::uint16_t string_model = 160;
constexpr std::size_t first_string = 10; // offset; each has its number, its name and its values
constexpr std::size_t string_words = 20;
constexpr std::uint16_t name_words = 8;

bool says_size(UnitLine& line, const ChainModel& model, std::uint16_t size_at) {
    const auto words = read_model(line, model, size_at + 1U);
    return words.size() > size_at && words[size_at] != 0 && words[size_at] != 0xFFFF;
}

bool has_charging_string(UnitLine& line, const ChainModel& model) {
    const auto words = read_model(line, model, max_read_words);
    for (std::size_t at = first_string + 1; at + name_words <= words.size(); at += string_words) {
        const std::string name = common_text(words, {static_cast<std::uint16_t>(at), name_words});
        if (name.starts_with("StCha") || name.starts_with("StDisCha")) {
            return true;
        }
    }
    return false;
}

bool tells_of_battery(UnitLine& line, const ChainModel& model) {
    if (model.id >= first_battery_model && model.id <= last_battery_model) {
        return true;
    }
    if (model.id == string_model) {
        return has_charging_string(line, model);
    }
    const auto* const storage = std::find_if(storage_models.begin(), storage_models.end(),
                                             [&](const StorageModel& one) { return one.id == model.id; });
    return storage != storage_models.end() && says_size(line, model, storage->size_at);
}

} // namespace

std::string battery_advice(UnitLine& line, std::span<const ChainModel> models) {
    const auto found = std::find_if(models.begin(), models.end(),
                                    [&](const ChainModel& model) { return tells_of_battery(line, model); });
    if (found == models.end()) {
        return {};
    }
    return "it has a battery (SunSpec model " + std::to_string(found->id) +
           "): its AC power contains charging and discharging and is not that of the PV modules alone";
}

} // namespace gridbridge::sunspec
