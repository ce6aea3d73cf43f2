// One of the meters on a line, from its telegrams to the hand-off.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/mbus_sources.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/stream/power_watch.hpp"
#include "drivers/values/doubtful_values.hpp"
#include "drivers/values/interval.hpp"
#include "drivers/waist/handoff.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace gridbridge {

// What a telegram came with.
struct Arrival {
    Clock::time_point received{};
    std::string connection; // of the line
    std::string advice;     // about the line; empty: nothing
    SharedTelegram copy{};  // what is kept of it; may be none
};

// Announces, hands over and loses it, and the M-Bus devices behind it. Used by one thread; what is given by
// reference must outlive it.
class StreamMeter {
  public:
    // `place` on the line, see LineIdentities.
    StreamMeter(SourceId line, std::size_t place, const MeterConfig& meter, Handoff& handoff);

    // A telegram that does not count yet: what it says proves what the next one of its sender repeats.
    void foresee(const Telegram& telegram, Clock::time_point received);
    void serve(const Telegram& telegram, const Arrival& arrival, MeterCounters& counters);
    // Announces it anew with `problem` of its line, if it is announced; serve() takes that back.
    void advise(const std::string& problem);
    // With the devices behind it. `said`: the reason is new.
    void lose(const std::string& reason, bool said, const MeterCounters& counters);

    SourceId source() const { return source_; }
    const PowerWatch& power() const { return power_; }
    bool is_announced() const { return announced_.has_value(); }

  private:
    // What is kept to judge values of one sender by.
    struct Known {
        std::string serial;
        DoubtfulValues values;
    };
    Reading read(const Telegram& telegram, Clock::time_point received, Known& known, MeterCounters& counters);
    void announce(const Telegram& telegram, const Arrival& arrival);

    const MeterConfig& meter_;
    Handoff& handoff_;
    SourceId source_;
    MbusSources devices_;
    IntervalMeter interval_;
    Known known_;
    Known foreseen_;
    std::optional<MeterInfo> announced_; // nothing since the last loss
    PowerWatch power_;
};

} // namespace gridbridge
