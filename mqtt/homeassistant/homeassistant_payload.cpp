#include "mqtt/homeassistant/homeassistant_payload.hpp"

#include "drivers/json/json.hpp"
#include "mqtt/homeassistant/homeassistant_names.hpp"
#include "mqtt/homeassistant/homeassistant_state.hpp"
#include "mqtt/homeassistant/homeassistant_table.hpp"
#include "mqtt/outlet/roles.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

// Home Assistant refuses a state of more than 255 characters. A text must not be shown as None.
std::string text_template(std::string_view member, std::string_view otherwise) {
    const std::string value = "value_json." + std::string(member);
    return "{{ " + value + "[:255] if " + value + " | default(none) else " + std::string(otherwise) + " }}";
}

constexpr auto health_expiry = std::chrono::seconds(120); // health comes every 30 s
constexpr auto state_expiry = std::chrono::seconds(180);  // and longer for a longer interval

struct Component {
    std::string id;     // within the device: "power_l1"
    OrderedJson config; // without what all components share
};

// What the discovery messages of one device share.
struct DeviceParts {
    std::string id;
    OrderedJson device;
    OrderedJson availability; // empty: always available
    std::vector<Component> components;
};

Component component(const std::string& device, std::string id, std::string_view platform,
                    std::string_view name, std::string state_topic) {
    const std::string unique = device + "_" + id;
    Component made;
    made.config = {{"platform", platform},
                   {"unique_id", unique},
                   {"default_entity_id", default_entity_id(platform, unique)},
                   {"name", name},
                   {"state_topic", std::move(state_topic)}};
    made.id = std::move(id);
    return made;
}

OrderedJson available_by(const std::string& topic) {
    return {{"topic", topic}};
}

OrderedJson available_by_bridge(const HomeAssistantOptions& options) {
    return OrderedJson::array({available_by(status_topic(options.portal_id))});
}

// On while a finding wants action, of a meter that is lost too. `meter` empty: of the service itself.
Component finding_component(const HomeAssistantOptions& options, const std::string& device, std::string id,
                            std::string_view name, const std::string& meter) {
    const std::string topic = findings_topic(options.portal_id);
    Component made = component(device, std::move(id), "binary_sensor", name, topic);
    made.config.update({{"value_template", finding_template(meter)},
                        {"json_attributes_topic", topic},
                        {"json_attributes_template", finding_attributes_template(meter)},
                        {"device_class", "problem"},
                        {"entity_category", "diagnostic"},
                        {"payload_on", "1"},
                        {"payload_off", "0"},
                        {"availability", available_by_bridge(options)}});
    return made;
}

void expire(const HomeAssistantOptions& options, OrderedJson& config) {
    config["expire_after"] = std::max(state_expiry, 3 * options.interval).count();
}

std::string_view device_class_of(const Meter& meter, const EntityRow& row) {
    return row.device_class == "volume" ? volume_class(meter.info.product_name) : row.device_class;
}

class MeterEntities {
  public:
    MeterEntities(const HomeAssistantOptions& options, const Meter& meter)
        : options_(options), meter_(meter), id_(discovery_id(meter.info)),
          service_(options.portal_id + "/" + meter.role + "/" + std::to_string(meter.instance) + "/"),
          own_(meter_topic(options.portal_id, meter.info.serial)),
          state_(state_topic(options.portal_id, meter.info.serial)) {}

    std::vector<Component> all(const Entities& entities) {
        for (const EntityRow& row : entity_table) {
            if (entities[index_of(row.quantity)]) {
                add(row);
            }
        }
        add_diagnostics();
        add_settings();
        return std::move(components_);
    }

  private:
    OrderedJson& add(std::string id, std::string_view platform, std::string_view name,
                     const std::string& topic) {
        components_.push_back(component(id_, std::move(id), platform, name, topic));
        return components_.back().config;
    }
    // The id is the member of the state.
    OrderedJson& add_member(std::string_view id, std::string_view platform, std::string_view name) {
        OrderedJson& config = add(std::string(id), platform, name, state_);
        config["value_template"] = value_template(id);
        return config;
    }

