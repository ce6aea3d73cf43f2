// The newest snapshot, from the publisher thread to those who ask: health, metrics, queries, the monitor.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/status/snapshot.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// A snapshot is made only when somebody asks: the publisher looks at one flag per step. Any thread unless
// said otherwise.
class SnapshotBoard {
  public:
    // `wake` makes the publisher take its next step; called under the lock of the board.
    explicit SnapshotBoard(std::function<void()> wake) : wake_(std::move(wake)) {}

    // A snapshot not older than 50 ms, which bounds what many askers cost, nor than the newest loss of a
    // meter; askers share it. Null when the publisher does not answer within `limit`, at most 2 s, or has
    // left.
    std::shared_ptr<const Snapshot> ask(std::chrono::milliseconds limit);

    // Lets this time pass; false at once when the publisher has left.
    bool pause(std::chrono::milliseconds time);

    // Publisher thread: a snapshot made after take_wanted() was true goes to put().
    bool take_wanted() { return wanted_.exchange(false); }
    void put(Snapshot snapshot);
    // Publisher thread: what is on the board is true no more.
    void outdate();
    // Publisher thread: nobody waits for it any more, and a copy of all meters is not small.
    void clear();
    // Publisher thread: whether anybody is there who answers. Open at first.
    void open();
    void close();

  private:
    struct State {
        std::shared_ptr<const Snapshot> snapshot;
        std::optional<Clock::time_point> made_at; // none: outdated
        std::uint64_t count = 0;                  // snapshots since start
        bool is_closed = false;
    };

    std::function<void()> wake_;
    std::atomic<bool> wanted_ = false;
    Guarded<State> state_;
};

struct SnapshotOptions {
    std::string version;
    std::string commit;
    // Called on the publisher thread; may be empty.
    std::function<BrokerHealth()> broker;
    std::function<std::vector<std::string>()> problems = {};
    std::function<std::vector<std::string>()> remarks = {};
    std::function<std::vector<ConnectionHealth>()> connections = {};
    std::function<void(Snapshot&)> add_findings = {};
    std::function<std::vector<SinkHealth>()> sinks = {};
};

// Keeps the board. Says nothing over MQTT. Publisher thread only; `board` must outlive it.
class SnapshotOutlet final : public Outlet, public Timed {
  public:
    SnapshotOutlet(SnapshotBoard& board, SnapshotOptions options)
        : board_(board), options_(std::move(options)) {
        board_.open();
    }

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void lost(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) override {
        board_.outdate();
    }
    void gone(const Meter& /*meter*/, Messages& /*out*/) override { board_.outdate(); }
    void tick(Clock::time_point now, Messages& out) override;
    // Who asks wakes the publisher.
    Clock::time_point next_tick(Clock::time_point /*now*/) const override { return clear_at_; }
    void leave(Messages& /*out*/) override { board_.close(); }

  private:
    SnapshotBoard& board_;
    SnapshotOptions options_;
    Snapshot snapshot_of(Clock::time_point now) const;

    std::optional<Clock::time_point> started_;
    Clock::time_point clear_at_ = Clock::time_point::max();
    std::map<SourceId, const Meter*> meters_;
};

} // namespace gridbridge
