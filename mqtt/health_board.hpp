// The newest view of the service, from the publisher thread to those who ask how it is.
#pragma once

#include "mqtt/health.hpp"
#include "mqtt/outlet.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace gridbridge {

// A view is made only when somebody asks: the publisher looks at one flag per step. Any thread unless said
// otherwise.
class HealthBoard {
  public:
    // `wake` makes the publisher take its next step.
    explicit HealthBoard(std::function<void()> wake) : wake_(std::move(wake)) {}

    // A view not older than 50 ms, which bounds what many askers cost. Nothing when the publisher does not
    // answer within `limit`, or has left.
    std::optional<HealthView> ask(std::chrono::milliseconds limit);

    // Publisher thread: a view made after take_wanted() was true goes to put().
    bool take_wanted() { return wanted_.exchange(false); }
    void put(HealthView view);
    void close();

  private:
    std::function<void()> wake_;
    std::atomic<bool> wanted_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    HealthView view_;                          // guarded by mutex_
    std::optional<Clock::time_point> made_at_; // guarded by mutex_
    bool closed_ = false;                      // guarded by mutex_
};

struct HealthOutletOptions {
    std::string version;
    std::string commit;
    std::function<BrokerHealth()> broker; // called on the publisher thread
};

// Keeps the board. Says nothing over MQTT. Publisher thread only; `board` must outlive it.
class HealthOutlet final : public Outlet {
  public:
    HealthOutlet(HealthBoard& board, HealthOutletOptions options)
        : board_(board), options_(std::move(options)) {}

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void tick(Clock::time_point now, Messages& out) override;
    void leave(Messages& /*out*/) override { board_.close(); }

  private:
    HealthBoard& board_;
    HealthOutletOptions options_;
    std::optional<Clock::time_point> started_;
    std::map<SourceId, const Meter*> meters_;
};

} // namespace gridbridge
