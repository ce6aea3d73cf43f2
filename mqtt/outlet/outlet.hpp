// An outlet turns meter events into MQTT messages. Pure: time and wall clock come as arguments.
#pragma once

#include "drivers/waist/transactions.hpp"
#include "mqtt/outlet/forget_payload.hpp"
#include "mqtt/outlet/message.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/outlet/setting_value.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

using Messages = std::vector<Message>;

// All functions of an outlet run on the publisher thread and append what is to be sent, in order. One that
// throws has its messages of that event taken back; the outlet is replaced by a fresh one (outlet_set.hpp).
// Every outlet is an Outlet; it is also what of the interfaces below concerns it.
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
    // The service shuts down in order, or this outlet is taken down: nothing it has said may look alive.
    virtual void leave(Messages& /*out*/) {}
};

// Wakes up by itself.
class Timed {
  public:
    virtual ~Timed() = default;
    // Time has passed. Called at least as often as next_tick() asked for.
    virtual void tick(Clock::time_point now, Messages& out) = 0;
    virtual Clock::time_point next_tick(Clock::time_point now) const = 0;
};

// What a client asks to be changed. The bridge carries it out after request(), or refuses in silence.
struct WriteRequest {
    std::optional<SourceId> meter; // nothing: a persistent setting
    std::string path;              // "CustomName" of the meter's service, or below `Settings/`
    WrittenValue value;
};

// Hears what clients publish.
class ClientListener {
  public:
    virtual ~ClientListener() = default;
    virtual std::vector<std::string> filters() const = 0;
    // A message on one of filters() arrived; on the main connection never a retained one.
    virtual void request(const Message& message, Clock::time_point now, Messages& out) = 0;
    // What the message, which request() gets too, asks to be changed.
    virtual std::optional<WriteRequest> write_request(const Message& /*message*/) const {
        return std::nullopt;
    }
};

// Shows who the meters are, and for longer than they are there.
class DescriptionListener {
  public:
    virtual ~DescriptionListener() = default;
    // Name, position or another constant of a published meter changed between two readings.
    virtual void described(const Meter& meter, Clock::time_point now, Messages& out) = 0;
    // A meter is no longer there, exchanged, of an earlier run or gone for good: nothing retained about it
    // may stay with the broker.
    virtual void forgotten(const std::string& /*serial*/, Messages& /*out*/) {}
    // It is there, and its serial number is spelled in another way from now on: nothing retained may stay
    // under the former one, unless the outlet goes on with that.
    virtual void respelled(const std::string& former, Messages& out) { forgotten(former, out); }
    // A meter of an earlier run that has not been seen yet in this one: what is retained about it is old.
    virtual void remembered(const std::string& /*serial*/, Messages& /*out*/) {}
};

// A meter that an earlier run announced and this one has not seen yet.
struct RememberedMeter {
    std::string serial;
    std::string service_class; // "grid"
    int instance = 0;
};

// Looks at what the broker has kept. Main connection only.
class RetainedListener {
  public:
    virtual ~RetainedListener() = default;
    // Where to look; asked before every attempt to connect.
    virtual std::vector<std::string> retained_filters(const std::vector<RememberedMeter>& remembered) = 0;
    // The broker had kept this message; it may be on a filter of somebody else.
    virtual void retained(const Message& message, Clock::time_point now) = 0;
    // Filters that are of no use any more; asked after every tick.
    virtual std::vector<std::string> take_left_filters() = 0;
};

class SettingListener {
  public:
    virtual ~SettingListener() = default;
    // A persistent setting is new or has changed: path below `Settings/`, payload as Venus has it.
    virtual void setting(const std::string& path, const std::string& payload, Clock::time_point now,
                         Messages& out) = 0;
    // There is no such setting any more.
    virtual void setting_gone(const std::string& /*path*/, Messages& /*out*/) {}
};

// Takes requests to forget a meter that is gone for good; the bridge carries them out after request().
class ForgetListener {
  public:
    virtual ~ForgetListener() = default;
    // The serial number, when the message is such a request.
    virtual std::optional<std::string> forget_request(const Message& message) const = 0;
    virtual void forget_answer(const ForgetAnswer& answer, Messages& out) = 0;
};

class TransactionListener {
  public:
    virtual ~TransactionListener() = default;
    // A signing meter has news; `meter.transaction` is up to date.
    virtual void transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                             Messages& out) = 0;
};

class DeliveryListener {
  public:
    virtual ~DeliveryListener() = default;
    // The broker has acknowledged a message of QoS 1 on this topic.
    virtual void delivered(const std::string& topic) = 0;
};

// Can say all its values once more, as they are.
class Repeater {
  public:
    virtual ~Repeater() = default;
    virtual void repeat(Clock::time_point now, Messages& out) = 0;
};

// Makes all outlets repeat.
class RepeatCaller {
  public:
    virtual ~RepeatCaller() = default;
    // True when somebody this outlet speaks to has missed values; asked after every tick.
    virtual bool takes_repeat(Clock::time_point now) = 0;
};

// How an outlet is made, also again after it has failed: what `make` captures must outlive the bridge.
struct OutletRow {
    std::string name; // for people: "venus"
    std::function<std::unique_ptr<Outlet>()> make;
};

} // namespace gridbridge
