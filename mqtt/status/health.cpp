#include "mqtt/status/health.hpp"
#include "drivers/json/json.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

std::string age_of(Clock::time_point then, Clock::time_point now) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - then).count()) + " s";
}

std::string title(const Meter& meter) {
    const std::string name = meter.name.empty() ? meter.config.name : meter.name;
    return name.empty() ? meter.config.uri : name + " (" + meter.config.uri + ")";
}

// What is null between two telegrams, and the way out.
std::string slow_text(const Meter& meter) {
    using std::chrono::ceil;
    using std::chrono::seconds;
    const auto interval = meter.pace.interval();
    const std::string pace = interval
                                 ? "slow: a telegram every " +
                                       std::to_string(std::chrono::round<seconds>(*interval).count()) + " s"
                                 : std::string("slow: bytes arrive, a telegram is not complete yet");
    const auto shown = stale_after(meter);
    std::string text = pace + "; power, current and voltage are shown for " +
                       std::to_string(ceil<seconds>(shown).count()) + " s of it";
    if (interval) {
        text +=
            ", longer with stale_after = " + std::to_string(ceil<seconds>(*interval + *interval / 2).count());
    }
    return text;
}

std::string problem_of(const Meter& meter, Clock::time_point now) {
    if (meter.is_refused) {
        return title(meter) + ": " + meter.loss_reason;
    }
    const std::string reason = meter.loss_reason.empty() ? std::string() : ": " + meter.loss_reason;
    if (meter.last_good == Clock::time_point{}) {
        return title(meter) + ": no reading yet" + reason;
    }
    return title(meter) + ": no reading for " + age_of(meter.last_good, now) + reason;
}

// The values a battery is steered by are gone while the meter still sends.
bool is_blind(const Meter& meter, Clock::time_point now) {
    return meter.role == "grid" && is_fresh(meter, now) && (is_slow(meter) || lacks_power(meter, now));
}

std::string blindness_of(const Meter& meter, Clock::time_point now) {
    return title(meter) + (is_slow(meter) ? ": " + slow_text(meter)
                                          : ": no power for " + age_of(meter.last_power, now) +
                                                (meter.info.advice.empty() ? "" : ": " + meter.info.advice));
}

void add_errors(OrderedJson& json, const Meter& meter) {
    const MeterCounters& counters = meter.counters;
    json["good"] = counters.good;
    json["timeouts"] = counters.timeouts;
    json["rejected"] = counters.rejected;
    json["exceptions"] = counters.exceptions;
    json["reconnects"] = counters.reconnects;
    json["skipped_bytes"] = counters.skipped_bytes;
    json["implausible"] = counters.implausible;
    if (counters.foreign_frames > 0) {
        json["foreign_frames"] = counters.foreign_frames;
    }
    for (const RejectedCount& row : counters.rejected_by) {
        if (!row.reason.empty()) {
            json["rejected_by"][std::string(row.reason)] = row.count;
        }
    }
    if (!meter.config.share.empty()) {
        json["share"] = {{"clients", counters.share_clients},
                         {"missed", counters.share_missed},
                         {"disconnected", counters.share_disconnected}};
    }
}

void add_checks(OrderedJson& json, const Meter& meter, Clock::time_point now) {
    json["counters_held"] = meter.counters_held;
    json["counters_held_back"] = meter.counters_held_back;
    if (meter.config.driver == DriverKind::Standby) {
        const std::string source = source_of(meter);
        json["source"] = source.empty() ? OrderedJson() : OrderedJson(source);
    }
    if (meter.config.netting) {
        const bool is_known = meter.counter_kind != CounterKind::Unknown;
        json["own_counters"] =
            is_known ? OrderedJson(name_in(counter_kind_names, meter.counter_kind)) : OrderedJson();
    }
    const PhaseSumCheck& sum = meter.phase_sum;
    if (sum.count() > 0) {
        json["phase_sum_differences"] = sum.count();
    }
    if (sum.doubtful()) {
        json["phase_sum_differs_w"] = std::round(sum.difference());
        json["phase_sum_differs_s"] =
            std::chrono::duration_cast<std::chrono::seconds>(now - sum.since()).count();
    }
}

std::string advice(const Meter& meter) {
    std::string all;
    for (const std::string& one :
         {meter.info.advice, meter.instance_advice, is_slow(meter) ? slow_text(meter) : std::string()}) {
        all += (all.empty() || one.empty() ? "" : "; ") + one;
    }
    return all;
}

template <typename Value>
OrderedJson or_null(const std::optional<Value>& value) {
    return value ? OrderedJson(*value) : OrderedJson();
}

OrderedJson signing_json(const SigningStatus& status) {
    return {{"charging_status", or_null(status.charging_status)},
            {"last_id", or_null(status.last_id)},
            {"clock_status", or_null(status.clock_status)},
            {"id_definition", or_null(status.id_definition)}};
}

