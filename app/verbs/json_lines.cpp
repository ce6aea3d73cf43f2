#include "app/verbs/json_lines.hpp"

#include "drivers/text/number.hpp"
#include "mqtt/outlet/payload.hpp"

#include <utility>
#include <vector>

namespace gridbridge {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>; // name and JSON value

std::string object(const Members& members) {
    std::string json = "{";
    for (const auto& [name, value] : members) {
        json += (json.size() > 1 ? "," : "") + json_text(name) + ":" + value;
    }
    return json + "}";
}

// The JSON inside `{"value":...}`.
std::string value_of(const std::string& payload) {
    constexpr std::string_view before = R"({"value":)";
    return payload.substr(before.size(), payload.size() - before.size() - 1);
}

std::string groups_json(const std::vector<std::string>& groups) {
    std::string json = "[";
    for (const std::string& group : groups) {
        json += (json.size() > 1 ? "," : "") + json_text(group);
    }
    return json + "]";
}

std::string object_json(const ObisObject& entry) {
    Members members;
    if (!entry.groups.empty()) {
        members.emplace_back("groups", groups_json(entry.groups));
    } else if (entry.number) {
        members.emplace_back("value", number_text(*entry.number));
    } else {
        members.emplace_back("value", json_text(entry.text));
    }
    if (!entry.unit.empty()) {
        members.emplace_back("unit", json_text(entry.unit));
    }
    if (!entry.time.empty()) {
        members.emplace_back("time", json_text(entry.time));
    }
    return object(members);
}

} // namespace

std::string venus_json(const VenusValues& values) {
    Members members;
    for (const auto& [path, payload] : values) {
        members.emplace_back(path, value_of(payload));
    }
    return object(members);
}

std::string identity_json(const Meter& meter) {
    const MeterInfo& info = meter.info;
    return object({{"kind", json_text(info.kind)},
                   {"serial", json_text(info.serial)},
                   {"serial_is_stable", info.serial_is_stable ? "true" : "false"},
                   {"product", json_text(info.product_name)},
                   {"model", json_text(info.model)},
                   {"firmware", json_text(info.firmware)},
                   {"connection", json_text(info.connection)},
                   {"uri", json_text(meter.config.uri)},
                   {"role", json_text(meter.role)},
                   {"instance", std::to_string(meter.instance)}});
}

std::string telegram_json(const Telegram& telegram) {
    Members members;
    for (const ObisObject& entry : telegram.objects) {
        members.emplace_back(entry.id.empty() ? to_text(entry.code) : entry.id, object_json(entry));
    }
    return object(members);
}

} // namespace gridbridge
