// The newest view of the meters, from the publisher thread to those who answer questions.
#pragma once

#include "mqtt/outlet.hpp"
#include "mqtt/query.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Any thread.
class QueryBoard {
  public:
    explicit QueryBoard(std::string_view version) { view_.version = version; }

    void put(std::vector<Meter> meters) {
        const std::lock_guard lock(mutex_);
        view_.meters.swap(meters);
    }
    QueryView view() const {
        const std::lock_guard lock(mutex_);
        return view_;
    }

  private:
    mutable std::mutex mutex_;
    QueryView view_; // guarded by mutex_
};

// Keeps the board true. Says nothing over MQTT. Publisher thread only; `board` must outlive it.
class QueryOutlet final : public Outlet {
  public:
    explicit QueryOutlet(QueryBoard& board) : board_(board) {}

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;

  private:
    QueryBoard& board_;
    std::map<SourceId, const Meter*> meters_;
};

} // namespace gridbridge
