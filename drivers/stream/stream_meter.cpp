#include "drivers/stream/stream_meter.hpp"

#include "drivers/stream/obis/mbus.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"

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
      devices_(source_, meter.fuse, handoff), known_{{}, DoubtfulValues(meter.fuse)}, foreseen_(known_) {}

void StreamMeter::foresee(const Telegram& telegram, Clock::time_point received) {
    MeterCounters uncounted;
    if (telegram.serial != foreseen_.serial) {
        foreseen_ = {telegram.serial, DoubtfulValues(meter_.fuse)};
    }
    read(telegram, received, foreseen_, uncounted);
}

void StreamMeter::serve(const Telegram& telegram, const Arrival& arrival, MeterCounters& counters) {
    interval_.arrived(arrival.received);
    if (telegram.serial != known_.serial) { // what another meter said proves nothing
        known_ = telegram.serial == foreseen_.serial ? foreseen_
                                                     : Known{telegram.serial, DoubtfulValues(meter_.fuse)};
    }
    const Reading reading = read(telegram, arrival.received, known_, counters);
    power_.take(telegram, reading);
    announce(telegram, arrival);
    if (arrival.copy) { // behind who it is, before its reading
        handoff_.keep(source_, arrival.copy);
    }
    const WakeAtEnd wake(handoff_);
    handoff_.put(source_, reading, counters, Wake::Later);
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

void StreamMeter::announce(const Telegram& telegram, const Arrival& arrival) {
    MeterInfo info = describe_meter(telegram, meter_, arrival.connection, interval_.rounded());
    for (const std::string_view advice :
         {power_.advice(driver_row(meter_.driver)), std::string_view(arrival.advice)}) {
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
    if (said) {
        handoff_.lose(source_, reason, counters);
    }
}

} // namespace gridbridge
