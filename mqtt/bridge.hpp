// Follows the life of every meter and tells the outlets. Pure: bytes, news and time come as arguments.
#pragma once

#include "drivers/counter_guard.hpp"
#include "drivers/driver.hpp"
#include "drivers/handoff.hpp"
#include "drivers/reverse_energy.hpp"
#include "mqtt/outlet.hpp"
#include "mqtt/settings.hpp"
#include "mqtt/settings_tree.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
    Orders* orders = nullptr; // where wishes about a meter go; must outlive the bridge
};

// The counters accepted in an earlier run.
CounterGuard stored_guard(const Settings& settings, const std::string& device_id);

// Publisher thread only. `settings` must outlive the bridge.
class Bridge {
  public:
    Bridge(BridgeOptions options, Settings& settings, std::vector<std::unique_ptr<Outlet>> outlets);

    // Connection number `link` is up (again).
    void connected(Clock::time_point now, Messages& out, std::size_t link = 0);
    void update(const MeterUpdate& update, Clock::time_point now, Messages& out);
    void request(const Message& message, Clock::time_point now, Messages& out);
    // The broker of connection `link` has acknowledged a message of QoS 1.
    void delivered(const std::string& topic, std::size_t link);
    void tick(Clock::time_point now, Messages& out);
    Clock::time_point next_tick(Clock::time_point now) const;
    void leave(Messages& out);
    std::vector<std::string> filters(std::size_t link = 0) const;

    // The newest readings left for the broker at `now`: keeps the latency of each meter.
    void published(const std::vector<MeterUpdate>& updates, Clock::time_point now);
    // Withdraws what an earlier run announced of meters that are there no more: none of the configured ones,
    // which have all answered for a while. Call while connection 0 is up.
    void forget_absent(Clock::time_point now, Messages& out);
    // Energy estimates and accepted counters into the settings; called every few minutes and at the end.
    void store_energy(Clock::time_point now, Messages& out);
    // Phase modes kept in the settings to the drivers; call before the drivers start.
    void give_phase_modes();
    // Settings kept by the broker arrived late: everything is identified anew. Nothing may have been
    // published.
    void restore(Settings settings, Clock::time_point now, Messages& out);

  private:
    struct Tracked {
        Meter meter;
        std::optional<ReverseEnergyEstimate> estimate;
        CounterGuard guard;
    };

    Tracked& tracked(SourceId source);
    Tracked* tracked_device(const std::string& device_id);
    void store_estimate(const Tracked& tracked, Clock::time_point now, Messages& out);
    void take_info(Tracked& tracked, const MeterInfo& info, Clock::time_point now, Messages& out);
    void take_reading(Tracked& tracked, Reading reading, Clock::time_point now, Messages& out);
    void guard_counters(Tracked& tracked, Reading& reading);
    bool is_switched_off(const Meter& meter) const;
    void lose(Meter& meter, std::string reason, Clock::time_point now, Messages& out);
    void vanish(Meter& meter, Messages& out);
    void take_transactions(Clock::time_point now, Messages& out);
    void repeat_when_asked(Clock::time_point now, Messages& out);
    std::optional<Clock::time_point> awaited_until(const Meter& meter) const;
    void tell(const Meter& meter, std::string_view event) const;
    void log(LogLevel level, const Meter& meter, const std::string& message) const;
    void log_exchanges(const Meter& meter, const std::vector<CounterGuard::Exchange>& exchanges) const;

    void say_settings(const std::string& device_id, Clock::time_point now, Messages& out) const;
    void say_second_services(Clock::time_point now, Messages& out) const;
    void say_device_ids(Clock::time_point now, Messages& out) const;
    void know_device(const Meter& meter, Clock::time_point now, Messages& out);
    void describe(const Meter& meter, Clock::time_point now, Messages& out) const;
    void rename(Meter& meter, const std::string& role, int instance, Clock::time_point now, Messages& out);

    // bridge_writes.cpp: what clients wish.
    void carry_out(const Wish& wish, Clock::time_point now, Messages& out);
    void change_meter(Tracked& tracked, const Wish& wish, Clock::time_point now, Messages& out);
    void change_setting(const Wish& wish, Clock::time_point now, Messages& out);
    void change_value(const SettingAddress& address, const WrittenValue& value, Clock::time_point now,
                      Messages& out);
    void change_phase_use(const SettingAddress& address, int value, Clock::time_point now, Messages& out);
    void change_estimate(const SettingAddress& address, double kwh);
    void change_identity(const std::string& device_id, const std::string& service_class, int wanted,
                         Clock::time_point now, Messages& out);
    void order_phase_config(const Meter& meter, const WrittenValue& value) const;
    void confirm_counters(Tracked& tracked, const WrittenValue& value, Clock::time_point now, Messages& out);

    BridgeOptions options_;
    std::optional<Clock::time_point> started_;         // first tick
    std::optional<Clock::time_point> all_known_since_; // every configured meter has said who it is
    Settings& settings_;
    std::vector<std::unique_ptr<Outlet>> outlets_;
    std::map<SourceId, Tracked> meters_; // addresses are stable: outlets may keep them until gone()
};

} // namespace gridbridge
