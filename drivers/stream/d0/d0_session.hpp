// The reader's side of an IEC 62056-21 readout: when to ask, what to send, when to change the speed.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

struct D0SessionOptions {
    ReadoutMode mode = ReadoutMode::Auto;
    std::string address;                      // of the device, in the request; empty: any
    bool wakeup = false;                      // zeros first: battery meters sleep
    int listen_baud = 9600;                   // bit/s, of a meter that sends unasked
    int request_baud = 300;                   // bit/s, of the sign-on (chapter 6.3.2)
    bool can_change_speed = true;             // false: stay at request_baud (TCP)
    std::chrono::milliseconds interval{5000}; // from request to request, at least
};

// What to do now: change the speed, then send.
struct D0Action {
    int baud = 0; // bit/s; 0: as it is
    std::vector<std::uint8_t> send;
};

// Modes A, B and C of IEC 62056-21. Auto listens first, as a meter that sends unasked must not be asked, and
// asks when no telegram was heard for 6 s; after three requests without a readout it listens again. Pure:
// bytes and time in, actions out. Echoes of what was sent are ignored. Used by one thread.
class D0Session {
  public:
    explicit D0Session(D0SessionOptions options) : options_(std::move(options)) {}

    // The link was opened at start_baud().
    void start(Clock::time_point now);
    int start_baud() const;
    // Everything received, in order; the same bytes go to the decoder.
    void received(std::span<const std::uint8_t> bytes, Clock::time_point now);
    // What to do now; call again until nothing is left to do.
    std::optional<D0Action> next(Clock::time_point now);
    // When next() has something to do if nothing is received.
    Clock::time_point wake_at() const { return wake_at_; }

    // Between two readouts of mode request; a new one begins at wake_at().
    bool is_pausing() const { return state_ == State::Pausing; }
    int failures() const { return failures_; } // requests without a whole readout, in a row
    // Counts the readout under way as one that failed.
    void give_up(Clock::time_point now);

  private:
    enum class State : std::uint8_t {
        Listening,
        WakingUp,
        Requested,
        Identified,
        Acknowledged,
        Reading,
        Pausing
    };
    enum class Seen : std::uint8_t { Nothing, Mark, Checksum }; // of the data's end: "!", ETX and one more
    std::optional<D0Action> ask(Clock::time_point now);
    std::optional<D0Action> send_request(Clock::time_point now);
    std::optional<D0Action> answer(Clock::time_point now);
    std::optional<D0Action> read_on(Clock::time_point now, int baud);
    std::optional<D0Action> finish(Clock::time_point now);
    std::optional<D0Action> listen(Clock::time_point now);
    void hear(char c, Clock::time_point now);
    void take_ident(char c, Clock::time_point now);
    void take_data(char c, Clock::time_point now);
    Clock::time_point data_deadline(Clock::time_point now) const;
    void enter(State state, Clock::time_point wake_at);
    Clock::duration sending_time(std::size_t bytes) const;

    D0SessionOptions options_;
    State state_ = State::Listening;
    Clock::time_point wake_at_{};
    Clock::time_point asked_{};
    std::string line_;             // being received
    Clock::time_point heard_at_{}; // the beginning of the last telegram while listening
    int heard_bytes_ = 0;          // since then
    int baud_ = 300;               // of the line now
    int new_baud_ = 0;             // of the data
    bool acknowledge_ = false;
    bool fast_ = false; // the meter reacts within 20 ms
    Seen seen_ = Seen::Nothing;
    char before_ = 0; // the last byte of the data
    std::size_t data_bytes_ = 0;
    int failures_ = 0; // in a row
};

} // namespace gridbridge
