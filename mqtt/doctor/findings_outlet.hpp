// Outlet: feeds the doctor and publishes what it finds, `gridbridge/<portal>/findings`.
#pragma once

#include "mqtt/doctor/findings_book.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

// Called on the publisher thread. What they refer to outlives the outlet, so that a fresh one goes on where
// one that failed has ended.
struct FindingsOutletOptions {
    std::string portal_id;
    std::function<void(const Meter&)> follow; // also of a meter that is followed already
    std::function<void(const Meter&, Clock::time_point)> reading;
    std::function<std::vector<Finding>(Clock::time_point)> look;
    std::function<std::optional<std::int64_t>()> unix_ms; // the wall clock; nothing: not set
};

// Looks every 10 s, and 2 s after a loss or return, when what is lost has been told by everybody. Publishes,
// retained, when people would be told something else, once per connection, and other numbers alone every 5
// minutes at most. What a service that has left found is not known to be so: the topic is cleared.
class FindingsOutlet final : public Outlet, public Timed {
  public:
    // `book` must outlive it.
    FindingsOutlet(FindingsBook& book, FindingsOutletOptions options);

    void added(const Meter& meter) override { options_.follow(meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point /*now*/) const override { return look_at_; }
    void leave(Messages& out) override;

  private:
    void look(Clock::time_point now);
    void look_soon(Clock::time_point now);
    bool has_news(Clock::time_point now) const;
    void publish(Clock::time_point now, Messages& out);

    FindingsBook& book_;
    FindingsOutletOptions options_;
    std::string topic_;
    Clock::time_point look_at_{}; // the first tick looks
    std::set<SourceId> live_;
    bool is_connected_ = false; // has been once: before that there is nobody to tell
    std::vector<Finding> published_;
    Clock::time_point published_at_{};
};

} // namespace gridbridge