OrderedJson meter_health(const Meter& meter, Clock::time_point now) {
    OrderedJson json = {{"uri", meter.config.uri},
                        {"serial", meter.info.serial},
                        {"serial_is_stable", meter.info.serial_is_stable},
                        {"name", meter.name.empty() ? meter.config.name : meter.name},
                        {"role", meter.role},
                        {"state", state_name(meter)},
                        {"latency_us", meter.publish_latency.count()},
                        {"round_trip_us", meter.counters.round_trip.count()}};
    add_errors(json, meter);
    if (meter.last_good != Clock::time_point{}) {
        json["age_ms"] = std::chrono::duration_cast<milliseconds>(now - meter.last_good).count();
    }
    json["stale_after_ms"] = stale_after(meter).count();
    if (const auto interval = meter.pace.interval()) {
        json["interval_ms"] = std::chrono::duration_cast<milliseconds>(*interval).count();
    }
    if (const TransformerRatios ratios = transformers_of(meter); ratios != TransformerRatios{}) {
        json["ct_ratio"] = ratios.current;
        json["vt_ratio"] = ratios.voltage;
    }
    add_checks(json, meter, now);
    if (driver_row(meter.config.driver).signs_transactions) {
        json["signing"] = signing_json(meter.transaction.status);
    }
    for (const auto& [key, text] : {std::pair("advice", advice(meter)),
                                    {"reason", meter.loss_reason},
                                    {"last_error", meter.last_error}}) {
        if (!text.empty()) {
            json[key] = text;
        }
    }
    return json;
}

// A device behind a meter may be taken away; its meter may not.
bool counts(const Meter& meter) {
    return meter.source.channel == 0;
}

} // namespace

std::vector<std::string> health_problems(const Snapshot& view, Clock::time_point now) {
    std::vector<std::string> problems;
    if (!view.broker.connected) {
        const std::string& reason = view.broker.last_error;
        problems.push_back("broker " + view.broker.server + ": not connected" +
                           (reason.empty() ? std::string() : ": " + reason));
    }
    if (is_frozen(view.broker)) {
        problems.push_back("broker " + view.broker.server + ": connected, but nothing has got through for " +
                           std::to_string(view.broker.lag.count() / 1000) +
                           " s: it is frozen or overloaded, or the network is");
    }
    problems.insert(problems.end(), view.problems.begin(), view.problems.end());
    for (const Meter& meter : view.meters) {
        if (meter.is_refused || (counts(meter) && !is_fresh(meter, now))) {
            problems.push_back(problem_of(meter, now));
        } else if (counts(meter) && is_blind(meter, now)) {
            problems.push_back(blindness_of(meter, now));
        }
    }
    return problems;
}

std::string_view health_status(const Snapshot& view, Clock::time_point now) {
    if (health_problems(view, now).empty()) {
        return "ok";
    }
    const bool any = std::any_of(view.meters.begin(), view.meters.end(),
                                 [&](const Meter& meter) { return counts(meter) && is_fresh(meter, now); });
    return view.broker.connected && any ? "degraded" : "down";
}

std::string health_json(const Snapshot& view, Clock::time_point now) {
    const auto problems = health_problems(view, now);
    OrderedJson meters = OrderedJson::array();
    for (const Meter& meter : view.meters) {
        meters.push_back(meter_health(meter, now));
    }
    const BrokerHealth& broker = view.broker;
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now - view.started);
    OrderedJson json = {{"status", health_status(view, now)},
                        {"healthy", problems.empty()},
                        {"problems", problems},
                        {"version", view.version},
                        {"commit", view.commit},
                        {"uptime_s", uptime.count()},
                        {"broker",
                         {{"connected", broker.connected},
                          {"server", broker.server},
                          {"reconnects", broker.reconnects},
                          {"dropped", broker.dropped},
                          {"queued", broker.queued},
                          {"lag_ms", broker.lag.count()}}},
                        {"meters", meters}};
    for (const SinkHealth& sink : view.sinks) {
        json["sinks"].push_back({{"name", sink.name},
                                 {"kind", sink.kind},
                                 {"connected", sink.connected},
                                 {"queued", sink.queued},
                                 {"queued_bytes", sink.queued_bytes},
                                 {"sent", sink.sent},
                                 {"dropped", sink.dropped},
                                 {"refused", sink.refused}});
    }
    if (!view.remarks.empty()) {
        json["remarks"] = view.remarks;
    }
    if (!broker.last_error.empty()) {
        json["broker"]["last_error"] = broker.last_error;
    }
    return write_json(json);
}

std::string meter_health_json(const Meter& meter, Clock::time_point now) {
    return write_json(meter_health(meter, now));
}

std::string failed_health_json(const std::string& problem) {
    return write_json(
        OrderedJson{{"status", "down"}, {"healthy", false}, {"problems", OrderedJson::array({problem})}});
}

} // namespace gridbridge
