#include "app/page/meters_json.hpp"

#include "drivers/json/json.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/roles.hpp"
#include "mqtt/status/health.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <utility>

namespace gridbridge {
namespace {

constexpr int decimals = 3;

OrderedJson values_json(const Reading& reading) {
    OrderedJson values = OrderedJson::object();
    for (const QuantityRow& row : quantity_table) {
        if (const auto value = reading.get(row.quantity)) {
            values[std::string(row.name)] = rounded(*value, decimals);
        }
    }
    return values;
}

OrderedJson roles_json(const Meter& meter) {
    OrderedJson roles = OrderedJson::array();
    for (const std::string_view role : allowed_roles(meter)) {
        roles.push_back(std::string(role));
    }
    return roles;
}

// Nobody has declared it lost yet.
bool is_overdue(const Meter& meter, Clock::time_point now) {
    return meter.life == MeterLife::Live && !is_fresh(meter, now);
}

std::string_view shown_state(const Meter& meter, Clock::time_point now) {
    if (meter.is_refused) {
        return "refused";
    }
    return is_overdue(meter, now) ? std::string_view("lost") : state_name(meter);
}

std::string shown_reason(const Meter& meter, Clock::time_point now) {
    if (meter.is_refused || !is_overdue(meter, now)) {
        return meter.loss_reason;
    }
    const auto limit = std::chrono::ceil<std::chrono::seconds>(stale_after(meter));
    return "no reading within " + std::to_string(limit.count()) + " s";
}

std::string all_advice(const Meter& meter) {
    const std::string& first = meter.info.advice;
    const bool both = !first.empty() && !meter.instance_advice.empty();
    return first + (both ? "; " : "") + meter.instance_advice;
}

void add_texts(OrderedJson& json, const Meter& meter, const std::string& reason) {
    const std::string source = source_of(meter);
    for (const auto& [key, text] : std::initializer_list<std::pair<const char*, const std::string&>>{
             {"product", meter.info.product_name},
             {"firmware", meter.info.firmware},
             {"connection", meter.info.connection},
             {"source", source},
             {"reason", reason},
             {"last_error", meter.last_error}}) {
        if (!text.empty()) {
            json[key] = text;
        }
    }
    if (const std::string advice = all_advice(meter); !advice.empty()) {
        json["advice"] = advice;
    }
}

OrderedJson service_value(const Snapshot& view, const std::string& portal_id, Clock::time_point now) {
    const BrokerHealth& broker = view.broker;
    OrderedJson json = {
        {"portal_id", portal_id},
        {"version", view.version},
        {"status", std::string(health_status(view, now))},
        {"problems", health_problems(view, now)},
        {"remarks", view.remarks},
        {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(now - view.started).count()},
        {"broker",
         {{"server", broker.server}, {"connected", broker.connected}, {"last_error", broker.last_error}}}};
    json["connections"] = OrderedJson::array();
    for (const ConnectionHealth& connection : view.connections) {
        json["connections"].push_back(
            {{"name", connection.name}, {"connected", connection.connected}, {"text", connection.text}});
    }
    return json;
}

} // namespace

std::string meter_id(const Meter& meter) {
    const std::string number = std::to_string(meter.source.meter + 1);
    return meter.source.channel == 0 ? number : number + "." + std::to_string(meter.source.channel);
}

std::optional<long long> age_ms(const Meter& meter, Clock::time_point now) {
    using std::chrono::milliseconds;
    return meter.last_good == Clock::time_point{}
               ? std::nullopt
               : std::optional<long long>(
                     std::chrono::duration_cast<milliseconds>(now - meter.last_good).count());
}

std::string meter_json(const Meter& meter, const std::string& portal_id, Clock::time_point now) {
    OrderedJson json = {{"id", meter_id(meter)},
                        {"serial", meter.info.serial},
                        {"name", meter.name.empty() ? meter.config.name : meter.name},
                        {"uri", meter.config.uri},
                        {"role", meter.role},
                        {"roles", roles_json(meter)},
                        {"instance", meter.instance},
                        {"state", std::string(shown_state(meter, now))},
                        {"stale_after_ms", stale_after(meter).count()},
                        {"refresh_ms", meter.refresh_time.count()},
                        {"counters_held", meter.counters_held}};
    if (!meter.role.empty()) {
        json["topic"] = "N/" + portal_id + "/" + meter.role + "/" + std::to_string(meter.instance);
    }
    if (has_position(meter.role)) {
        json["position"] = meter.position;
    }
    if (meter.info.phase_config) {
        json["phase_config"] = *meter.info.phase_config;
    }
    add_texts(json, meter, shown_reason(meter, now));
    json["values"] = is_fresh(meter, now) ? values_json(meter.reading) : OrderedJson::object();
    return write_json(json);
}

std::string with_age(std::string meter, std::optional<long long> age) {
    meter.insert(1, "\"age_ms\":" + (age ? std::to_string(*age) : std::string("null")) + ",");
    return meter;
}

std::string service_json(const Snapshot& view, const std::string& portal_id, Clock::time_point now) {
    std::string text = write_json(service_value(view, portal_id, now));
    text.pop_back();
    return text + ",\"findings\":" + findings_json(view.findings, view.wall.at, view.wall.unix_ms) +
           (view.load_test.empty() ? "" : ",\"load_test\":" + view.load_test) + "}";
}

std::string meters_json(const Snapshot& view, const std::string& portal_id, Clock::time_point now) {
    std::string text = R"({"service":)" + service_json(view, portal_id, now) + R"(,"meters":[)";
    for (const Meter& meter : view.meters) {
        text += text.back() == '}' ? "," : "";
        text += with_age(meter_json(meter, portal_id, now), age_ms(meter, now));
    }
    return text + "]}\n";
}

const Meter* find_meter(const Snapshot& view, const std::string& serial) {
    const auto found = std::find_if(view.meters.begin(), view.meters.end(), [&](const Meter& meter) {
        return !serial.empty() && meter.info.serial == serial;
    });
    return found == view.meters.end() ? nullptr : &*found;
}

} // namespace gridbridge
