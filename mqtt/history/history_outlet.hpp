// Feeds the history. Says nothing over MQTT.
#pragma once

#include "mqtt/history/history_memory.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace gridbridge {

// Publisher thread only.
class HistoryOutlet final : public Outlet {
  public:
    // `wall_clock`: Unix time in ms, whether anybody has set it or not.
    HistoryOutlet(std::shared_ptr<HistoryMemory> memory, std::function<std::int64_t()> wall_clock)
        : memory_(std::move(memory)), wall_clock_(std::move(wall_clock)) {}

    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;

  private:
    std::shared_ptr<HistoryMemory> memory_;
    std::function<std::int64_t()> wall_clock_;
    std::map<SourceId, Clock::time_point> taken_; // newest reading: a new role tells it once more
};

} // namespace gridbridge
