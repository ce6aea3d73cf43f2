#include "mqtt/venus.hpp"

#include "drivers/text.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/venus_identity.hpp"
#include "mqtt/venus_table.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Measured on dbus-flashmq v25 (venus-mqtt 5.1).
constexpr auto keepalive_timeout = 60s;
constexpr auto heartbeat_period = 3s;
constexpr int full_publishes_per_second = 3;

std::string row_payload(const VenusRow& row, std::optional<double> value) {
    if (row.decimals == whole_number) {
        return value ? value_payload(static_cast<int>(*value)) : null_payload();
    }
    return value_payload(value, row.decimals);
}

void set_measurements(VenusService& service, const Reading& reading, bool electricity, bool awake,
                      Clock::time_point now, Messages& out) {
    for (std::size_t row = 0; row < venus_table.size(); ++row) {
        const VenusRow& entry = venus_table.at(row);
        const auto value = reading.get(entry.quantity);
        const bool expected = electricity && entry.presence == Presence::Expected;
        if (value || expected || service.has_row(row)) {
            service.set_row(row, row_payload(entry, value), awake, now, out);
        }
    }
}

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
    : options_(std::move(options)), settings_(options_.portal_id, "settings", 0, options_.retain) {}

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
                VenusService(options_.portal_id, meter.role, meter.instance, options_.retain)};
    return services_.emplace(meter.source, std::move(fresh)).first->second;
}

void Venus::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    Shown& entry = shown(meter);
    const bool up = awake(now);
    const bool electricity = is_electricity_service(meter.role);
    set_measurements(entry.service, meter.reading, electricity, up, now, out);
    if (entry.info_version != meter.info_version) {
        set_identity(entry.service, meter, options_.version, up, now, out);
        entry.info_version = meter.info_version;
    }
    set_state(entry, meter, now, out);
    entry.service.set("Connected", value_payload(1), up, now, out);
    if (electricity) {
        entry.service.set("UpdateIndex", value_payload(entry.update_index), up, now, out);
        entry.update_index = (entry.update_index + 1) % 256;
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

void Venus::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    const auto known = services_.find(meter.source);
    if (known == services_.end()) {
        return;
    }
    const bool up = awake(now);
    set_measurements(known->second.service, Reading{}, is_electricity_service(meter.role), up, now, out);
    set_state(known->second, meter, now, out);
    known->second.service.set("Connected", value_payload(0), up, now, out);
}

void Venus::gone(const Meter& meter, Messages& out) {
    const auto known = services_.find(meter.source);
    if (known != services_.end()) {
        known->second.service.withdraw(out); // also while asleep, as on a GX
        services_.erase(known);
    }
}

void Venus::say_serial(bool retain, Messages& out) const {
    out.push_back({"N/" + options_.portal_id + "/system/0/Serial",
                   value_payload(std::string_view(options_.portal_id)), retain});
}

void Venus::connected(Clock::time_point now, Messages& out) {
    if (options_.standalone) {
        say_serial(true, out);
    }
    repeat(now, out);
}

void Venus::repeat(Clock::time_point now, Messages& out) {
    if (!awake(now)) {
        return;
    }
    for (auto& [source, entry] : services_) {
        entry.service.publish_all(now, out);
    }
    settings_.publish_all(now, out);
}

bool Venus::may_publish_all(Clock::time_point now) {
    if (now - publish_second_ >= 1s) {
        publish_second_ = now;
        publish_count_ = 0;
    }
    return publish_count_++ < full_publishes_per_second;
}

void Venus::full_publish(const std::optional<std::string>& echo, Clock::time_point now, Messages& out) {
    if (options_.standalone) {
        say_serial(true, out);
    }
    for (auto& [source, entry] : services_) {
        entry.service.publish_all(now, out);
    }
    settings_.publish_all(now, out);
    const std::string time = std::to_string(options_.unix_time());
    const std::string told =
        echo ? R"("full-publish-completed-echo":)" + json_text(*echo) + "," : std::string();
    out.push_back(
        {"N/" + options_.portal_id + "/full_publish_completed", "{" + told + R"("value":)" + time + "}"});
}

void Venus::keepalive(const KeepaliveRequest& request, bool legacy, Clock::time_point now, Messages& out) {
    if (!awake(now)) {
        heartbeat_at_ = now; // the first heartbeat comes with waking
    }
    awake_until_ = now + keepalive_timeout;
    if (request.republish && may_publish_all(now)) {
        full_publish(request.echo, now, out);
    }
    if (legacy && options_.standalone) {
        say_serial(true, out);
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
    if (rest == "system/0/" && options_.standalone) {
        say_serial(true, out);
    }
}

std::optional<Wish> Venus::wish(const Message& message) const {
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
        return Wish{std::nullopt, std::string(topic->path.substr(branch.size())), std::move(*value)};
    }
    for (const auto& [source, entry] : services_) {
        if (entry.type == topic->type && entry.instance == topic->instance) {
            return Wish{source, std::string(topic->path), std::move(*value)};
        }
    }
    return std::nullopt;
}

// A result is the answer to one write: it is said whether or not the one before was the same.
void Venus::transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                        Messages& out) {
    const auto known = services_.find(meter.source);
    if (known == services_.end()) {
        return;
    }
    VenusService& service = known->second.service;
    const bool is_result = std::holds_alternative<TransactionResult>(event);
    set_transaction(service, meter, !is_result && awake(now), now, out);
    if (is_result) {
        service.read("Transaction/Result", now, out);
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
    services_.clear();
}

std::vector<std::string> Venus::filters() const {
    return {"R/" + options_.portal_id + "/#", "W/" + options_.portal_id + "/#"};
}

} // namespace gridbridge
