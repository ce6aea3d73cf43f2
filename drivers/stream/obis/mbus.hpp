// Meters of gas, water, heat and further electricity that a P1 meter reads over M-Bus (DSMR P1 Companion
// Standard 5.0.2, table 6-1; eMUCS-P1).
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/reading.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct MbusDevice {
    std::uint16_t channel = 0; // 1..4, in the order of installation; says nothing about the kind
    MeterInfo info;
    Reading reading; // `received` is left to the caller
};

// The devices of `telegram` that have a valid reading, by channel. A reading whose time stamp is no date or
// whose unit is unknown is none. When several are of one kind, those whose time stamp is more than a day
// behind the newest were left behind by an exchange and are dropped; so is one whose stamp is more than a day
// later than the telegram's own time. A lone one stays, whatever its clock says. Pure. `meter` is the P1
// meter, `connection` its connection.
std::vector<MbusDevice> mbus_devices(const Telegram& telegram, const MeterConfig& meter,
                                     const std::string& connection);

} // namespace gridbridge
