// "Switch a load of about 2000 W on L1 on": which phase of the meter sees it, and in which direction. Pure.
#pragma once

#include "drivers/waist/reading.hpp"
#include "mqtt/doctor/power_steps.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Prepare: sees what flows before. SwitchOn, SwitchOff: waits for people. Lost: the meter gives no readings,
// and the phase begins anew with the next. Done: every phase had its turn. Ended: before that.
enum class LoadState : std::uint8_t { Prepare, SwitchOn, SwitchOff, Lost, Done, Ended };

struct LoadProgress {
    LoadState state = LoadState::Prepare;
    std::string phase;                  // whose turn it is: "L1", "total"; empty: none is known yet
    std::string text;                   // what to do, or how it ended: one sentence
    std::vector<std::string> sentences; // what was seen so far: "L1: +1980 W: right"
    bool is_right = false;              // Done, and every phase is as it should be

    bool operator==(const LoadProgress&) const = default;
};

// One meter, one phase after the other; positive is import. A phase waits 2 minutes for each switching.
// Publisher thread only.
class LoadTest {
  public:
    static constexpr double least_watts = 200;
    static constexpr double most_watts = 20'000;

    // `phases`: 1 to 3, in the order of their turns; empty: those that the first reading has, or the total
    // if it has none.
    LoadTest(double watts, std::vector<std::size_t> phases, Clock::time_point now);

    void reading(const Reading& reading, Clock::time_point now);
    void lost(Clock::time_point now);
    void tick(Clock::time_point now);
    void end(); // somebody has enough of it

    const LoadProgress& progress() const { return progress_; }
    bool is_over() const { return progress_.state == LoadState::Done || progress_.state == LoadState::Ended; }
    Clock::time_point next_tick() const;

  private:
    struct Channel {
        Quantity quantity;
        std::string name;
        PowerSteps power;
        std::optional<double> load = {}; // of ours, as long as it is on there
    };
    struct Seen {
        std::size_t channel;
        double size;
        Clock::time_point at;
    };
    void take_channels(const Reading& reading);
    std::vector<Seen> take_steps(Clock::time_point now);
    void wait_for_step(const std::vector<Seen>& steps, Clock::time_point now);
    void wait_for_end(const std::vector<Seen>& steps, Clock::time_point now);
    void found(const Seen& seen, Clock::time_point now);
    void prepare(Clock::time_point now);
    void ask(LoadState state, Clock::time_point now);
    void next_phase(Clock::time_point now);
    void finish();
    std::string sentence_of(const Seen& seen) const;
    Channel& wanted() { return channels_.at(turn_); }

    double watts_;
    std::vector<std::size_t> phases_;
    std::vector<Channel> channels_;
    std::size_t turn_ = 0;
    std::vector<std::optional<Seen>> results_; // of each turn
    std::optional<Seen> elsewhere_;            // on another phase; the one wanted may follow
    bool is_unsure_ = false;                   // a load that was seen did not go
    Clock::time_point until_;                  // patience ends
    LoadProgress progress_;
};

} // namespace gridbridge
