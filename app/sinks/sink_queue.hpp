// The points that a sink does not have yet, in order, in segments of a QueueStore.
#pragma once

#include "app/sinks/queue_store.hpp"
#include "mqtt/sinks/queue_position.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

struct SinkQueueOptions {
    std::uint64_t max_size = 64'000'000;                                     // bytes of all segments
    std::uint64_t boot = 1;                                                  // which one this is; never 0
    std::function<std::string()> make_run = [] { return std::string("0"); }; // random, of a new queue
};

// A place in the queue: everything up to point `seq` lies before it.
struct QueueCursor {
    std::uint64_t segment = 0; // its first seq
    std::uint64_t offset = 0;
    std::uint64_t seq = 0;
};

struct TakenPoint {
    QueuedPoint point;
    QueueCursor after;
};

// By one thread at a time. What fails throws std::runtime_error (path, reason, fix); it may be tried again.
class SinkQueue {
  public:
    // After a machine that stopped without a word, points that were sent may be missing here: no seq of
    // theirs is given once more.
    static constexpr std::uint64_t seq_leap = 1'000'000;

    // Looks at all that is there; a record that was not written to its end is cut off.
    SinkQueue(std::unique_ptr<QueueStore> store, SinkQueueOptions options);

    const std::string& run() const { return run_; } // of the queue, 16 hex digits

    // Gives each its seq. Beyond the size the oldest segments are dropped and counted. Throws when the store
    // takes none of them.
    void append(std::span<QueuedPoint> points);
    // The next points after the cursor, at most so many and so many bytes of records; at least one if there
    // is any. Moves the cursor behind them.
    std::vector<TakenPoint> read(std::size_t most_points, std::size_t most_bytes);
    const QueueCursor& cursor() const { return read_; }
    void go_to(const QueueCursor& cursor) { read_ = cursor; }
    // The cursor goes back to the oldest point that is not acknowledged.
    void rewind();
    // The sink has everything up to here.
    void acknowledge(const QueueCursor& after);
    // What was appended and acknowledged survives the end of the machine.
    void sync();

    QueueStore& store() { return *store_; }
    std::uint64_t waiting() const;                     // points that are not acknowledged
    std::uint64_t size() const;                        // bytes of all segments
    std::uint64_t dropped() const { return dropped_; } // points, of those that were never acknowledged
    std::uint64_t damaged() const { return damaged_; } // segments with a part that cannot be read

  private:
    struct Segment {
        std::uint64_t first = 0;
        std::uint64_t last = 0; // first - 1: none
        std::uint64_t size = 0;
    };

    void open();
    void scan(Segment& segment, bool is_last);
    bool take_run(bool has_position);
    void write_position();
    void begin_segment();
    void write_some(std::span<QueuedPoint> points);
    void drop_oldest();
    void remove_acknowledged();
    std::vector<TakenPoint> read_segment(const Segment& segment, std::size_t most_points,
                                         std::size_t most_bytes);
    const Segment* next_segment(std::uint64_t first) const;
    void skip_rest(const Segment& segment);
    std::uint64_t unacknowledged(const Segment& segment) const;

    std::unique_ptr<QueueStore> store_;
    SinkQueueOptions options_;
    std::string run_;
    std::deque<Segment> segments_;
    QueuePosition position_;
    QueueCursor read_;
    QueueCursor acknowledged_;
    bool needs_segment_ = true; // nothing more is written into the last one
    bool is_synced_ = true;
    std::uint64_t dropped_ = 0;
    std::uint64_t damaged_ = 0;
};

} // namespace gridbridge
