#include "mqtt/venus/venus.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_table.hpp"
#include "mqtt/venus/venus_identity.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Measured on dbus-flashmq v25 (venus-mqtt 5.1).
constexpr auto keepalive_timeout = 60s;
constexpr auto heartbeat_period = 3s;
// So many services repeat their values in one heartbeat, of those that came at once.
constexpr std::size_t repeated_at_once = 16;

} // namespace

VenusValues venus_values(const Meter& meter, std::string_view version) {
    VenusService service("", "", 0, false);
    Messages out;
    set_identity(service, meter, version, true, {}, out);
    set_meter_state(service, meter, true, {}, out);
    set_measurements(service, meter.reading, is_electricity_service(meter.role), true, {}, out);
    constexpr std::string_view prefix = "N///0/";
    VenusValues values;
    for (Message& message : out) {
        values.emplace_back(message.topic.substr(prefix.size()), std::move(message.payload));
    }
    return values;
}

VenusValues venus_measurements(const Reading& reading) {
    VenusValues values;
    for (const VenusRow& row : venus_table) {
        if (const auto value = reading.get(row.quantity)) {
            values.emplace_back(row.path, row_payload(row, value));
        }
    }
    return values;
}

Venus::Venus(VenusOptions options)
    : options_(std::move(options)), settings_(options_.portal_id, "settings", 0, options_.retain) {
    if (options_.standalone) {
        system_.emplace(options_.portal_id, options_.version);
    }
}

bool Venus::awake(Clock::time_point now) const {
    return options_.always || (awake_until_ && now < *awake_until_);
}

Venus::Shown& Venus::shown(const Meter& meter) {
    const auto known = services_.find(meter.source);
    if (known != services_.end()) {
        return known->second;
    }
    Shown fresh{meter.role,
                meter.instance,
                0,
                {},
                false,
                0,
                VenusService(options_.portal_id, meter.role, meter.instance, options_.retain),
                ahead_of_next()};
    return services_.emplace(meter.source, std::move(fresh)).first->second;
}

// Within three quarters of the time between two repetitions of a value.
Clock::duration Venus::ahead_of_next() const {
    const auto steps = options_.heartbeat * 3 / 4 / heartbeat_period;
    const auto group = static_cast<std::chrono::seconds::rep>(services_.size() / repeated_at_once);
    return steps > 0 ? heartbeat_period * (group % steps) : 0s;
}

void Venus::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    Shown& entry = shown(meter);
    const bool up = awake(now);
    const bool electricity = is_electricity_service(meter.role);
    const auto said = now - entry.ahead;
    set_measurements(entry.service, meter.reading, electricity, up, said, out);
    if (entry.info_version != meter.info_version) {
        set_identity(entry.service, meter, options_.version, up, said, out);
        entry.info_version = meter.info_version;
    }
    set_state(entry, meter, now, out);
    entry.service.set("Connected", value_payload(1), up, now, out);
    if (electricity) {
        entry.service.set("UpdateIndex", value_payload(entry.update_index), up, now, out);
        entry.update_index = (entry.update_index + 1) % 256;
    }
    if (system_) {
        system_->take(meter, up, now, out);
    }
}

// What may change with any reading, beside the measurements.
void Venus::set_state(Shown& entry, const Meter& meter, Clock::time_point now, Messages& out) const {
    const bool up = awake(now);
    if (entry.refresh_time != meter.refresh_time || entry.counters_held != meter.counters_held) {
        entry.refresh_time = meter.refresh_time;
        entry.counters_held = meter.counters_held;
        set_meter_state(entry.service, meter, up, now, out);
    }
    if (entry.type == "evcharger") {
        entry.service.set("Current", value_payload(meter.reading.get(Quantity::CurrentL1), 3), up, now, out);
    }
}

void Venus::described(const Meter& meter, Clock::time_point now, Messages& out) {
    const auto known = services_.find(meter.source);
    if (known != services_.end()) {
        set_identity(known->second.service, meter, options_.version, awake(now), now, out);
        set_state(known->second, meter, now, out);
    }
}

void Venus::setting(const std::string& path, const std::string& payload, Clock::time_point now,
                    Messages& out) {
    settings_.set("Settings/" + path, payload, awake(now), now, out);
}

void Venus::setting_gone(const std::string& path, Messages& out) {
    settings_.remove("Settings/" + path, out);
}

void Venus::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    const auto known = services_.find(meter.source);
    if (known == services_.end()) {
        return;
    }
    const bool up = awake(now);
    set_measurements(known->second.service, Reading{}, is_electricity_service(meter.role), up, now, out);
    set_state(known->second, meter, now, out);
    known->second.service.set("Connected", value_payload(0), up, now, out);
    if (system_) {
        system_->lose(meter.source, up, now, out);
    }
}

void Venus::gone(const Meter& meter, Messages& out) {
    const auto known = services_.find(meter.source);
    if (known != services_.end()) {
        known->second.service.withdraw(out); // also while asleep, as on a GX
        services_.erase(known);
    }
    if (system_) {
        system_->lose(meter.source, true, {}, out);
    }
}

void Venus::publish_serial(bool retain, Messages& out) const {
    out.push_back({"N/" + options_.portal_id + "/system/0/Serial",
                   value_payload(std::string_view(options_.portal_id)), retain});
}

void Venus::connected(Clock::time_point now, Messages& out) {
    if (options_.standalone) {
        publish_serial(true, out);
    }
    repeat(now, out);
}

