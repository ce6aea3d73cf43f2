// When to read which block of one meter. Pure: time is an argument.
#pragma once

#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace gridbridge {

// First a whole reading in its own, fewest blocks. Then cycles of `interval`: all fast blocks, and in the
// time left slow blocks in a fixed order, at least one per cycle unless all are younger than 1 s, and as many
// as keep each of them younger than 4 s. A block that failed is read again before any other: its late answer
// is then still an answer to the question asked, and its neighbours have other lengths.
class MeterPoll {
  public:
    struct Task {
        std::size_t block = 0;          // index into blocks()
        Clock::time_point not_before{}; // may lie in the past
        bool starts_cycle = false;
    };

    MeterPoll() = default;
    // `first`: as from plan_first_reading(). `cycle`: as from plan_blocks(), fast ones first, at least one;
    // blocks that are read once are left out.
    // `phase`: the beats are at multiples of the interval plus this, on the steady clock, so that meters of
    // many connections are not all read in one instant; nothing: an interval apart from the first cycle on.
    MeterPoll(const std::vector<Block>& first, std::vector<Block> cycle, std::chrono::milliseconds interval,
              std::optional<Clock::duration> phase = {});

    Task next(Clock::time_point now) const;
    void started(const Task& task, Clock::time_point now);
    // True: the snapshot is complete and new; publish it.
    bool succeeded(const Task& task, Clock::time_point now);
    void failed(const Task& task);
    // After failed(): nothing more is read before the next beat, which begins a cycle, or goes on with the
    // first reading.
    void give_up(Clock::time_point now);

    // Those of the cycle that take turns, and were not read since then.
    std::vector<Block> slow_before(Clock::time_point then) const;

    // Those of the cycle; before the first reading is complete its blocks follow.
    const std::vector<Block>& blocks() const { return blocks_; }
    // The meter has no such registers: leave every optional block out that starts there. Call instead of
    // succeeded(); same meaning of the result.
    bool remove(const Task& task);

  private:
    bool has_all() const { return first_ == blocks_.size(); }
    bool end_first_block(std::size_t block);
    bool slow_is_wanted(Clock::time_point now) const;
    Clock::time_point beat_after(Clock::time_point now) const;
    std::size_t next_slow() const { return fast_ + slow_cursor_; }

    std::vector<Block> blocks_;
    std::vector<Clock::time_point> read_at_;
    std::chrono::milliseconds interval_{0};
    std::optional<Clock::duration> phase_;
    std::size_t fast_ = 0;        // number of fast blocks
    std::size_t first_ = 0;       // blocks of the cycle; after them those still unread of the first reading
    std::size_t fast_cursor_ = 0; // next fast block; fast_: the cycle is at its slow blocks
    std::size_t slow_cursor_ = 0;
    std::size_t slow_in_cycle_ = 0;
    bool retry_slow_ = false;
    bool given_up_ = false; // until the next beat
    Clock::time_point request_started_{};
    Clock::duration slow_takes_{}; // longest recent slow read
    Clock::time_point cycle_start_{};
    Clock::time_point due_{};  // of the next cycle
    Clock::duration period_{}; // of the last cycle
};

} // namespace gridbridge
