// Outlet: `gridbridge/<portal>/meter/<serial>/reading`, each reading of a meter as one JSON object.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/readings/reading_json.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace gridbridge {

// What was told of each meter, by topic. Outlives the outlet, so that a fresh one goes on counting where one
// that failed has ended. Publisher thread only.
struct ReadingBook {
    struct Page {
        ToldReading newest;
        bool is_forgotten = false;  // the meter is no longer there: nothing to be said again
        bool waits = false;         // `newest` has not been said
        bool faded = false;         // it has counters only, because it is old
        Clock::time_point due_at{}; // for the next reading
    };
    std::map<std::string, Page> pages;
};

struct MeterReadingsOptions {
    std::string portal_id;
    std::chrono::seconds interval{0};                     // 0: every reading
    std::function<std::optional<std::int64_t>()> unix_ms; // the wall clock; nothing: not set
};

// The interval delays readings only: that a meter is lost, or its power too old, goes at once, and what waits
// then is left out. QoS 0, never retained; after a connect only what is unknown meanwhile is said again.
class MeterReadings final : public Outlet, public Timed, public DescriptionListener {
  public:
    // `book` must outlive it.
    MeterReadings(ReadingBook& book, MeterReadingsOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void described(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) override {}
    void forgotten(const std::string& serial, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;

  private:
    std::string topic_of(const std::string& serial) const;
    void end(const std::string& topic, Messages& out);
    void say(const std::string& topic, ReadingBook::Page& page, Messages& out) const;

    ReadingBook& book_;
    MeterReadingsOptions options_;
    Clock::time_point now_{}; // the newest that was told: not every event has a time
};

} // namespace gridbridge