void Venus::repeat(Clock::time_point now, Messages& out) {
    if (!awake(now)) {
        return;
    }
    publish_services(now, out);
}

void Venus::publish_services(Clock::time_point now, Messages& out) {
    for (auto& [source, entry] : services_) {
        entry.service.publish_all(now - entry.ahead, out);
    }
    settings_.publish_all(now, out);
    if (system_) {
        system_->publish_all(now, out);
    }
}

void Venus::full_publish(const std::optional<std::string>& echo, Clock::time_point now, Messages& out) {
    if (options_.standalone) {
        publish_serial(true, out);
    }
    publish_services(now, out);
    const std::string time = std::to_string(options_.unix_time());
    const std::string told =
        echo ? R"("full-publish-completed-echo":)" + json_text(*echo) + "," : std::string();
    Message completed{"N/" + options_.portal_id + "/full_publish_completed",
                      "{" + told + R"("value":)" + time + "}"};
    completed.in_order = true; // says that all before it has gone out
    out.push_back(std::move(completed));
}

void Venus::keepalive(const KeepaliveRequest& request, bool legacy, Clock::time_point now, Messages& out) {
    if (!awake(now)) {
        heartbeat_at_ = now; // the first heartbeat comes with waking
    }
    awake_until_ = now + keepalive_timeout;
    if (request.republish && full_publishes_.take(now)) {
        full_publish(request.echo, now, out);
    }
    if (legacy && options_.standalone) {
        publish_serial(true, out);
    }
    tick(now, out);
}

void Venus::request(const Message& message, Clock::time_point now, Messages& out) {
    const std::string prefix = "R/" + options_.portal_id + "/";
    if (!message.topic.starts_with(prefix)) {
        return;
    }
    const std::string_view rest = std::string_view(message.topic).substr(prefix.size());
    if (rest == "keepalive" || rest == "system/0/Serial") {
        keepalive(parse_keepalive(message.payload), rest != "keepalive", now, out);
        return;
    }
    const auto topic = parse_venus_topic(rest);
    for (auto& [source, entry] : services_) {
        if (topic && entry.type == topic->type && entry.instance == topic->instance) {
            entry.service.read(topic->path, now, out);
        }
    }
    if (topic && topic->type == "settings" && topic->instance == 0) {
        settings_.read(topic->path, now, out);
    }
    if (topic && system_) {
        system_->read(*topic, now, out);
    }
    if (rest == "system/0/" && options_.standalone) {
        publish_serial(true, out);
    }
}

std::optional<WriteRequest> Venus::write_request(const Message& message) const {
    const std::string prefix = "W/" + options_.portal_id + "/";
    if (!message.topic.starts_with(prefix)) {
        return std::nullopt;
    }
    const auto topic = parse_venus_topic(std::string_view(message.topic).substr(prefix.size()));
    auto value = topic ? parse_write(message.payload) : std::nullopt;
    if (!value) {
        return std::nullopt;
    }
    constexpr std::string_view branch = "Settings/";
    if (topic->type == "settings" && topic->instance == 0 && topic->path.starts_with(branch)) {
        return WriteRequest{std::nullopt, std::string(topic->path.substr(branch.size())), std::move(*value)};
    }
    for (const auto& [source, entry] : services_) {
        if (entry.type == topic->type && entry.instance == topic->instance) {
            return WriteRequest{source, std::string(topic->path), std::move(*value)};
        }
    }
    return std::nullopt;
}

// What answers one write, or happens once, is said whether or not the one before was the same.
void Venus::transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                        Messages& out) {
    const auto known = services_.find(meter.source);
    if (known == services_.end()) {
        return;
    }
    VenusService& service = known->second.service;
    const std::string_view happened = std::holds_alternative<TransactionResult>(event) ? "Transaction/Result"
                                      : std::holds_alternative<EndedByMeter>(event)    ? "Transaction/Ended"
                                      : std::holds_alternative<SignedValue>(event) ? "Transaction/SignedValue"
                                                                                   : "";
    set_transaction(service, meter, happened.empty() && awake(now), now, out);
    if (!happened.empty()) {
        service.read(happened, now, out);
    }
}

void Venus::tick(Clock::time_point now, Messages& out) {
    if (!awake(now)) {
        heartbeat_at_.reset();
        return;
    }
    if (!heartbeat_at_) {
        heartbeat_at_ = now;
    }
    if (now < *heartbeat_at_) {
        return;
    }
    heartbeat_at_ = now + heartbeat_period;
    out.push_back({"N/" + options_.portal_id + "/heartbeat", value_payload(options_.unix_time())});
    if (options_.always) {
        for (auto& [source, entry] : services_) {
            entry.service.repeat(now - options_.heartbeat, now, out);
        }
        if (system_) {
            system_->repeat(now - options_.heartbeat, now, out);
        }
    }
}

Clock::time_point Venus::next_tick(Clock::time_point now) const {
    return awake(now) ? heartbeat_at_.value_or(now) : now + keepalive_timeout;
}

void Venus::leave(Messages& out) {
    for (const auto& [source, entry] : services_) {
        entry.service.withdraw(out);
    }
    settings_.withdraw(out);
    if (system_) {
        system_->withdraw(out);
    }
    services_.clear();
}

std::vector<std::string> Venus::filters() const {
    return {"R/" + options_.portal_id + "/#", "W/" + options_.portal_id + "/#"};
}

} // namespace gridbridge
