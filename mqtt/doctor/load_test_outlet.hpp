// Outlet: the load test, `gridbridge/<portal>/load_test`.
#pragma once

#include "mqtt/doctor/load_test.hpp"
#include "mqtt/doctor/load_test_payload.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace gridbridge {

struct LoadTestOutletOptions {
    std::string portal_id;
    std::function<void(std::string progress)> show; // each progress; empty: there is none; may be empty
};

// One test at a time, which a client starts with `.../load_test/set`; another request takes its place, an
// empty one ends it. Says each progress when it changes, and every 5 s while it lasts, so that who asks for
// it knows that the service lives; not retained.
class LoadTestOutlet final : public Outlet, public Timed, public ClientListener {
  public:
    explicit LoadTestOutlet(LoadTestOutletOptions options);

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;
    std::vector<std::string> filters() const override { return {topic_ + "/set"}; }
    void request(const Message& message, Clock::time_point now, Messages& out) override;

  private:
    struct Running {
        LoadTestRequest request; // the meter by its serial number
        SourceId source;
        LoadTest test;
        std::optional<LoadProgress> said = {};
        Clock::time_point said_at = {};
    };
    void start(const LoadTestRequest& request, Clock::time_point now, Messages& out);
    const Meter* find(const std::string& serial) const;
    void say_news(Clock::time_point now, Messages& out);
    void say(std::string payload, Messages& out);

    LoadTestOutletOptions options_;
    std::string topic_;
    std::map<SourceId, const Meter*> meters_;
    std::optional<Running> running_;
};

} // namespace gridbridge
