// Several IEC 62056-21 devices on one line, each asked by its address in turn.
#pragma once

#include "drivers/stream/d0/d0_session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace gridbridge {

// One at a time: a turn is a request and its readout, or the time-out of D0Session. Then comes whoever waits
// longest beyond the interval. One that does not answer waits 2 s, 4 s ... 60 s for its next turn; before
// anybody else is asked, the line rests until a late answer has come and gone. So what arrives in a turn is
// the answer of the device that was asked, or comes from one that does not look at its address.
//
// Pure: bytes and time in, actions out, as D0Session. Used by one thread.
class D0Turns {
  public:
    static constexpr std::chrono::seconds shortest_pause{2}; // of a silent device, doubled each time
    static constexpr std::chrono::seconds longest_pause{60};
    static constexpr std::chrono::minutes longest_turn{5}; // 8 kB at 300 bit/s take 4.5 min
    static constexpr std::chrono::milliseconds rest{500};  // the devices return to 300 bit/s
    static constexpr std::chrono::seconds late_answer{2}; // behind a time-out of 4 s, where 1.5 s are allowed
    static constexpr std::chrono::milliseconds late_gap{2500}; // 2.2 s until data begin unacknowledged
    static constexpr std::chrono::minutes longest_rest{1};     // whatever is heard in it

    // One for each device; all are asked, whatever their mode says. At least one.
    explicit D0Turns(std::vector<D0SessionOptions> devices);

    // The link was opened at start_baud().
    void start(Clock::time_point now);
    int start_baud() const { return devices_.front().session.start_baud(); }
    // Everything received, in order.
    void received(std::span<const std::uint8_t> bytes, Clock::time_point now);
    // What to do now; call again until nothing is left to do.
    std::optional<D0Action> next(Clock::time_point now);
    // When next() has something to do if nothing is received.
    Clock::time_point wake_at() const;

    // The device that is being asked; nothing: the line rests, and what arrives is nobody's.
    std::optional<std::size_t> turn() const { return turn_; }
    // A turn that has ended, once: the device, and whether it sent a whole readout, good or bad.
    struct Ended {
        std::size_t device;
        bool has_answered;
    };
    std::optional<Ended> take_ended() { return std::exchange(ended_, {}); }

  private:
    struct Device {
        D0Session session;
        Clock::time_point due{}; // for its next turn
        unsigned silent = 0;     // turns in a row
    };

    std::optional<D0Action> go_on(Clock::time_point now);
    std::optional<D0Action> begin(Clock::time_point now);
    void end(Clock::time_point now);
    std::size_t next_device() const;

    std::vector<Device> devices_;
    std::optional<std::size_t> turn_;
    std::optional<Ended> ended_;
    Clock::time_point began_{};        // the turn
    Clock::time_point rest_until_{};   // before the next one
    Clock::time_point rest_at_most_{}; // whatever is heard
    Clock::duration gap_{rest};        // of silence that ends the rest
};

} // namespace gridbridge
