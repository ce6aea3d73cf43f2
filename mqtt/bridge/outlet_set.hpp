// The outlets, each behind a wall: what one of them throws concerns it alone.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/outlet/owned_outlet.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

// An outlet that throws has the messages of that event taken back, says its farewell (leave(), so that
// nothing it said before stays alive), and is made anew after a pause of 1 s that doubles up to 60 s. The
// fresh one is told everything: meters, settings, that its link is up, the newest readings. The pause is
// short again after five minutes without a failure. Publisher thread only; nothing here throws what an outlet
// or its factory throws.
class OutletSet {
  public:
    // Makes all outlets. `log` may be empty.
    OutletSet(std::vector<OutletRow> rows, Log log);

    // `call(outlet)` for every outlet that is there and is an `Interface`; what it appends to `out` is taken
    // back when it throws.
    template <typename Interface, typename Call>
    void tell(Messages& out, Call&& call) {
        for (Slot& slot : slots_) {
            attempt<Interface>(slot, out, call);
        }
    }
    // The same where nothing can be sent: the farewell of one that throws goes out with the next tick.
    template <typename Interface, typename Call>
    void ask(Call&& call) {
        tell<Interface>(later_, call);
    }
    // The same as tell() for the outlets of one connection.
    template <typename Interface, typename Call>
    void tell_link(std::size_t link, Messages& out, Call&& call) {
        for (Slot& slot : slots_) {
            if (slot.link == link) {
                attempt<Interface>(slot, out, call);
            }
        }
    }

    void added(const Meter& meter); // stays where it is as long as the set lives
    // What tells a restarted outlet all settings; nothing: none are told.
    using TellSettings = std::function<void(SettingListener&, Clock::time_point, Messages&)>;
    void settings_from(TellSettings tell) { tell_settings_ = std::move(tell); }
    void setting(const std::string& path, const std::string& payload, Clock::time_point now, Messages& out);
    void setting_gone(const std::string& path, Messages& out);
    void connected(std::size_t link, Clock::time_point now, Messages& out);
    void delivered(std::size_t link, const std::string& topic);
    // Whether messages of the connection are sent; connected() says so too.
    void set_link(std::size_t link, bool is_up);

    // Restarts those that are due, tells all that time has passed, and makes them repeat when one asks.
    void tick(Clock::time_point now, Messages& out);
    Clock::time_point next_tick(Clock::time_point now);
    std::vector<std::string> filters(std::size_t link);

    // One line for people for each outlet that is down.
    std::vector<std::string> problems() const;
    // Connections whose retained messages a restarted outlet has not seen: they come with a new subscription
    // only. Asked once.
    std::set<std::size_t> take_links_to_renew();

  private:
    struct Slot {
        OutletRow row;
        OwnedOutlet outlet;    // none while it is down
        std::size_t link = 0;  // as the outlet last said
        unsigned failures = 0; // in a row
        std::string reason;    // of the last one
        std::optional<Clock::time_point> restart_at = {};
        std::optional<Clock::time_point> settled_at = {}; // the failures before are forgotten then
    };

    template <typename Interface, typename Call>
    void attempt(Slot& slot, Messages& out, Call& call) {
        auto* const outlet = slot.outlet.as<Interface>();
        if (outlet == nullptr) {
            return;
        }
        const std::size_t said_before = out.size();
        try {
            call(*outlet);
        } catch (const std::exception& error) {
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(said_before), out.end());
            fail(slot, error.what(), out);
        } catch (...) {
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(said_before), out.end());
            fail(slot, "unknown error", out);
        }
    }

    void make(Slot& slot, Messages& out);
    void restart(Slot& slot, Clock::time_point now, Messages& out);
    void restart_due(Clock::time_point now, Messages& out);
    void fail(Slot& slot, const std::string& reason, Messages& out);
    void log_failure(const Slot& slot, bool is_another) const;
    void repeat_when_asked(Clock::time_point now, Messages& out);

    std::vector<Slot> slots_; // in the order of the rows
    Log log_;
    std::vector<const Meter*> meters_; // in the order they were added
    TellSettings tell_settings_;
    std::set<std::size_t> links_up_;
    std::set<std::size_t> links_to_renew_;
    Messages later_; // farewells of those that failed where nothing could be sent: go out with the next tick
};

} // namespace gridbridge
