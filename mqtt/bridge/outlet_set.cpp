#include "mqtt/bridge/outlet_set.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds shortest_silence(1);
constexpr std::chrono::seconds longest_silence(60);
constexpr unsigned most_doublings = 6;
constexpr auto settled_after = 5min;

std::chrono::seconds pause_after(unsigned failures) {
    return std::min(longest_silence, shortest_silence * (1U << std::min(failures - 1, most_doublings)));
}

bool is_power_of_two(unsigned number) {
    return (number & (number - 1)) == 0;
}

} // namespace

OutletSet::OutletSet(std::vector<OutletRow> rows, Log log) : log_(std::move(log)) {
    for (OutletRow& row : rows) {
        slots_.push_back({std::move(row), {}, 0, 0, {}});
        make(slots_.back(), later_);
    }
}

void OutletSet::make(Slot& slot, Messages& out) {
    slot.restart_at.reset();
    try {
        slot.outlet = OwnedOutlet(slot.row.make());
        slot.link = slot.outlet->link();
    } catch (const std::exception& error) {
        fail(slot, error.what(), out);
    } catch (...) {
        fail(slot, "unknown error", out);
    }
}

void OutletSet::restart(Slot& slot, Clock::time_point now, Messages& out) {
    make(slot, out);
    slot.settled_at = now + settled_after;
    const bool is_linked = links_up_.contains(slot.link);
    const auto tell_everything = [&](Outlet& outlet) {
        for (const Meter* const meter : meters_) {
            outlet.added(*meter);
        }
        if (auto* const listener = slot.outlet.as<SettingListener>(); listener && tell_settings_) {
            Messages unsaid; // connected() says them
            tell_settings_(*listener, now, unsaid);
        }
        if (is_linked) {
            outlet.connected(now, out);
        }
        for (const Meter* const meter : meters_) {
            if (meter->life == MeterLife::Live) {
                outlet.reading(*meter, now, out);
            }
        }
    };
    attempt<Outlet>(slot, out, tell_everything);
    // The main connection passes no retained messages on.
    if (is_linked && slot.link != 0 && slot.outlet.as<ClientListener>() != nullptr) {
        links_to_renew_.insert(slot.link);
    }
}

void OutletSet::restart_due(Clock::time_point now, Messages& out) {
    for (Slot& slot : slots_) {
        if (slot.outlet) {
            if (slot.settled_at && now >= *slot.settled_at) {
                slot.settled_at.reset();
                slot.failures = 0;
                slot.reason.clear();
            }
        } else if (!slot.restart_at) {
            slot.restart_at = now + pause_after(slot.failures);
        } else if (now >= *slot.restart_at) {
            restart(slot, now, out);
        }
    }
}

void OutletSet::fail(Slot& slot, const std::string& reason, Messages& out) {
    if (slot.outlet) {
        Messages farewell;
        try {
            slot.outlet->leave(farewell);
            out.insert(out.end(), farewell.begin(), farewell.end());
        } catch (...) { // it has failed already: what it would have said is not known to be right
        }
        slot.outlet = {};
    }
    slot.restart_at.reset(); // the next tick knows the time
    slot.settled_at.reset();
    ++slot.failures;
    const bool is_another = std::exchange(slot.reason, reason) != reason;
    log_failure(slot, is_another);
}

// The same failure is logged again after 2, 4, 8 ... of them.
void OutletSet::log_failure(const Slot& slot, bool is_another) const {
    if (log_ && (is_another || is_power_of_two(slot.failures))) {
        log_(LogLevel::Error, slot.row.name,
             "failed and is restarted in " + std::to_string(pause_after(slot.failures).count()) +
                 " s (failure " + std::to_string(slot.failures) + "): " + slot.reason +
                 "; please report it with the log");
    }
}

void OutletSet::added(const Meter& meter) {
    meters_.push_back(&meter);
    tell<Outlet>(later_, [&](Outlet& outlet) { outlet.added(meter); });
}

void OutletSet::setting(const std::string& path, const std::string& payload, Clock::time_point now,
                        Messages& out) {
    tell<SettingListener>(out, [&](SettingListener& listener) { listener.setting(path, payload, now, out); });
}

void OutletSet::setting_gone(const std::string& path, Messages& out) {
    tell<SettingListener>(out, [&](SettingListener& listener) { listener.setting_gone(path, out); });
}

void OutletSet::connected(std::size_t link, Clock::time_point now, Messages& out) {
    set_link(link, true);
    tell_link<Outlet>(link, out, [&](Outlet& outlet) { outlet.connected(now, out); });
}

void OutletSet::delivered(std::size_t link, const std::string& topic) {
    tell_link<DeliveryListener>(link, later_, [&](DeliveryListener& listener) { listener.delivered(topic); });
}

void OutletSet::set_link(std::size_t link, bool is_up) {
    if (is_up) {
        links_up_.insert(link);
    } else {
        links_up_.erase(link);
    }
}

void OutletSet::tick(Clock::time_point now, Messages& out) {
    for (Message& message : std::exchange(later_, {})) {
        out.push_back(std::move(message));
    }
    restart_due(now, out);
    tell<Timed>(out, [&](Timed& timed) { timed.tick(now, out); });
    repeat_when_asked(now, out);
}

void OutletSet::repeat_when_asked(Clock::time_point now, Messages& out) {
    bool asked = false;
    tell<RepeatCaller>(out, [&](RepeatCaller& caller) { asked = caller.takes_repeat(now) || asked; });
    if (asked) {
        tell<Repeater>(out, [&](Repeater& repeater) { repeater.repeat(now, out); });
    }
}

Clock::time_point OutletSet::next_tick(Clock::time_point now) {
    Clock::time_point next = Clock::time_point::max();
    tell<Timed>(later_, [&](Timed& timed) { next = std::min(next, timed.next_tick(now)); });
    for (const Slot& slot : slots_) {
        if (!slot.outlet) {
            next = std::min(next, slot.restart_at.value_or(now));
        }
    }
    return next;
}

std::vector<std::string> OutletSet::filters(std::size_t link) {
    std::vector<std::string> filters;
    tell_link<ClientListener>(link, later_, [&](ClientListener& listener) {
        for (std::string& filter : listener.filters()) {
            filters.push_back(std::move(filter));
        }
    });
    return filters;
}

std::vector<std::string> OutletSet::problems() const {
    std::vector<std::string> problems;
    for (const Slot& slot : slots_) {
        if (!slot.outlet) {
            problems.push_back("outlet " + slot.row.name + ": down after failure " +
                               std::to_string(slot.failures) + ": " + slot.reason +
                               "; it is restarted by itself");
        }
    }
    return problems;
}

std::set<std::size_t> OutletSet::take_links_to_renew() {
    return std::exchange(links_to_renew_, {});
}

} // namespace gridbridge
