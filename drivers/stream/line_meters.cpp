#include "drivers/stream/line_meters.hpp"

#include "drivers/stream/obis/kept_telegram.hpp"
#include "drivers/stream/obis/object_list.hpp"

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
    const bool is_queried = handoff_.keeps_telegrams();
    const bool is_kept = is_queried || publishes_telegrams(meter_);
    const Arrival arrival{arrived.received, arrived.connection, advice(arrived.received),
                          is_kept ? copy_telegram(telegram, arrived.raw, meter_, is_queried) : nullptr};
    if (telegram.serial == sender->serial.text) {
        meter.serve(telegram, arrival, counters);
    } else { // it has sent none this time
        Telegram named = telegram;
        named.serial = sender->serial.text;
        named.former_serial = sender->serial.former;
        meter.serve(named, arrival, counters);
    }
    say_of_power(meter.power());
    list_once(*sender, telegram);
    return true;
}

// Once, and again when it has lost it again.
void LineMeters::say_of_power(const PowerWatch& power) {
    const DriverRow& driver = driver_row(meter_.driver);
    if (power.has_lost_power() && !std::exchange(said_lost_power_, true)) {
        log_(LogLevel::Warn, meter_.uri, std::string(power.advice(driver)));
    } else if (!power.has_had_power() && !std::exchange(said_no_power_, true)) {
        log_(LogLevel::Warn, meter_.uri, "the meter sends " + std::string(driver.no_power_advice));
    }
    said_lost_power_ = said_lost_power_ && power.has_lost_power();
}

// What its first telegram has, for people; again when another meter has its place.
void LineMeters::list_once(const Sender& sender, const Telegram& telegram) {
    const auto [listed, is_first] = listed_.try_emplace(sender.place, sender.serial.text);
    if (!is_first && std::exchange(listed->second, sender.serial.text) == sender.serial.text) {
        return;
    }
    for (const std::string& line : list_objects(telegram, meter_)) {
        log_(LogLevel::Debug, meter_.uri, line);
    }
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
