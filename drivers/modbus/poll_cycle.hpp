// Reads the registers of one meter as its plan says, and keeps what they say. Lives on the thread of its bus
// driver.
#pragma once

#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/map/active_map.hpp"
#include "drivers/modbus/meter_poll.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

class PollCycle {
  public:
    // Reads what is read once, and plans the rest. Throws the errors of the transport. `model` must outlive
    // the use of this. `phase`: as for MeterPoll.
    void begin(UnitLine& line, const ModelRow& model, PhaseUse use, std::chrono::milliseconds interval,
               std::optional<Clock::duration> phase = {});

    MeterPoll::Task next(Clock::time_point now) const { return poll_.next(now); }

    struct Result {
        enum class Kind : std::uint8_t {
            Read,
            MapChanged, // other registers are at these addresses now
            Missing,    // the meter has no such registers: they are not read again
            Replanned,  // read in another way from now on
            Refused,    // by an exception, which counts; or by one that does not
        };
        Kind kind = Kind::Read;
        bool is_complete = false; // Read, Missing: reading() is whole and new
        Block block{};
        std::optional<ExceptionReply> error{}; // Refused: one that counts
        std::string remark{};                  // Missing, Replanned: for the log
    };
    // What failed last is not asked again before the next beat.
    void give_up(Clock::time_point now) { poll_.give_up(now); }
    // Throws the errors of the transport but ExceptionReply.
    Result read(UnitLine& line, const MeterPoll::Task& task);

    const Reading& reading() const { return raw_; } // as decoded, before options and derived values
    // Values left out, and answers that were no reading, since this was asked last.
    std::uint32_t take_implausible();

  private:
    void plan();
    void read_once(UnitLine& line, const std::vector<Block>& plan);
    Result without_reading(const MeterPoll::Task& task, const Block& block);
    void failed(const MeterPoll::Task& task, const Block& block);
    Result refused(const MeterPoll::Task& task, const Block& block, const ExceptionReply& reply);
    Result missing(const MeterPoll::Task& task, const Block& block, const ExceptionReply& reply);

    PhaseUse use_{};
    std::chrono::milliseconds interval_{};
    std::optional<Clock::duration> phase_;
    ActiveMap map_;
    MeterPoll poll_;
    Reading raw_;
    std::uint32_t without_reading_ = 0;
    std::size_t refusals_ = 0; // exception replies to the same block in a row
    std::size_t silences_ = 0; // no answer to it, or none that can be read
};

} // namespace gridbridge
