#include "drivers/stream/obis/obis_uses.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

namespace gridbridge {
namespace {

using Names = std::vector<std::string>;

void add(Names& names, std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.emplace_back(name);
    }
}

double moved(double value) {
    return value + std::max(0.001, std::abs(value) * 1e-6);
}

// The same object with other values, one of which matters if any does.
std::vector<ObisObject> variants_of(const ObisObject& object) {
    std::vector<ObisObject> variants;
    const auto vary = [&](auto change) { change(variants.emplace_back(object)); };
    const auto decimal = parse_decimal(trim(object.text));
    constexpr double largest_word = 4294967296.0;
    const bool is_word = object.number && object.unit.empty() && *object.number >= 0 &&
                         *object.number < largest_word && std::floor(*object.number) == *object.number;
    if (object.number) {
        vary([&](ObisObject& other) { other.number = moved(*object.number); });
    } else if (decimal) {
        vary([&](ObisObject& other) { other.text = number_text(moved(*decimal)); });
    } else if (!object.groups.empty()) {
        vary([](ObisObject& other) { other.groups = {""}; });
    } else {
        vary([&](ObisObject& other) { other.text = object.text.empty() ? "31" : ""; });
    }
    for (const std::uint32_t direction : {1U << 5U, 1U << 11U}) { // of a status word
        if (is_word) {
            vary([&](ObisObject& other) {
                other.number = static_cast<double>(static_cast<std::uint32_t>(*object.number) ^ direction);
            });
        }
    }
    return variants;
}

void add_quantities(const Reading& before, const Reading& after, Names& names) {
    for (const QuantityRow& row : quantity_table) {
        if (before.get(row.quantity) != after.get(row.quantity)) {
            add(names, row.name);
        }
    }
}

// Channels of which one is there that the others do not have.
void add_devices(const std::vector<MbusDevice>& some, const std::vector<MbusDevice>& others, Names& names) {
    for (const MbusDevice& device : some) {
        const bool is_same = std::any_of(others.begin(), others.end(), [&](const MbusDevice& other) {
            Names different;
            add_quantities(device.reading, other.reading, different);
            return device.channel == other.channel && device.info == other.info && different.empty();
        });
        if (!is_same) {
            add(names, "M-Bus device " + std::to_string(device.channel));
        }
    }
}

void add_texts(const MeterInfo& before, const MeterInfo& after, Names& names) {
    for (const auto& entry : before.texts) {
        if (std::find(after.texts.begin(), after.texts.end(), entry) == after.texts.end()) {
            add(names, entry.first);
        }
    }
    if (before.manufacturer != after.manufacturer || before.model != after.model) {
        add(names, "manufacturer");
    }
}

} // namespace

ObisUses::ObisUses(Telegram telegram, const MeterConfig& meter)
    : meter_(meter), telegram_(std::move(telegram)), made_(make()) {}

ObisUses::Made ObisUses::make() const {
    return {to_reading(telegram_, meter_.direction, meter_.phases, meter_.invert),
            describe_meter(telegram_, meter_, {}, {}),
            driver_row(meter_.driver).has_mbus ? mbus_devices(telegram_, meter_, {})
                                               : std::vector<MbusDevice>(),
            dialect_of(telegram_, meter_.driver)};
}

std::string ObisUses::of(std::size_t index) {
    Names names;
    const ObisObject object = telegram_.objects.at(index);
    for (ObisObject& variant : variants_of(object)) {
        telegram_.objects[index] = std::move(variant);
        const Made other = make();
        add_quantities(made_.reading, other.reading, names);
        add_devices(made_.devices, other.devices, names);
        add_devices(other.devices, made_.devices, names);
        add_texts(made_.info, other.info, names);
        if (names.empty() && other.dialect != made_.dialect) {
            add(names, "version");
        }
    }
    telegram_.objects[index] = object;
    const std::string_view text = trim(object.text); // parsers take these from the objects
    if (!text.empty() && !telegram_.serial.empty() &&
        (text == telegram_.server_id || label_of_text(text).text == telegram_.serial ||
         text == telegram_.serial)) {
        add(names, "serial number");
    }
    if (!text.empty() && !telegram_.firmware.empty() &&
        text_from_hex(text).value_or(std::string(text)) == telegram_.firmware) {
        add(names, "firmware");
    }
    std::string list;
    for (const std::string& name : names) {
        list += (list.empty() ? "" : ", ") + name;
    }
    return list.empty() ? "unused" : list;
}

} // namespace gridbridge
