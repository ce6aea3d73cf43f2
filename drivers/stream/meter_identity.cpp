#include "drivers/stream/meter_identity.hpp"

#include "drivers/stream/p1_texts.hpp"

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
        for (std::size_t i = 0; i + 1 < object.text.size(); i += 2) {
            const int octet = std::stoi(object.text.substr(i, 2), nullptr, 16);
            if (octet > ' ' && octet <= '~') {
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

// The ident behind the slash: three letters of the maker, the speed, free text.
std::string model_of(const Telegram& telegram) {
    const std::string& ident = telegram.ident;
    const auto* const maker = std::find_if(maker_rows.begin(), maker_rows.end(),
                                           [&](const MakerRow& row) { return ident.starts_with(row.flag); });
    if (maker == maker_rows.end() || ident.size() < 4) {
        return ident;
    }
    std::string_view free_text = std::string_view(ident).substr(4);
    free_text.remove_prefix(free_text.starts_with('\\') ? 1 : 0);
    return std::string(maker->name) + (free_text.empty() ? "" : " ") + std::string(free_text);
}

} // namespace

// FNV-1a: the same on every machine and in every version, unlike std::hash.
std::string serial_from_uri(std::string_view uri) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : uri) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) {
        hex += digits[(hash >> static_cast<unsigned>(shift)) & 0x0FU];
    }
    return hex;
}

std::string dialect_of(const Telegram& telegram, DriverKind driver) {
    if (driver == DriverKind::Sml) {
        const std::string maker = maker_of(telegram);
        return "SML" + (maker.empty() ? "" : ", " + maker);
    }
    if (driver == DriverKind::D0) {
        return "IEC 62056-21, " + telegram.ident;
    }
    return version_of(telegram) + ", " + model_of(telegram);
}

MeterInfo describe_meter(const Telegram& telegram, const MeterConfig& meter, const std::string& connection,
                         std::optional<std::chrono::milliseconds> interval) {
    const bool sml = meter.driver == DriverKind::Sml;
    MeterInfo info;
    info.kind = sml ? "sml" : "p1";
    info.serial_is_stable = !telegram.serial.empty();
    info.serial = info.serial_is_stable ? telegram.serial : serial_from_uri(meter.uri);
    info.product_name = sml ? "SML smart meter" : "P1 smart meter";
    info.model = sml ? maker_of(telegram) : telegram.ident;
    if (meter.driver == DriverKind::D0) {
        info.kind = "d0";
        info.product_name = "IEC 62056-21 meter";
    }
    info.firmware = telegram.firmware;
    info.connection = connection;
    info.phases = phases_of(telegram);
    info.refresh_time = interval;
    if (!sml) {
        info.texts = p1_texts(telegram);
    }
    return info;
}

} // namespace gridbridge
