#include "drivers/stream/obis/meter_identity.hpp"

#include "drivers/stream/obis/obis_texts.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace gridbridge {
namespace {

// Poly-phase meters always list what they know of phases 2 and 3.
std::optional<int> phases_of(const Telegram& telegram) {
    const auto lists = [&](int group) {
        return std::any_of(telegram.objects.begin(), telegram.objects.end(),
                           [group](const ObisObject& object) {
                               return object.code.a == 1 && object.code.d == 7 &&
                                      object.code.c >= group + 1 && object.code.c <= group + 16;
                           });
    };
    constexpr int l1 = 20;
    constexpr int l2 = 40;
    constexpr int l3 = 60;
    if (lists(l3)) {
        return 3;
    }
    if (lists(l2)) {
        return 2;
    }
    return lists(l1) ? std::optional(1) : std::nullopt;
}

// The manufacturer object of SML meters (1-0:96.50.1*1 or 129-129:199.130.3) is "454d48" for EMH.
std::string maker_of(const Telegram& telegram) {
    for (const ObisObject& object : telegram.objects) {
        const bool is_maker =
            object.code == Obis{1, 0, 96, 50, 1, 1} || object.code == Obis{129, 129, 199, 130, 3};
        if (!is_maker) {
            continue;
        }
        std::string name;
        for (const std::uint8_t octet : bytes_of_hex(object.text).value_or(std::vector<std::uint8_t>())) {
            if (octet != ' ' && is_printable(octet)) {
                name += static_cast<char>(octet);
            }
        }
        return name;
    }
    return {};
}

struct MakerRow {
    std::string_view flag; // FLAG id, the first letters of the ident
    std::string_view name;
};
constexpr std::array maker_rows{
    MakerRow{"ADN", "Aidon"},      MakerRow{"AUX", "Sanxing"},    MakerRow{"ISK", "Iskraemeco"},
    MakerRow{"KAM", "Kamstrup"},   MakerRow{"KFM", "Kaifa"},      MakerRow{"KMP", "Kamstrup"},
    MakerRow{"LGF", "Landis+Gyr"}, MakerRow{"XMX", "Landis+Gyr"}, MakerRow{"SAG", "Sagemcom"},
    MakerRow{"Ene", "Sagemcom"},
};

const ObisObject* find(const Telegram& telegram, Obis code) {
    const auto object = std::find_if(telegram.objects.begin(), telegram.objects.end(),
                                     [&](const ObisObject& known) { return known.code == code; });
    return object == telegram.objects.end() ? nullptr : &*object;
}

// "50" is 5.0; Belgium: "50217" is 5.0 and supplement 2.17.
std::string version_of(const Telegram& telegram) {
    if (const ObisObject* const version = find(telegram, {1, 3, 0, 2, 8});
        version && version->text.size() == 2) {
        return "DSMR " + version->text.substr(0, 1) + "." + version->text.substr(1);
    }
    if (const ObisObject* const version = find(telegram, {0, 0, 96, 1, 4});
        version && version->text.size() == 5) {
        const std::string& text = version->text;
        return "eMUCS-P1 " + text.substr(2, 1) + "." + text.substr(3) + " (DSMR " + text.substr(0, 1) + "." +
               text.substr(1, 1) + ")";
    }
    return "P1 without version (DSMR 2.2, 3 or a relative)";
}

const MakerRow* find_maker(std::string_view text) {
    const auto* const found = std::find_if(maker_rows.begin(), maker_rows.end(),
                                           [&](const MakerRow& row) { return text.starts_with(row.flag); });
    return found == maker_rows.end() ? nullptr : found;
}

// A name if there is one, else the letters of an object that has nothing else; an ident has more than those.
std::string manufacturer_of(const Telegram& telegram, const DriverRow& row) {
    const std::string said = row.names_maker ? maker_of(telegram) : telegram.ident;
    const MakerRow* const maker = find_maker(said);
    return maker != nullptr ? std::string(maker->name) : row.names_maker ? said : std::string();
}

// The ident behind the slash: three letters of the maker, the speed, free text.
std::string model_of(const Telegram& telegram) {
    const std::string& ident = telegram.ident;
    const MakerRow* const maker = find_maker(ident);
    if (maker == nullptr || ident.size() < 4) {
        return ident;
    }
    std::string_view free_text = std::string_view(ident).substr(4);
    free_text.remove_prefix(free_text.starts_with('\\') ? 1 : 0);
    return std::string(maker->name) + (free_text.empty() ? "" : " ") + std::string(free_text);
}

} // namespace

bool is_heat_meter(const Telegram& telegram) {
    return find(telegram, {6, 0, 6, 8, 0}) != nullptr;
}

std::string serial_from_uri(std::string_view uri) {
    return fnv1a_hex(uri);
}

std::string dialect_of(const Telegram& telegram, DriverKind driver) {
    const DriverRow& row = driver_row(driver);
    if (row.standard.empty()) {
        return version_of(telegram) + ", " + model_of(telegram);
    }
    const std::string maker = row.names_maker ? maker_of(telegram) : telegram.ident;
    return std::string(row.standard) + (row.names_maker && maker.empty() ? "" : ", " + maker);
}

MeterInfo describe_meter(const Telegram& telegram, const MeterConfig& meter, const std::string& connection,
                         std::optional<std::chrono::milliseconds> interval) {
    const DriverRow& row = driver_row(meter.driver);
    MeterInfo info;
    info.kind = row.device_kind;
    info.serial_is_stable = !telegram.serial.empty();
    info.serial = info.serial_is_stable ? telegram.serial : serial_from_uri(meter.uri);
    info.former_serial = telegram.former_serial;
    info.product_name = row.product_name;
    if (is_heat_meter(telegram)) {
        info.product_name = "Heat meter";
        info.default_role = "pulsemeter";
        info.role_is_fixed = true;
    }
    info.manufacturer = manufacturer_of(telegram, row);
    info.model = row.names_maker ? maker_of(telegram) : telegram.ident;
    info.firmware = telegram.firmware;
    info.connection = connection;
    info.phases = phases_of(telegram);
    info.refresh_time = interval;
    if (!row.names_maker) {
        info.texts = p1_texts(telegram);
    }
    return info;
}

} // namespace gridbridge
