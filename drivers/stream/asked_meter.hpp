// One of several D0 meters that are asked in turn on one line: from the bytes of its turns to the hand-off.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/d0/d0_owners.hpp"
#include "drivers/stream/line_meters.hpp"
#include "drivers/stream/share/share.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gridbridge {

// Its place on the line.
struct AskedPlace {
    SourceId id;
    std::size_t number = 0; // in `owners`
    D0Owners& owners;       // of all that share the line
};

// A meter of its own in all that is published. Used by one thread; what is given by reference must outlive
// it.
class AskedMeter {
  public:
    static constexpr unsigned most_misses = 3; // turns in a row without a readout until it is lost

    AskedMeter(AskedPlace place, MeterConfig meter, Handoff& handoff, const Log& log);

    void open_share() { share_ = make_share(meter_, log_); }
    void close_share() { share_.reset(); }

    // What arrived in its turn. True: a readout of it was taken.
    bool take(std::span<const std::uint8_t> bytes, Clock::time_point now, const std::string& connection);
    // Its turn is over. True: a readout of it was taken by that.
    bool end_turn(bool has_answered, Clock::time_point now, const std::string& connection);
    // What arrived in nobody's turn, after its own.
    void skipped(std::size_t bytes) { skipped_ += bytes; }
    // With the line; what of a readout has come is dropped.
    void lose_link(const std::string& reason);

  private:
    void lose(const std::string& reason);
    void on_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw);
    bool is_own(const Telegram& telegram);
    std::string complaint(bool has_answered) const;
    void count();

    AskedPlace place_;
    MeterConfig meter_; // its URI names the address
    Handoff& handoff_;
    const Log& log_;
    D0Decoder decoder_;
    LineMeters meters_;
    MeterCounters counters_;
    std::unique_ptr<Share> share_;
    Clock::time_point now_{}; // of the bytes being decoded
    std::string connection_;
    std::string recognised_;
    std::string last_reason_;    // of the loss, empty while readouts come
    std::string foreign_serial_; // of another device that answered in this turn
    std::uint64_t skipped_ = 0;
    unsigned misses_ = 0;     // turns in a row
    bool was_taken_ = false;  // by the last bytes
    bool was_served_ = false; // in this turn
};

} // namespace gridbridge
