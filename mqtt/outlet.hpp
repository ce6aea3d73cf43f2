// An outlet turns meter events into MQTT messages. Pure: time and wall clock come as arguments.
#pragma once

#include "drivers/transactions.hpp"
#include "mqtt/message.hpp"
#include "mqtt/meter.hpp"
#include "mqtt/setting_value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

using Messages = std::vector<Message>;

// What a client asks to be changed. The bridge carries it out after request(), or refuses in silence.
struct Wish {
    std::optional<SourceId> meter; // nothing: a persistent setting
    std::string path;              // "CustomName" of the meter's service, or below `Settings/`
    WrittenValue value;
};

// All functions run on the publisher thread and append what is to be sent, in order. An outlet overrides what
// concerns it.
class Outlet {
  public:
    Outlet() = default;
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;
    virtual ~Outlet() = default;

    // The connection whose connected() and request() this outlet gets. Its messages carry the same number.
    virtual std::size_t link() const { return 0; }

    // The meter is followed from now on; `meter` stays where it is as long as the outlet lives. Called once,
    // first.
    virtual void added(const Meter& /*meter*/) {}
    // The link to the broker is up (again); subscriptions are in place. Everything must be said once more.
    virtual void connected(Clock::time_point /*now*/, Messages& /*out*/) {}
    // The meter is Live and `meter.reading` is new.
    virtual void reading(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) {}
    // The meter became Lost: its values are unknown from now on.
    virtual void lost(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) {}
    // The meter became Gone.
    virtual void gone(const Meter& /*meter*/, Messages& /*out*/) {}
    // A meter of an earlier run is no longer there: nothing retained about it may stay with the broker.
    virtual void forgotten(const std::string& /*serial*/, Messages& /*out*/) {}
    // Name, position or another constant of a published meter changed between two readings.
    virtual void described(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& /*out*/) {}
    // A persistent setting is new or has changed: path below `Settings/`, payload as Venus has it.
    virtual void setting(const std::string& /*path*/, const std::string& /*payload*/,
                         Clock::time_point /*now*/, Messages& /*out*/) {}
    // What the message, which request() gets too, asks to be changed.
    virtual std::optional<Wish> wish(const Message& /*message*/) const { return std::nullopt; }
    // A message on one of filters() arrived; on the main connection never a retained one.
    virtual void request(const Message& /*message*/, Clock::time_point /*now*/, Messages& /*out*/) {}
    // The broker has acknowledged a message of QoS 1 on this topic.
    virtual void delivered(const std::string& /*topic*/) {}
    // A signing meter has news; `meter.transaction` is up to date.
    virtual void transaction(const Meter& /*meter*/, const TransactionEvent& /*event*/,
                             Clock::time_point /*now*/, Messages& /*out*/) {}
    // Time has passed. Called at least as often as next_tick() asked for.
    virtual void tick(Clock::time_point /*now*/, Messages& /*out*/) {}
    virtual Clock::time_point next_tick(Clock::time_point /*now*/) const { return Clock::time_point::max(); }
    // True when somebody this outlet speaks to has missed values: the bridge asks after every tick() and
    // makes all outlets repeat().
    virtual bool takes_repeat(Clock::time_point /*now*/) { return false; }
    // All values once more, as they are.
    virtual void repeat(Clock::time_point /*now*/, Messages& /*out*/) {}
    // The service shuts down in order.
    virtual void leave(Messages& /*out*/) {}
    // Topic filters this outlet wants to hear.
    virtual std::vector<std::string> filters() const { return {}; }
};

} // namespace gridbridge