    void add(const EntityRow& row) {
        const bool flag = row.kind == EntityKind::Flag;
        OrderedJson& config = add_member(quantity_table.at(index_of(row.quantity)).name,
                                         flag ? "binary_sensor" : "sensor", entity_name(row, meter_.role));
        if (const auto device_class = device_class_of(meter_, row); !device_class.empty()) {
            config["device_class"] = device_class;
        }
        if (!row.unit.empty()) {
            config["unit_of_measurement"] = row.unit;
        }
        if (row.kind == EntityKind::Measurement || row.kind == EntityKind::Total) {
            config["state_class"] = row.kind == EntityKind::Total ? "total_increasing" : "measurement";
        }
        if (row.precision >= 0) {
            config["suggested_display_precision"] = row.precision;
        }
        if (row.diagnostic) {
            config["entity_category"] = "diagnostic";
        }
        if (row.rare) {
            config["enabled_by_default"] = false;
        }
        if (row.kind == EntityKind::Choice) {
            config["options"] = row.options;
            config["value_template"] = choice_template(row);
        }
        if (flag) {
            set_states(config);
        }
        expire(options_, config);
    }

    static void set_states(OrderedJson& config) {
        config["payload_on"] = "1";
        config["payload_off"] = "0";
    }

    void add_diagnostics() {
        OrderedJson& connected = add_member(state_member::connected, "binary_sensor", "Connected");
        connected["device_class"] = "connectivity";
        connected["entity_category"] = "diagnostic";
        connected["availability"] = available_by_bridge(options_); // says "disconnected" for a lost meter
        set_states(connected);
        expire(options_, connected);
        components_.push_back(finding_component(options_, id_, "problem", "Problem", meter_.info.serial));
        OrderedJson& error = add_member(state_member::error_code, "sensor", "Error code");
        error["state_class"] = "measurement";
        error["entity_category"] = "diagnostic";
        if (!meter_.info.firmware.empty()) {
            OrderedJson& firmware = add_member(state_member::firmware, "sensor", "Firmware");
            firmware["value_template"] = text_template(state_member::firmware, "None");
            firmware["entity_category"] = "diagnostic";
        }
        if (meter_.config.driver == DriverKind::Standby) {
            OrderedJson& source = add_member(state_member::source, "sensor", "Source");
            source["value_template"] = text_template(state_member::source, "None");
            source["entity_category"] = "diagnostic";
        }
        add_time("age", "Age", "s", "{{ value_json.age_ms / 1000 }}");
        add_time("latency", "Latency", "ms", "{{ value_json.latency_us / 1000 }}");
    }

    void add_time(const std::string& id, std::string_view name, std::string_view unit,
                  std::string_view value) {
        OrderedJson& config = add(id, "sensor", name, own_ + "/health");
        config.update({{"value_template", value},
                       {"device_class", "duration"},
                       {"unit_of_measurement", unit},
                       {"state_class", "measurement"},
                       {"suggested_display_precision", 1},
                       {"entity_category", "diagnostic"},
                       {"expire_after", health_expiry.count()}});
    }

    void add_settings() {
        if (const auto roles = allowed_roles(meter_); !roles.empty()) {
            OrderedJson& role = add_member(state_member::role, "select", "Role");
            role["options"] = roles;
            role.update({{"command_topic", "W/" + service_ + "Role"},
                         {"command_template", R"({"value": "{{ value }}"})"},
                         {"entity_category", "config"}});
        }
        OrderedJson& name = add_member(state_member::custom_name, "text", "Custom name");
        name.update({{"command_topic", "W/" + service_ + "CustomName"},
                     {"value_template", text_template(state_member::custom_name, "''")},
                     {"command_template", R"({"value": {{ value | tojson }} })"},
                     {"entity_category", "config"}});
    }

    const HomeAssistantOptions& options_;
    const Meter& meter_;
    std::string id_;
    std::string service_; // "<portal>/grid/30/"
    std::string own_;     // "gridbridge/<portal>/meter/<serial>"
    std::string state_;   // its state
    std::vector<Component> components_;
};

// The name given by people, else the product. An entity's name must not begin with it.
std::string device_name(const Meter& meter, const std::vector<Component>& components) {
    const std::string name = meter.name.empty() ? meter.info.product_name : meter.name;
    const bool repeated = std::any_of(components.begin(), components.end(), [&](const Component& entry) {
        return repeats_name(entry.config.at("name").get_ref<const std::string&>(), name);
    });
    return repeated ? meter.info.product_name + " " + meter.info.serial : name;
}

OrderedJson device_of(const HomeAssistantOptions& options, const Meter& meter,
                      const std::vector<Component>& components) {
    const MeterInfo& info = meter.info;
    OrderedJson device = {{"identifiers", {discovery_id(info)}}, {"name", device_name(meter, components)}};
    const auto tell = [&](const char* key, const std::string& text) {
        if (!text.empty()) {
            device[key] = text;
        }
    };
    tell("manufacturer", info.manufacturer);
    tell("model", info.model.empty() ? info.product_name : info.model);
    tell("serial_number", info.serial_is_stable ? info.serial : "");
    tell("sw_version", info.firmware);
    tell("hw_version", info.hardware);
    device["via_device"] = bridge_discovery_id(options.portal_id);
    return device;
}

