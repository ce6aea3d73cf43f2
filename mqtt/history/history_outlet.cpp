#include "mqtt/history/history_outlet.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gridbridge {
namespace {

HistoryReading history_reading(const Meter& meter) {
    HistoryReading reading;
    for (std::size_t i = 0; i < history_width; ++i) {
        const auto value = meter.reading.get(history_quantities[i].quantity);
        reading.values[i] = value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN();
    }
    if (!meter.faded) { // else its counters are those of the reading before
        reading.kwh = {meter.reading.get(Quantity::EnergyForward),
                       meter.reading.get(Quantity::EnergyReverse)};
    }
    reading.meter_second = meter.reading.meter_second;
    return reading;
}

// A gas meter behind a P1 meter has nothing that is kept.
bool has_anything(const HistoryReading& reading) {
    const bool has_value = !std::all_of(reading.values.begin(), reading.values.end(),
                                        [](float value) { return std::isnan(value); });
    return has_value || reading.kwh[0] || reading.kwh[1];
}

} // namespace

void HistoryOutlet::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (!meter.faded &&
        std::exchange(taken_[meter.source], meter.reading.received) == meter.reading.received) {
        return;
    }
    const HistoryReading reading = history_reading(meter);
    if (has_anything(reading)) {
        memory_->take(meter.info.serial, now, set_wall_clock(wall_clock_()), reading);
    } else {
        memory_->lose(meter.info.serial, now);
    }
}

void HistoryOutlet::lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    memory_->lose(meter.info.serial, now);
}

} // namespace gridbridge
