#include "drivers/stream/line_meters.hpp"

#include "drivers/stream/obis/kept_telegram.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gridbridge {

bool LineMeters::serve(const LineTelegram& arrived, MeterCounters& counters) {
    const Telegram& telegram = arrived.telegram;
    const auto sender =
        identities_.judge({telegram.serial, telegram.former_serial}, telegram.has_checksum, arrived.received);
    if (!sender) {
        refuse(arrived, counters);
        return false;
    }
    ++counters.good;
    StreamMeter& meter = meter_at(sender->place);
    if (handoff_.keeps_telegrams()) {
        handoff_.keep(meter.source(), copy_telegram(telegram, arrived.raw));
    }
    const Arrival arrival{arrived.received, arrived.connection, advice(arrived.received)};
    if (telegram.serial == sender->serial.text) {
        meter.serve(telegram, arrival, counters);
    } else { // it has sent none this time
        Telegram named = telegram;
        named.serial = sender->serial.text;
        named.former_serial = sender->serial.former;
        meter.serve(named, arrival, counters);
    }
    if (!meter.has_had_power() && !std::exchange(said_no_power_, true)) {
        log_(LogLevel::Warn, meter_.uri,
             "the meter sends " + std::string(driver_row(meter_.driver).no_power_advice));
    }
    return true;
}

void LineMeters::refuse(const LineTelegram& arrived, MeterCounters& counters) {
    ++counters.unidentified;
    meter_at(0).foresee(arrived.telegram, arrived.received);
    const std::string problem = advice(arrived.received);
    if (!problem.empty() && !std::exchange(said_unsteady_, true)) {
        log_(LogLevel::Warn, meter_.uri, problem);
    }
}

std::string LineMeters::advice(Clock::time_point now) {
    const bool is_unsteady = identities_.is_unsteady(now);
    said_unsteady_ = said_unsteady_ && is_unsteady;
    return is_unsteady ? "telegrams with ever new serial numbers are left out: is the line disturbed, or do "
                         "several meters send on it?"
                       : "";
}

StreamMeter& LineMeters::meter_at(std::size_t place) {
    while (meters_.size() <= place) {
        meters_.push_back(std::make_unique<StreamMeter>(line_, meters_.size(), meter_, handoff_));
        if (meters_.size() > 1) {
            log_(LogLevel::Warn, meter_.uri,
                 std::to_string(meters_.size()) +
                     " meters take turns on this line, by their serial numbers: each is served on its own");
        }
    }
    return *meters_[place];
}

void LineMeters::lose(const std::string& reason, bool is_news, const MeterCounters& counters) {
    meter_at(0); // also one that has never said anything
    for (const auto& meter : meters_) {
        meter->lose(reason, is_news, counters);
    }
}

void LineMeters::advise(const std::string& problem) {
    for (const auto& meter : meters_) {
        meter->advise(problem);
    }
}

bool LineMeters::is_announced() const {
    return std::any_of(meters_.begin(), meters_.end(),
                       [](const auto& meter) { return meter->is_announced(); });
}

} // namespace gridbridge
