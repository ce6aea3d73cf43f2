#include "drivers/stream/meter_identity.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace gridbridge {
namespace {

// FNV-1a: the same on every machine and in every version, unlike std::hash.
std::string stable_hash(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) {
        hex += digits[(hash >> static_cast<unsigned>(shift)) & 0x0FU];
    }
    return hex;
}

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

} // namespace

MeterInfo describe_meter(const Telegram& telegram, const MeterConfig& meter, const std::string& connection,
                         std::optional<std::chrono::milliseconds> interval) {
    const bool sml = meter.driver == DriverKind::Sml;
    MeterInfo info;
    info.kind = sml ? "sml" : "p1";
    info.serial_is_stable = !telegram.serial.empty();
    info.serial = info.serial_is_stable ? telegram.serial : stable_hash(meter.uri);
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
    return info;
}

} // namespace gridbridge
