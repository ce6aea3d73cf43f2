#include "drivers/modbus/meter_delivery.hpp"

#include <utility>

namespace gridbridge {

MeterDelivery::MeterDelivery(SourceId source, Handoff& handoff)
    : source_(source), second_{source.meter, 1}, handoff_(handoff) {}

void MeterDelivery::announce(const MeterInfo& info, bool with_second) {
    handoff_.announce(source_, info);
    if (with_second) {
        MeterInfo second = info;
        second.serial += "_S"; // as dbus-cgwacs names it
        second.default_role = "pvinverter";
        second.supports_multiphase = false;
        handoff_.announce(second_, std::move(second));
        second_is_there_ = true;
    }
}

void MeterDelivery::put(PhaseReadings readings, Clock::time_point received, const MeterCounters& counters) {
    readings.meter.received = received;
    const WakeAtEnd wake(handoff_);
    handoff_.put(source_, readings.meter, counters, Wake::Later);
    if (readings.second) {
        readings.second->received = received;
        handoff_.put(second_, *readings.second, counters, Wake::Later);
    }
}

void MeterDelivery::forget(const MeterCounters& counters) {
    put({}, Clock::now(), counters);
    lose_second("phase 2 is being set up again", counters);
}

void MeterDelivery::lose(const std::string& reason, const MeterCounters& counters) {
    handoff_.lose(source_, reason, counters);
    lose_second(reason, counters);
}

void MeterDelivery::lose_second(const std::string& reason, const MeterCounters& counters) {
    if (std::exchange(second_is_there_, false)) {
        handoff_.lose(second_, reason, counters);
    }
}

} // namespace gridbridge
