#include "drivers/modbus/sunspec/device_choice.hpp"

#include "drivers/modbus/identify/identity.hpp"
#include "drivers/modbus/sunspec/meter_use.hpp"

#include <algorithm>
#include <vector>

namespace gridbridge::sunspec {
namespace {

constexpr std::size_t most_devices = 8; // of a kind; as the key `meter`

std::string names_of(ModelKind kind, std::size_t count) {
    const std::string name = kind == ModelKind::Meter ? "meter" : "inverter";
    return std::to_string(count) + " " + name + (count == 1 ? "" : "s");
}

std::string refusal(std::span<const ChainModel> chain, ModelKind wanted) {
    const bool wants_inverter = wanted == ModelKind::Inverter;
    const auto other = choose_device(chain, wants_inverter ? ModelKind::Meter : ModelKind::Inverter);
    if (wants_inverter && other) {
        return "its SunSpec models have a meter but no inverter: set role, as in role=grid";
    }
    if (other) {
        return "its SunSpec models have an inverter but no meter: set role=pvinverter";
    }
    return "its SunSpec models have neither inverter (101-103, 111-113, 701) nor meter (201-204, 211-214)";
}

// A meter is a PV inverter only where its unit is named: elsewhere it may be that of an inverter which is
// asleep.
ModelKind wanted_kind(const MeterConfig& meter, std::span<const ChainModel> chain) {
    if (!means_inverter(meter)) {
        return ModelKind::Meter;
    }
    const bool may_be_meter = meter.unit && !meter.role.empty();
    return may_be_meter && devices_of(chain, ModelKind::Inverter).empty() ? ModelKind::Meter
                                                                          : ModelKind::Inverter;
}

std::size_t chosen_index(const MeterConfig& meter, std::span<const ChainDevice> devices,
                         std::span<const DeviceTexts> texts) {
    const ModelKind kind = devices.front().type->kind;
    if (meter.chain_number) {
        const auto number = static_cast<std::size_t>(*meter.chain_number);
        if (number > devices.size()) {
            throw Refused("its SunSpec models have only " + names_of(kind, devices.size()) +
                          ": set meter=" + std::to_string(devices.size()) + " or less");
        }
        return number - 1;
    }
    if (kind == ModelKind::Inverter || configured_role(meter) != "grid") {
        return usual_device(devices);
    }
    std::vector<MeterUse> uses;
    std::transform(texts.begin(), texts.end(), std::back_inserter(uses),
                   [](const DeviceTexts& text) { return meter_use(text.options); });
    const auto found = grid_meter(uses);
    if (!found) {
        throw Refused("its SunSpec meter measures production (option \"" + texts.front().options +
                      "\"), not the grid: set another role, or meter=1 to serve it all the same");
    }
    return *found;
}

std::string warning_of_more(const MeterConfig& meter, std::span<const ChainDevice> devices,
                            std::size_t index) {
    if (devices.size() < 2 || meter.chain_number) {
        return {};
    }
    return "its SunSpec models have " + names_of(devices.front().type->kind, devices.size()) +
           ": only number " + std::to_string(index + 1) +
           " is served; meter=1 to meter=" + std::to_string(devices.size()) + " chooses";
}

} // namespace

ChosenDevice choose_device(UnitLine& line, const MeterConfig& meter, std::span<const ChainModel> chain) {
    const ModelKind kind = wanted_kind(meter, chain);
    auto devices = devices_of(chain, kind);
    if (devices.empty()) {
        throw Refused(refusal(chain, kind));
    }
    devices.resize(std::min(devices.size(), most_devices));
    std::vector<DeviceTexts> texts;
    texts.reserve(devices.size());
    for (const ChainDevice& device : devices) {
        texts.push_back(read_texts(line, device));
    }
    const std::size_t index = chosen_index(meter, devices, texts);
    ChosenDevice chosen{devices[index], texts[index], {}, warning_of_more(meter, devices, index)};
    // The inverter keeps its number when the meter behind it has no other.
    const auto inverter = kind == ModelKind::Meter ? choose_device(chain, ModelKind::Inverter) : std::nullopt;
    if (inverter && read_texts(line, *inverter).serial == chosen.texts.serial) {
        chosen.serial_suffix = "_meter";
    }
    const bool is_second =
        std::any_of(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(index),
                    [&](const DeviceTexts& text) { return text.serial == chosen.texts.serial; });
    chosen.serial_suffix += is_second ? "_" + std::to_string(index + 1) : "";
    return chosen;
}

} // namespace gridbridge::sunspec
