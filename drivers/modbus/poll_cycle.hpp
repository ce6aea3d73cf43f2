// Reads the registers of one meter as its plan says, and keeps what they say. Lives on the thread of its bus
// driver.
#pragma once

#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/map/active_map.hpp"
#include "drivers/modbus/meter_poll.hpp"
#include "drivers/values/connection_bound.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

class PollCycle {
  public:
    // Reads what is read once, and plans the rest. Throws the errors of the transport. `model` must outlive
    // the use of this. `phase`: as for MeterPoll. When the meter could not be
    // read for `longest_silence`, what was read before is too old to be part of a reading: all is read again,
    // as at the beginning. What takes turns may be 15 s old or that; then it is unknown until its turn.
    struct Timing {
        std::chrono::milliseconds interval;
        std::chrono::milliseconds longest_silence;
        std::optional<Clock::duration> phase = {};
    };
    // `fuse`: A per phase, as configured.
    void begin(UnitLine& line, const ModelRow& model, PhaseUse use, const Timing& timing,
               std::optional<int> fuse = {});

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
    // An answer with a power, a current, a voltage or a frequency that cannot follow the one before is asked
    // for again at once, and believed when the next one says likewise: of 65,536 damaged answers one has a
    // right CRC. Throws the errors of the transport but ExceptionReply.
    Result read(UnitLine& line, const MeterPoll::Task& task);

    const Reading& reading() const { return raw_; } // as decoded, before options and derived values
    // How much older than its last byte it may be, because answers may have been late, or are slow.
    Clock::duration lateness() const;
    // Values left out, and answers that were no reading, since this was asked last.
    std::uint32_t take_implausible();

  private:
    void plan();
    struct Asked {
        Clock::time_point at;
        bool had_failed; // what was asked before
    };
    bool is_too_old(const MeterPoll::Task& task, const Asked& asked, Clock::duration lateness);
    bool succeeded(const MeterPoll::Task& task);
    void read_once(UnitLine& line, const std::vector<Block>& plan);
    bool follows(const Reading& decoded) const;
    Result without_reading(const MeterPoll::Task& task, const Block& block);
    void failed(const MeterPoll::Task& task, const Block& block);
    Result refused(const MeterPoll::Task& task, const Block& block, const ExceptionReply& reply);
    Result doubt(const MeterPoll::Task& task, const Block& block, const Reading& decoded);
    Result missing(const MeterPoll::Task& task, const Block& block, const ExceptionReply& reply);

    ConnectionBound connection_{{}};
    PhaseUse use_{};
    Timing timing_{};
    std::optional<Clock::time_point> answered_at_; // with good words, since begin()
    bool has_failed_ = false;                      // since then
    Clock::duration lost_{};                       // within the running cycle, by what failed
    Clock::duration lateness_{};                   // of its answers, the most
    std::optional<Clock::time_point> began_;       // its first answer
    ActiveMap map_;
    MeterPoll poll_;
    Reading raw_;
    std::unique_ptr<const Reading> doubted_; // with the answer that was not believed
    std::uint32_t without_reading_ = 0;
    std::size_t refusals_ = 0; // exception replies to the same block in a row
    std::size_t silences_ = 0; // no answer to it, or none that can be read
};

} // namespace gridbridge