Discovery one_message(const HomeAssistantOptions& options, DeviceParts parts, OrderedJson shared) {
    if (!parts.availability.empty()) {
        shared["availability"] = parts.availability;
        shared["availability_mode"] = "all";
    }
    OrderedJson components = OrderedJson::object();
    for (Component& entry : parts.components) {
        components[entry.id] = std::move(entry.config);
    }
    shared["components"] = std::move(components);
    return {{options.prefix + "/device/" + parts.id + "/config", write_json(shared)}};
}

Discovery message_per_component(const HomeAssistantOptions& options, DeviceParts parts,
                                const OrderedJson& shared) {
    Discovery discovery;
    for (Component& entry : parts.components) {
        const std::string platform = entry.config.at("platform");
        entry.config.erase("platform");
        if (!parts.availability.empty() && !entry.config.contains("availability")) {
            entry.config["availability"] = parts.availability;
        }
        if (entry.config.contains("availability")) {
            entry.config["availability_mode"] = "all";
        }
        entry.config.update(shared);
        discovery[options.prefix + "/" + platform + "/" + parts.id + "/" + entry.id + "/config"] =
            write_json(entry.config);
    }
    return discovery;
}

Discovery messages(const HomeAssistantOptions& options, DeviceParts parts) {
    OrderedJson shared = {{"device", parts.device},
                          {"origin", {{"name", "gridbridge"}, {"sw_version", options.version}}}};
    return options.per_component ? message_per_component(options, std::move(parts), shared)
                                 : one_message(options, std::move(parts), std::move(shared));
}

} // namespace

Discovery meter_discovery(const HomeAssistantOptions& options, const Meter& meter, const Entities& entities) {
    DeviceParts parts;
    parts.id = discovery_id(meter.info);
    parts.components = MeterEntities(options, meter).all(entities);
    parts.device = device_of(options, meter, parts.components);
    parts.availability =
        OrderedJson::array({available_by(status_topic(options.portal_id)),
                            available_by(meter_topic(options.portal_id, meter.info.serial) + "/status")});
    return messages(options, std::move(parts));
}

std::vector<std::string> meter_discovery_topics(const HomeAssistantOptions& options,
                                                const std::string& serial) {
    Meter meter;
    meter.info.serial = serial;
    meter.info.firmware = "any";
    std::vector<std::string> topics;
    for (const auto& [topic, payload] : meter_discovery(options, meter, Entities().set())) {
        topics.push_back(topic);
    }
    return topics;
}

std::vector<std::string> discovery_filters(const std::string& prefix, const std::vector<std::string>& serials,
                                           const std::string& portal_id) {
    std::vector<std::string> ids{bridge_discovery_id(portal_id)};
    for (const std::string& serial : serials) {
        for (const std::string& spelling : spellings_of(serial)) {
            ids.push_back(discovery_id(spelling));
        }
    }
    std::vector<std::string> filters;
    for (const std::string& id : ids) {
        for (const auto& [before, after] : {std::pair("/device/", "/config"), {"/+/", "/+/config"}}) {
            filters.push_back(std::string(prefix).append(before).append(id).append(after));
        }
    }
    return filters;
}

Discovery bridge_discovery(const HomeAssistantOptions& options) {
    DeviceParts parts;
    parts.id = bridge_discovery_id(options.portal_id);
    parts.device = {{"identifiers", {parts.id}},
                    {"name", "gridbridge " + options.portal_id},
                    {"model", "gridbridge"},
                    {"sw_version", options.version}};
    Component status =
        component(parts.id, "status", "binary_sensor", "Status", status_topic(options.portal_id));
    status.config.update({{"device_class", "connectivity"},
                          {"entity_category", "diagnostic"},
                          {"payload_on", "online"},
                          {"payload_off", "offline"}});
    Component health = component(parts.id, "problem", "binary_sensor", "Problem",
                                 "gridbridge/" + options.portal_id + "/health");
    health.config.update({{"device_class", "problem"},
                          {"entity_category", "diagnostic"},
                          {"value_template", "{{ 0 if value_json.healthy else 1 }}"},
                          {"payload_on", "1"},
                          {"payload_off", "0"},
                          {"availability", available_by_bridge(options)}});
    parts.components = {std::move(status), std::move(health),
                        finding_component(options, parts.id, "finding", "Finding", {})};
    return messages(options, std::move(parts));
}

} // namespace gridbridge
