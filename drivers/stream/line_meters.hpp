// The meters of one line: each telegram to whom it belongs.
#pragma once

#include "drivers/stream/line_identities.hpp"
#include "drivers/stream/stream_meter.hpp"
#include "drivers/waist/log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

struct LineTelegram {
    const Telegram& telegram;
    std::span<const std::uint8_t> raw;
    Clock::time_point received{};
    std::string connection; // of the line
};

// Used by one thread; what is given by reference must outlive it.
class LineMeters {
  public:
    // `most_meters` can send on the line.
    LineMeters(SourceId line, const MeterConfig& meter, Handoff& handoff, const Log& log,
               std::size_t most_meters = LineIdentities::most_places)
        : line_(line), meter_(meter), handoff_(handoff), log_(log), identities_(most_meters) {}

    // False: it cannot be said whose it is. Counts it either way; says what is wrong with the line, once.
    bool serve(const LineTelegram& arrived, MeterCounters& counters);
    // All of them. `is_news`: the reason is another than the last one.
    void lose(const std::string& reason, bool is_news, const MeterCounters& counters);
    // Of those that are announced; the next telegram of one takes its advice back.
    void advise(const std::string& problem);
    bool is_announced() const; // one of them, since the last loss

  private:
    StreamMeter& meter_at(std::size_t place);
    void say_of_power(const PowerWatch& power);
    void list_once(const Sender& sender, const Telegram& telegram);
    void refuse(const LineTelegram& arrived, MeterCounters& counters);
    std::string advice(Clock::time_point now); // empty: nothing is wrong with the serial numbers

    SourceId line_;
    const MeterConfig& meter_;
    Handoff& handoff_;
    const Log& log_;
    LineIdentities identities_;
    std::vector<std::unique_ptr<StreamMeter>> meters_; // by place
    std::map<std::size_t, std::string> listed_;        // serial number, by place
    bool said_unsteady_ = false;
    bool said_no_power_ = false;
    bool said_lost_power_ = false;
};

} // namespace gridbridge
