// The middle between drivers and outlets: what the publisher speaks to. Pure: bytes, news and time come as
// arguments.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/client_writes.hpp"
#include "mqtt/bridge/forget_meters.hpp"
#include "mqtt/bridge/formed_meters.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/bridge/meter_lives.hpp"
#include "mqtt/bridge/outlet_set.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct BridgeOptions {
    std::vector<MeterConfig> meters;       // SourceId::meter is the index
    std::chrono::seconds vanish_after{60}; // after the last good reading
    std::function<void(const Meter&, std::string_view event)>
        on_event;             // "absent" (never seen), "live", "lost", "gone"; may be empty
    Log log;                  // may be empty
    Orders* orders = nullptr; // where requests about a meter go; must outlive the bridge
    MeterDemandsOptions demands{};
};

// Publisher thread only. `settings` must outlive the bridge.
class Bridge {
  public:
    Bridge(BridgeOptions options, Settings& settings, std::vector<OutletRow> outlets);
    Bridge(const Bridge&) = delete; // its parts know each other's addresses
    Bridge& operator=(const Bridge&) = delete;

    // Connection number `link` is up (again).
    void connected(Clock::time_point now, Messages& out, std::size_t link = 0);
    // Whether messages of the connection are sent; an outlet that is restarted must know.
    void set_link(std::size_t link, bool is_up) { outlets_.set_link(link, is_up); }
    // Connections to be renewed for an outlet that was restarted. Asked once.
    std::set<std::size_t> take_links_to_renew() { return outlets_.take_links_to_renew(); }
    void update(const MeterUpdate& update, Clock::time_point now, Messages& out) {
        lives_.update(update, now, out);
    }
    void request(const Message& message, Clock::time_point now, Messages& out);
    // The broker of connection `link` has acknowledged a message of QoS 1.
    void delivered(const std::string& topic, std::size_t link) { outlets_.delivered(link, topic); }
    void tick(Clock::time_point now, Messages& out);
    Clock::time_point next_tick(Clock::time_point now);
    void leave(Messages& out);
    // What to subscribe to, asked before every attempt to connect; and what of it is of no use any more.
    std::vector<std::string> filters(std::size_t link = 0);
    std::vector<std::string> take_left_filters();
    // The broker of the main connection had kept this message.
    void retained(const Message& message, Clock::time_point now);

    // The newest readings left for the broker at `now`: keeps the latency of each meter.
    void published(const std::vector<MeterUpdate>& updates, Clock::time_point now) {
        lives_.published(updates, now);
    }
    // Withdraws what an earlier run announced of meters that are there no more: none of the configured ones,
    // which have all answered for a while. Call while connection 0 is up.
    void forget_absent(Clock::time_point now, Messages& out);
    // Energy estimates and accepted counters into the settings; called every few minutes and at the end, when
    // nothing is told after it.
    void store_energy(Clock::time_point now, Messages& out, bool is_end = false) {
        formed_.store();
        lives_.store_demands();
        kept_.store_energy(now, out);
        if (is_end) {
            kept_.end_run();
        }
    }
    // Phase modes kept in the settings to the drivers; call before the drivers start.
    void give_phase_modes() const { kept_.give_phase_modes(); }
    // Settings kept by the broker arrived late: everything is identified anew. Nothing may have been
    // published.
    void restore(Settings settings, Clock::time_point now, Messages& out);
    // The broker is to give the settings: until restore() or no_settings_came() nothing is estimated that
    // depends on them.
    void await_settings() { kept_.await_settings(); }
    void no_settings_came(Clock::time_point now, Messages& out);

    // One line for people for each outlet that is down.
    std::vector<std::string> outlet_problems() const { return outlets_.problems(); }

  private:
    void take_transactions(Clock::time_point now, Messages& out);

    Log log_;
    Orders* orders_;
    OutletSet outlets_;
    KeptState kept_;
    MeterLives lives_;
    FormedMeters formed_;
    ClientWrites writes_;
    ForgetMeters forgetting_;
    // What forget_absent() looked at last: it compares all meters with all devices, at each wake too dear.
    struct LookedAt {
        std::uint64_t identities = 0; // as MeterLives::identity_changes()
        std::uint64_t announced = 0;  // as KeptState::announced_changes()
        bool operator==(const LookedAt&) const = default;
    };
    std::optional<Clock::time_point> all_known_since_; // every configured meter has said who it is
    std::optional<std::uint64_t> known_at_;            // identity_changes() of that
    std::optional<LookedAt> looked_at_;
};

} // namespace gridbridge
