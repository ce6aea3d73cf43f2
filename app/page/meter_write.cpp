#include "app/page/meter_write.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/text.hpp"

#include <array>
#include <optional>

namespace gridbridge {
namespace {

// Below the meter's own service, or below its settings (mqtt/outlet/setting_catalogue.hpp).
enum class Branch : bool { Service, Settings };

struct Writable {
    std::string_view name;
    Branch branch;
};

constexpr auto writable = std::to_array<Writable>({
    {"CustomName", Branch::Service},
    {"Role", Branch::Service},
    {"Position", Branch::Service},
    {"PhaseConfig", Branch::Service},
    {"ConfirmCounters", Branch::Service},
    {"ClassAndVrmInstance", Branch::Settings},
    {"IsMultiphase", Branch::Settings},
    {"Enabled", Branch::Settings},
});

constexpr JsonBounds bounds{2048, 4, 16};

struct Asked {
    const Writable* row = nullptr;
    Json value;
};

std::variant<Asked, std::string> asked(std::string_view body) {
    const Json json = is_within(body, bounds) ? parse_json(body) : Json(Json::value_t::discarded);
    if (!json.is_object() || !json.contains("setting") || !json["setting"].is_string() ||
        !json.contains("value")) {
        return std::string(R"(the body must be {"setting": "CustomName", "value": "Roof"})");
    }
    const std::string name = json["setting"].get<std::string>();
    for (const Writable& row : writable) {
        if (row.name == name) {
            return Asked{&row, json["value"]};
        }
    }
    std::string names;
    for (const Writable& row : writable) {
        names.append(names.empty() ? "" : ", ").append(row.name);
    }
    return in_quotes(name) + " is no setting of a meter: there are " + names;
}

} // namespace

std::variant<Message, std::string> meter_write(const Meter& meter, const std::string& portal_id,
                                               std::string_view body) {
    const auto made = asked(body);
    if (const auto* const reason = std::get_if<std::string>(&made)) {
        return *reason;
    }
    if (meter.role.empty() || meter.device_id.empty()) {
        return std::string("the meter has not answered yet: nothing of it can be set");
    }
    const Asked& asked = std::get<Asked>(made);
    const bool own = asked.row->branch == Branch::Service;
    std::string topic = "W/" + portal_id + "/";
    topic += own ? meter.role + "/" + std::to_string(meter.instance) + "/"
                 : "settings/0/Settings/Devices/" + meter.device_id + "/";
    Message message;
    message.topic = topic.append(asked.row->name);
    message.payload = write_json(Json{{"value", asked.value}});
    return message;
}

bool shows_written(const Meter& meter, std::string_view body) {
    const auto made = asked(body);
    const auto* const asked = std::get_if<Asked>(&made);
    if (asked == nullptr) {
        return false;
    }
    const std::string_view name = asked->row->name;
    const Json& value = asked->value;
    if (name == "CustomName") {
        return value == Json(meter.name);
    }
    if (name == "Role") {
        return value == Json(meter.role);
    }
    if (name == "Position") {
        return value == Json(meter.position);
    }
    if (name == "PhaseConfig") {
        return value == Json(meter.info.phase_config.value_or(-1));
    }
    return name != "ClassAndVrmInstance" || value == Json(meter.role + ":" + std::to_string(meter.instance));
}

} // namespace gridbridge
