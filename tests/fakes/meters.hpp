// Meters and readings made by hand for tests.
#pragma once

#include "drivers/waist/handoff.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <string>

namespace gridbridge {

inline MeterInfo em24_info(std::string serial = "BX0120064003P") {
    MeterInfo info;
    info.kind = "cgwacs";
    info.serial = std::move(serial);
    info.product_name = "Carlo Gavazzi EM24";
    info.manufacturer = "Carlo Gavazzi";
    info.model = "EM24-DIN AV9";
    info.firmware = "4";
    info.connection = "/dev/ttyUSB0";
    info.product_id = 0xB002;
    info.device_type = 71;
    info.refresh_time = std::chrono::milliseconds(600);
    return info;
}

inline Reading grid_reading(Clock::time_point at, double l1 = 938.6, double l2 = -1780.3, double l3 = 212.7) {
    Reading reading;
    reading.received = at;
    reading.set(Quantity::PowerL1, l1);
    reading.set(Quantity::PowerL2, l2);
    reading.set(Quantity::PowerL3, l3);
    reading.set(Quantity::Power, l1 + l2 + l3);
    reading.set(Quantity::VoltageL1, 229.8999938964844);
    reading.set(Quantity::EnergyForward, 5276.4);
    reading.set(Quantity::EnergyReverse, 8742.1);
    return reading;
}

// A grid meter whose newest reading came 250 ms before `now`.
inline Meter live_grid_meter(Clock::time_point now) {
    Meter meter;
    meter.info = em24_info();
    meter.role = "grid";
    meter.life = MeterLife::Live;
    meter.last_good = now - std::chrono::milliseconds(250);
    meter.reading = grid_reading(now);
    return meter;
}

inline MeterUpdate update_of(SourceId source, std::optional<MeterInfo> info, std::optional<Reading> reading,
                             std::optional<std::string> lost = {}) {
    MeterUpdate update;
    update.source = source;
    update.info = std::move(info);
    update.reading = std::move(reading);
    update.lost = std::move(lost);
    return update;
}

// One message per line: `topic payload`, ` retained` behind retained ones.
inline std::string as_text(const Messages& messages) {
    std::string text;
    for (const Message& message : messages) {
        text += message.topic + " " + message.payload + (message.retain ? " retained\n" : "\n");
    }
    return text;
}

} // namespace gridbridge
