#include "drivers/stream/stream_meter.hpp"

#include "drivers/stream/obis/mbus.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/obis_power.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::uint16_t channels_of_place = 8; // the meter and up to 4 devices behind it

std::uint16_t channel_of(std::size_t place) {
    return static_cast<std::uint16_t>(place * channels_of_place);
}

} // namespace

StreamMeter::StreamMeter(SourceId line, std::size_t place, const MeterConfig& meter, Handoff& handoff)
    : meter_(meter), handoff_(handoff), source_{line.meter, channel_of(place)},
      devices_(source_, meter.fuse, handoff), known_{{}, UncheckedValues(meter.fuse)}, foreseen_(known_) {}

void StreamMeter::foresee(const Telegram& telegram, Clock::time_point received) {
    MeterCounters uncounted;
    if (telegram.serial != foreseen_.serial) {
        foreseen_ = {telegram.serial, UncheckedValues(meter_.fuse)};
    }
    read(telegram, received, foreseen_, uncounted);
}

void StreamMeter::serve(const Telegram& telegram, const Arrival& arrival, MeterCounters& counters) {
    interval_.arrived(arrival.received);
    if (telegram.serial != known_.serial) { // what another meter said proves nothing
        known_ = telegram.serial == foreseen_.serial ? foreseen_
                                                     : Known{telegram.serial, UncheckedValues(meter_.fuse)};
    }
    const Reading reading = read(telegram, arrival.received, known_, counters);
    had_power_ = had_power_ || reading.has(Quantity::Power) || is_heat_meter(telegram); // has none
    had_phases_ = had_phases_ || std::ranges::any_of(phases_of(Quantity::Power),
                                                     [&](Quantity phase) { return reading.has(phase); });
    announce(telegram, reading, arrival);
    handoff_.put(source_, reading, counters);
    if (driver_row(meter_.driver).has_mbus) {
        devices_.serve(mbus_devices(telegram, meter_, arrival.connection),
                       {telegram.has_checksum, arrival.received}, counters);
    }
}

Reading StreamMeter::read(const Telegram& telegram, Clock::time_point received, Known& known,
                          MeterCounters& counters) {
    Reading reading = to_reading(telegram, meter_.direction, meter_.phases, meter_.invert);
    reading.received = received;
    counters.implausible += reading.take_implausible();
    counters.implausible += known.values.apply(reading, telegram.has_checksum);
    return reading;
}

void StreamMeter::announce(const Telegram& telegram, const Reading& reading, const Arrival& arrival) {
    MeterInfo info = describe_meter(telegram, meter_, arrival.connection, interval_.rounded());
    const std::string_view of_power =
        had_power_ && had_phases_ ? std::string_view() : power_advice(telegram, reading); // what never came
    for (const std::string_view advice :
         {of_power.empty() && !had_power_ ? driver_row(meter_.driver).no_power_advice : of_power,
          std::string_view(arrival.advice)}) {
        info.advice += (info.advice.empty() || advice.empty() ? "" : "; ") + std::string(advice);
    }
    if (announced_ != info) {
        handoff_.announce(source_, info);
        announced_ = std::move(info);
    }
}

void StreamMeter::advise(const std::string& problem) {
    if (announced_) {
        announced_->advice = problem;
        handoff_.announce(source_, *announced_);
    }
}

void StreamMeter::lose(const std::string& reason, bool said, const MeterCounters& counters) {
    announced_.reset();
    devices_.lose(reason, counters);
    interval_.interrupt();
    if (said) {
        handoff_.lose(source_, reason, counters);
    }
}

} // namespace gridbridge
