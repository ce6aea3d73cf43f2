#include "mqtt/limits/limit_entry.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/utc.hpp"

#include <cmath>

namespace gridbridge {
namespace {

constexpr JsonBounds bounds{2048, 4, 32};
constexpr double largest_limit = 1e6; // W
constexpr std::size_t longest_id = 64;
constexpr std::int64_t last_end = 4102444800; // 2100-01-01, s

std::optional<std::int64_t> end_of(const Json& value) {
    if (value.is_string()) {
        return unix_time_of(value.get<std::string>());
    }
    return value.is_number() && std::abs(value.get<double>()) < 1e15
               ? std::optional(std::llround(value.get<double>() / 1000))
               : std::nullopt;
}

double rounded_watts(double watts) {
    return std::round(watts * 10) / 10;
}

Json json_of(const std::optional<double>& watts) {
    return watts ? Json(rounded_watts(*watts)) : Json();
}

} // namespace

LimitRequest parse_limit(std::string_view payload) {
    const Json value = is_within(payload, bounds) ? parse_json(payload) : Json();
    if (!value.is_object() || !value.contains("value")) {
        return {{}, R"(it is no JSON object with "value")"};
    }
    const Json& asked = value["value"];
    if (asked.is_null() || asked == Json::array()) { // D-Bus' null
        return {};
    }
    const Json& power = member_of(asked, "power");
    const double watts = power.is_number() ? power.get<double>() : -1;
    if (!(watts >= 0 && watts <= largest_limit)) {
        return {{}, R"(its "power" is no number of W from 0 to 1000000)"};
    }
    const Json& end = member_of(asked, "end");
    const auto time = end_of(end);
    if (!end.is_null() && (!time || *time < 0 || *time > last_end)) {
        return {{}, R"(its "end" is neither ms since 1970 nor a time as "2026-12-01T18:00:00Z")"};
    }
    const Json& id = member_of(asked, "id");
    const std::string name = id.is_string() ? id.get<std::string>() : std::string();
    if ((!id.is_null() && !id.is_string()) || name.size() > longest_id) {
        return {{}, R"(its "id" is no text of at most 64 characters)"};
    }
    return {Limit{watts, time, name}, {}};
}

std::string limit_payload(const std::optional<Limit>& limit) {
    OrderedJson value;
    if (limit) {
        value["power"] = limit->watts;
        value["end"] = limit->end ? OrderedJson(*limit->end * 1000) : OrderedJson();
        if (!limit->id.empty()) {
            value["id"] = limit->id;
        }
    }
    return write_json(OrderedJson{{"value", value}});
}

std::string limit_object(const std::string& serial, const Limit& limit, std::int64_t now) {
    OrderedJson object{{"kind", "limit"}, {"time", utc_text(now)}, {"meter", serial}, {"power", limit.watts}};
    object["end"] = limit.end ? OrderedJson(utc_text(*limit.end)) : OrderedJson();
    if (!limit.id.empty()) {
        object["id"] = limit.id;
    }
    return write_json(object);
}

std::string quarter_object(const std::string& serial, std::uint64_t number, const Limit& limit,
                           const ImportedQuarter& quarter) {
    OrderedJson object{{"kind", "quarter"},
                       {"meter", serial},
                       {"limit", number},
                       {"power", limit.watts},
                       {"begin", utc_text(quarter.begin)},
                       {"until", utc_text(quarter.until)},
                       {"known_seconds", std::round(quarter.known_seconds * 10) / 10},
                       {"mean_import", json_of(quarter.mean)},
                       {"highest_import", json_of(quarter.highest)}};
    object["kept"] = quarter.mean ? OrderedJson(*quarter.mean <= limit.watts) : OrderedJson();
    return write_json(object);
}

std::string end_object(const std::string& serial, std::uint64_t number, LimitEnd why, std::int64_t now) {
    return write_json(OrderedJson{{"kind", "end"},
                                  {"time", utc_text(now)},
                                  {"meter", serial},
                                  {"limit", number},
                                  {"reason", name_in(limit_end_names, why)}});
}

std::optional<LoggedLimit> logged_limit(std::string_view line) {
    const Json entry = is_within(line, bounds) ? parse_json(line) : Json();
    const Json& kind = member_of(entry, "kind");
    const Json& serial = member_of(entry, "meter");
    const Json& number = member_of(entry, kind == "limit" ? "seq" : "limit");
    if ((kind != "limit" && kind != "end") || !serial.is_string() || !number.is_number_unsigned()) {
        return std::nullopt;
    }
    LoggedLimit logged{number.get<std::uint64_t>(), serial.get<std::string>(), {}};
    if (kind == "limit") {
        const Json& power = member_of(entry, "power");
        const Json& id = member_of(entry, "id");
        logged.limit = Limit{power.is_number() ? power.get<double>() : 0, end_of(member_of(entry, "end")),
                             id.is_string() ? id.get<std::string>() : std::string()};
    }
    return logged;
}

} // namespace gridbridge
