// Retained values of meters that an earlier run published and this one has not seen yet: they are not what is
// measured now.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <bitset>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

struct RetainedValuesOptions {
    std::string portal_id;
    std::chrono::seconds vanish_after{60};
};

// Needed only while values are retained. Found below `N/<portal>/`, they become null, and are cleared when
// the meter has not come back within `vanish_after` of the first connect. A meter that comes back publishes
// its own; what it had and does not give now is treated as that of one that is not back. What is kept of one
// that has gone meanwhile is cleared: nobody knows whether the broker heard that it was withdrawn.
class RetainedValues final : public Outlet, public Timed, public RetainedListener {
  public:
    explicit RetainedValues(RetainedValuesOptions options) : options_(std::move(options)) {}

    std::vector<std::string> retained_filters(const std::vector<RememberedMeter>& remembered) override;
    void retained(const Message& message, Clock::time_point now) override;
    std::vector<std::string> take_left_filters() override;
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;

  private:
    struct Kept {
        bool is_null = false;                // was said of it here
        std::optional<Quantity> if_measured; // of that: it is announced with its first value only
    };
    struct Service {
        std::map<std::string, Kept> topics; // that are kept
        bool is_back = false, is_gone = false;
        bool is_looked_at = false;            // the broker has said what it keeps of an earlier run
        std::bitset<quantity_count> measured; // since then
    };
    static Kept kept_of(std::string_view path);
    static bool is_left(const Service& service, const Kept& kept);
    static void forget_published(Service& service);
    void end_look();
    std::string service_prefix(const std::string& service_class, int instance) const;

    RetainedValuesOptions options_;
    std::map<std::string, Service> services_; // by "N/<portal>/grid/30/"
    std::vector<std::string> filters_;        // subscribed to
    std::optional<Clock::time_point> vanish_at_;
    std::optional<Clock::time_point> look_until_; // subscribed until then
    bool is_over_ = false;                        // the look: its filters are to be left
};

} // namespace gridbridge
