// `gridbridge/<portal>/meter/<serial>/state`: what Home Assistant shows of each meter, in one message, at a
// pace that its database can keep.
#pragma once

#include "mqtt/homeassistant/homeassistant_state.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace gridbridge {

// The interval delays numbers only: what becomes known or unknown, a state that has a name, a loss, a return
// and another role, name or version go at once, and the newest numbers before a loss. Never retained. Comes
// before OwnTopics in the list of outlets: Home Assistant must have the newest state when a meter becomes
// available, and the last one before it is not.
class MeterStates final : public Outlet, public Timed, public DescriptionListener, public Repeater {
  public:
    // `interval` 0: every reading.
    MeterStates(std::string portal_id, std::chrono::seconds interval);

    void connected(Clock::time_point now, Messages& out) override { repeat(now, out); }
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void forgotten(const std::string& serial, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void repeat(Clock::time_point now, Messages& out) override;
    void leave(Messages& out) override;

  private:
    struct Shown {
        MeterState newest;
        StateNews said;
        bool is_waiting = false;    // `newest` has not been said
        Clock::time_point due_at{}; // for numbers
    };

    using Due = std::pair<Clock::time_point, const std::string*>;
    void wait(const std::string& topic, Shown& shown);
    void say(const std::string& topic, Shown& shown, Clock::time_point now, Messages& out);
    void end(const std::string& topic, Clock::time_point now, Messages& out);

    std::string portal_id_;
    std::chrono::seconds interval_;
    std::map<std::string, Shown> shown_; // by topic
    std::set<Due> waiting_;              // those that wait: when they are due, and their key in `shown_`
};

} // namespace gridbridge
