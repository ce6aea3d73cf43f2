#include "drivers/stream/obis/mbus.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/time_stamp.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::uint16_t channels = 4;

struct TypeRow {
    int type;
    std::string_view product;
    Quantity energy; // what its kWh, GJ or MJ are
};
// M-Bus device types (EN 13757-3, table 3).
constexpr std::array type_rows{
    TypeRow{2, "Electricity meter", Quantity::EnergyForward},
    TypeRow{3, "Gas meter", Quantity::HeatEnergy},
    TypeRow{4, "Heat meter", Quantity::HeatEnergy},
    TypeRow{6, "Warm water meter", Quantity::HeatEnergy},
    TypeRow{7, "Water meter", Quantity::HeatEnergy},
    TypeRow{10, "Cooling meter", Quantity::HeatEnergy},
    TypeRow{11, "Cooling meter", Quantity::HeatEnergy},
    TypeRow{12, "Heat meter", Quantity::HeatEnergy},
    TypeRow{13, "Heat and cooling meter", Quantity::HeatEnergy},
};
constexpr TypeRow unknown_type{0, "M-Bus meter", Quantity::HeatEnergy};

struct Channel {
    const ObisObject* type = nullptr;  // 24.1.0
    const ObisObject* id = nullptr;    // 96.1.0, Belgium 96.1.1
    const ObisObject* ean = nullptr;   // 96.1.2
    const ObisObject* valve = nullptr; // 24.4.0
    const ObisObject* value = nullptr; // 24.2.1, else 24.2.3 (not temperature converted), else 24.3.0
};

Channel channel_of(const Telegram& telegram, std::uint16_t channel) {
    Channel found;
    const auto keep = [](const ObisObject*& slot, const ObisObject& object) {
        slot = slot == nullptr ? &object : slot;
    };
    const ObisObject* uncorrected = nullptr;
    const ObisObject* old_profile = nullptr;
    for (const ObisObject& object : telegram.objects) {
        const Obis code = object.code;
        if (code.a != 0 || code.b != channel) {
            continue;
        }
        if (code.c == 24 && code.d == 1) {
            keep(found.type, object);
        } else if (code.c == 24 && code.d == 2 && object.number) {
            keep(code.e == 3 ? uncorrected : found.value, object);
        } else if (code.c == 24 && code.d == 3 && object.number) {
            keep(old_profile, object);
        } else if (code.c == 24 && code.d == 4) {
            keep(found.valve, object);
        } else if (code.c == 96 && code.d == 1) {
            keep(code.e == 2 ? found.ean : found.id, object);
        }
    }
    found.value = found.value != nullptr ? found.value : uncorrected != nullptr ? uncorrected : old_profile;
    return found;
}

std::optional<double> whole_number_of(const ObisObject* object) {
    if (object == nullptr) {
        return std::nullopt;
    }
    return object->number ? object->number : parse_decimal(object->text);
}

TypeRow type_of(const Channel& channel) {
    const auto type = whole_number_of(channel.type);
    const auto* const row = std::find_if(type_rows.begin(), type_rows.end(),
                                         [&](const TypeRow& known) { return type == known.type; });
    return row == type_rows.end() ? unknown_type : *row;
}

Label label_of(const ObisObject* object) {
    return object == nullptr ? Label() : label_of_text(trim(object->text));
}

void describe(const Channel& channel, const MeterConfig& meter, const std::string& connection,
              MbusDevice& device) {
    const std::string number = std::to_string(device.channel);
    MeterInfo& info = device.info;
    info.kind = driver_row(meter.driver).device_kind;
    Label serial = label_of(channel.id);
    info.serial = std::move(serial.text);
    info.former_serial = std::move(serial.former);
    info.serial_is_stable = !info.serial.empty();
    if (!info.serial_is_stable) {
        info.serial = serial_from_uri(meter.uri + "#" + number);
    }
    info.product_name = type_of(channel).product;
    info.connection = connection + " M-Bus channel " + number;
    info.default_role = "pulsemeter";
    info.role_is_fixed = true;
    if (channel.ean != nullptr) {
        info.texts.emplace_back("Ean", label_of(channel.ean).text);
    }
}

bool set_value(const Channel& channel, Reading& reading) {
    for (const Quantity quantity : {Quantity::Volume, type_of(channel).energy}) {
        if (const auto value = convert_unit(*channel.value->number, channel.value->unit, quantity)) {
            reading.set(quantity, *value);
            reading.set(Quantity::Valve, whole_number_of(channel.valve));
            return true;
        }
    }
    return false;
}

struct Dated {
    MbusDevice device;
    std::optional<std::chrono::sys_seconds> at;
};

std::optional<Dated> read_channel(const Telegram& telegram, std::uint16_t number, const MeterConfig& meter,
                                  const std::string& connection) {
    const Channel channel = channel_of(telegram, number);
    if (channel.value == nullptr) {
        return std::nullopt;
    }
    const auto time = parse_time_stamp(channel.value->time);
    Dated dated;
    dated.device.channel = number;
    if ((!time && !channel.value->time.empty()) || !set_value(channel, dated.device.reading)) {
        return std::nullopt;
    }
    describe(channel, meter, connection, dated.device);
    if (time) {
        dated.device.info.texts.emplace_back("Time", iso_time(*time));
        dated.at = standard_time(*time);
    }
    return dated;
}

constexpr std::chrono::hours longest_delay(24);

// The clock of the telegram (0-0:1.0.0).
std::optional<std::chrono::sys_seconds> time_of(const Telegram& telegram) {
    for (const ObisObject& object : telegram.objects) {
        if (object.code == Obis{0, 0, 1, 0, 0}) {
            const auto time = parse_time_stamp(object.text);
            return time ? std::optional(standard_time(*time)) : std::nullopt;
        }
    }
    return std::nullopt;
}

// Two of a kind that are both read within a day stay: a house may have two gas meters, and each is a service
// of its own with its own serial number. A stamp in the future is that of a dead meter's clock: it is behind
// every other, and puts none behind.
bool left_behind(const Dated& device, const std::vector<Dated>& all,
                 std::optional<std::chrono::sys_seconds> now) {
    const auto is_wrong = [&](const Dated& dated) {
        return now && dated.at && *dated.at - *now > longest_delay;
    };
    return std::any_of(all.begin(), all.end(), [&](const Dated& other) {
        const bool same_kind = other.device.info.product_name == device.device.info.product_name;
        return same_kind && other.at && device.at && !is_wrong(other) &&
               (is_wrong(device) || *other.at - *device.at > longest_delay);
    });
}

} // namespace

std::vector<MbusDevice> mbus_devices(const Telegram& telegram, const MeterConfig& meter,
                                     const std::string& connection) {
    std::vector<Dated> dated;
    for (std::uint16_t channel = 1; channel <= channels; ++channel) {
        if (auto device = read_channel(telegram, channel, meter, connection)) {
            dated.push_back(std::move(*device));
        }
    }
    std::vector<MbusDevice> devices;
    const auto now = time_of(telegram);
    for (const Dated& device : dated) {
        if (!left_behind(device, dated, now)) {
            devices.push_back(device.device);
        }
    }
    return devices;
}

} // namespace gridbridge
