// What each object of a telegram is used for. Pure.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/mbus.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/reading.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace gridbridge {

// Found by asking the functions that use the objects (to_reading, mbus_devices, describe_meter, dialect_of)
// what they make of the telegram when the value of one object is another: no list of its own that could say
// something else than they do. What an object decides only now and then (the sign of a power, which M-Bus
// meter was left behind) is seen when it does so in this telegram.
class ObisUses {
  public:
    // `telegram` is copied.
    ObisUses(Telegram telegram, const MeterConfig& meter);

    // Of object number `index`, for people: "power_l1, power", "M-Bus device 1", "Ean", "serial number";
    // "unused".
    std::string of(std::size_t index);

  private:
    struct Made {
        Reading reading;
        MeterInfo info;
        std::vector<MbusDevice> devices;
        std::string dialect;
    };
    Made make() const;

    MeterConfig meter_;
    Telegram telegram_;
    Made made_;
};

} // namespace gridbridge
