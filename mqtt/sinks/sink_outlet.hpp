// Outlet: makes the points of one sink. Says nothing over MQTT.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/readings/reading_json.hpp"
#include "mqtt/sinks/point_box.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

// What is known of each meter, by serial number. Outlives the outlet, so that a fresh one makes no point
// twice. Publisher thread only.
struct SinkBook {
    struct Page {
        ToldReading newest;
        bool waits = false;         // `newest` is no point yet
        Clock::time_point due_at{}; // of the next point
    };
    std::map<std::string, Page> pages;
};

struct SinkOutletOptions {
    std::chrono::milliseconds interval{10'000};
    std::function<std::optional<std::int64_t>()> unix_ms; // the wall clock; nothing: not set
    std::uint64_t boot = 0;                               // which one this is; never 0
    std::function<std::string(const ToldReading& told, const std::string& serial, Clock::time_point now)>
        text;
};

// At most one point per meter and interval, of its newest reading; that a meter is lost is one at once,
// without values. Publisher thread only.
class SinkOutlet final : public Outlet, public Timed {
  public:
    // `book` must outlive it.
    SinkOutlet(SinkBook& book, std::shared_ptr<PointBox> box, SinkOutletOptions options);

    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;

  private:
    void make_point(const std::string& serial, SinkBook::Page& page, Clock::time_point at);
    void end(const std::string& serial);

    SinkBook& book_;
    std::shared_ptr<PointBox> box_;
    SinkOutletOptions options_;
    Clock::time_point now_{}; // the newest that was told: not every event has a time
};

} // namespace gridbridge
