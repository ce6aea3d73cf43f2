// A line whose answers carry no transaction id: a serial one, also over TCP, or a gateway whose ids say
// nothing. Pure.
#pragma once

#include "drivers/modbus/line/dialogue.hpp"
#include "drivers/modbus/line/foreign_traffic.hpp"
#include "drivers/modbus/line/given_answers.hpp"
#include "drivers/modbus/line/owed_answers.hpp"

namespace gridbridge {

enum class Framing : std::uint8_t { Checksum, Header }; // behind the frame; of Modbus TCP before it

// An answer is what has unit, function and length of the request and begins after it. After a time-out or
// any other frame nothing is asked until the line was silent for the longest answer seen. An answer that is
// owed can only pass for what was asked for: no other register is asked with that length meanwhile.
class UntaggedDialogue final : public Dialogue {
  public:
    // `gap`: silence between frames.
    UntaggedDialogue(Framing framing, std::chrono::microseconds gap) : framing_(framing), gap_(gap) {}

    void restart(Clock::time_point now) override;
    Clock::time_point may_ask_at(const Request& request) const override;
    Clock::time_point asks_anyway_at(const Request& request, Clock::time_point began) const override;
    void overheard(ByteView bytes, Clock::time_point now) override;
    void asked(const Request& request, std::chrono::milliseconds timeout, Clock::time_point now) override;
    Bytes frame() const override;
    std::chrono::milliseconds patience() const override { return timeout_; }
    std::optional<std::vector<std::uint16_t>> received(ByteView bytes, Clock::time_point now) override;
    [[noreturn]] void give_up(Clock::time_point now) override;
    LineHealth health() const override;
    std::uint64_t skipped_bytes() const override { return skipped_; }
    Clock::duration possible_lateness() const override { return lateness_; }

  private:
    Clock::duration silence() const;
    bool take_echo(); // false: the request comes back, and its end is not there yet
    Inspection inspect() const;
    std::vector<std::uint16_t> accept(const Inspection& found, Clock::time_point now);
    [[noreturn]] void reject(const std::string& reason, Clock::time_point now);
    [[noreturn]] void reject_anothers(std::size_t end, Clock::time_point now);
    void set_aside(Clock::time_point now);
    void take_frames(Clock::time_point now);
    void take_frame(ByteView frame, Clock::time_point now);
    void measure(Clock::duration taken);

    const Framing framing_;
    const Clock::duration gap_;
    Request request_{};
    std::chrono::milliseconds timeout_{};
    Clock::time_point asked_at_{};
    Bytes received_;        // since the request
    bool has_echo_ = false; // of this request
    Bytes heard_;           // outside of answers, what may become a frame
    OwedAnswers owed_;
    GivenAnswers given_;
    ForeignTraffic foreign_;
    Clock::time_point last_byte_{};
    Clock::time_point hold_until_{};
    bool is_unsettled_ = false; // something came, or did not, that nobody expected
    bool echoes_ = false;
    Clock::duration longest_{};  // answer seen, of late
    Clock::duration lateness_{}; // of the last answer
    std::uint16_t transaction_ = 0;
    std::uint64_t skipped_ = 0;
};

} // namespace gridbridge
