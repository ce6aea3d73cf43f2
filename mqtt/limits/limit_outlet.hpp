// Takes limits that grid operators signal (`W/<portal>/grid/<instance>/Limit`), shows the one in force and
// logs what was imported meanwhile.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/limits/import_watch.hpp"
#include "mqtt/limits/limit_file.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct LimitOutletOptions {
    std::string portal_id;
    std::function<std::optional<std::int64_t>()> unix_ms; // wall clock; nothing: nobody has set it yet
    Log log;
};

// Publisher thread only; `file` must outlive it. Only meters of the role grid take limits. Without a wall
// clock no limit is taken: nobody would know when it ends.
class LimitOutlet final : public Outlet, public Timed, public ClientListener {
  public:
    LimitOutlet(LimitOutletOptions options, LimitFile& file);

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    // What it hears arrives by the filters of the Venus outlet.
    std::vector<std::string> filters() const override { return {}; }
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;

  private:
    struct InForce {
        Limit limit;
        std::uint64_t number = 0;    // of its line
        std::int64_t part_begin = 0; // s since 1970
        ImportWatch imported;
    };

    std::optional<std::int64_t> unix_seconds() const;
    const Meter* meter_of(std::string_view type, int instance) const;
    const Meter* meter_with(const std::string& serial) const;
    void take_up(const Meter& meter, Clock::time_point now, Messages& out);
    void take(const Meter& meter, std::string_view payload, Clock::time_point now, Messages& out);
    void end(const std::string& serial, LimitEnd why, std::int64_t at, Clock::time_point now, Messages& out);
    void log_part(const std::string& serial, InForce& limit, std::int64_t until, Clock::time_point now);
    void show(const Meter& meter, Messages& out) const;
    void show_head(Messages& out);
    bool append(const std::string& object);

    LimitOutletOptions options_;
    LimitFile& file_;
    std::map<SourceId, const Meter*> meters_;
    std::map<std::string, InForce> in_force_;    // by serial number
    std::map<std::string, LoggedLimit> resumed_; // of an earlier run, until their meter is there
    std::optional<LimitLogHead> to_show_;
    Clock::time_point now_{};            // the newest that was told: a leave has no time
    std::shared_ptr<LimitOutlet*> self_; // gone with this: what is saved later tells nobody
};

} // namespace gridbridge
