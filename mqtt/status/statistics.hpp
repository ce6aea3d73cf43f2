// What went over the wire, in plain words: a line per meter from time to time.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace gridbridge {

// "3600 good, 3 rejected (2 bad checksum, 1 cut off), 0 timeouts, 0 exceptions, 12 bytes skipped, 1
// reconnects"; with what a shared stream lost, if there is any. `before` is subtracted.
std::string counters_text(const MeterCounters& counters, const MeterCounters& before = {});

// "last reading 0.4 s ago", "no reading yet", "lost: <reason>".
std::string age_text(const Meter& meter, Clock::time_point now);

struct StatisticsOptions {
    std::chrono::seconds interval{std::chrono::minutes(15)}; // 0: off
    std::function<void(const Meter& meter, const std::string& text)> log;
};

// Says nothing over MQTT. Publisher thread only.
class Statistics final : public Outlet, public Timed {
  public:
    explicit Statistics(StatisticsOptions options) : options_(std::move(options)) {}

    void added(const Meter& meter) override { meters_.emplace(meter.source, Known{&meter, {}}); }
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;

  private:
    struct Known {
        const Meter* meter;
        MeterCounters before; // at the last line
    };

    StatisticsOptions options_;
    std::map<SourceId, Known> meters_;
    Clock::time_point next_{}; // of the next line; none before the first tick
};

} // namespace gridbridge
