#include "tests/mqtt/homeassistant/discovery_check.hpp"

#include "drivers/text/text.hpp"
#include "tests/mqtt/homeassistant/discovery_tables.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace gridbridge {
namespace {

using Json = nlohmann::json;
using namespace discovery;

std::string text_of(const Json& object, const std::string& key) {
    return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

struct Entity {
    std::string where;
    std::string platform;
    Json config; // with what its device shares
};

class Reader {
  public:
    explicit Reader(const DiscoveryRules& rules) : rules_(rules) {}

    void take(const SeenMessage& message) {
        const auto levels = split(message.topic);
        if (levels.size() < 3 || levels.front() != rules_.prefix || levels.back() != "config") {
            if (message.payload.empty()) {
                published_.insert(message.topic);
                return;
            }
            published_.insert(message.topic);
            newest_retained_[message.topic] = message.retained;
            if (message.topic.ends_with("/state")) {
                states_[message.topic] = Json::parse(message.payload, nullptr, false);
            }
            return;
        }
        if (!message.retained) {
            complain(message.topic, "is not retained");
        }
        entities_.erase(message.topic);
        if (!message.payload.empty()) {
            read(message, levels);
        }
    }

    void finish() {
        std::map<std::string, std::string> owners;
        for (const auto& [topic, entities] : entities_) {
            for (const Entity& entity : entities) {
                check_unique(entity, owners, "unique_id");
                check_unique(entity, owners, "default_entity_id");
                check_member(entity);
                for (const std::string& named : topics_of(entity)) {
                    if (!published_.contains(named)) {
                        complain(entity.where, "names " + named + ", which is never published");
                    }
                }
                if (entity.config.contains("expire_after") &&
                    newest_retained_[text_of(entity.config, "state_topic")] && retain_is_known()) {
                    complain(entity.where, "lets a retained value expire");
                }
            }
        }
    }

    static std::vector<std::string> topics_of(const Entity& entity) {
        std::vector<std::string> topics;
        for (const char* key : {"state_topic", "json_attributes_topic", "availability_topic"}) {
            if (const std::string topic = text_of(entity.config, key); !topic.empty()) {
                topics.push_back(topic);
            }
        }
        for (const Json& entry : entity.config.value("availability", Json::array())) {
            topics.push_back(text_of(entry, "topic"));
        }
        return topics;
    }

    const std::map<std::string, std::vector<Entity>>& entities() const { return entities_; }
    const std::vector<std::string>& problems() const { return problems_; }

  private:
    static std::vector<std::string> split(const std::string& topic) {
        std::vector<std::string> levels;
        std::istringstream text(topic);
        for (std::string level; std::getline(text, level, '/');) {
            levels.push_back(level);
        }
        return levels;
    }
    // mosquitto_sub shows a live message without the flag: then every message has been marked retained.
    bool retain_is_known() const {
        return std::any_of(newest_retained_.begin(), newest_retained_.end(),
                           [](const auto& entry) { return !entry.second; });
    }

    void complain(const std::string& where, const std::string& text) {
        problems_.push_back(where + " " + text);
    }

    void read(const SeenMessage& message, const std::vector<std::string>& levels) {
        static const std::regex id("[a-zA-Z0-9_-]+");
        for (std::size_t i = 1; i + 1 < levels.size(); ++i) {
            if (!std::regex_match(levels[i], id)) {
                complain(message.topic, "has an id Home Assistant does not take: " + levels[i]);
            }
        }
        const Json payload = Json::parse(message.payload, nullptr, false);
        if (!payload.is_object()) {
            complain(message.topic, "is no JSON object");
            return;
        }
        if ((levels[1] == "device") == rules_.per_component) {
            complain(message.topic, "is not the form this release takes");
        }
        check_device(message.topic, payload);
        if (levels[1] != "device") {
            add(message.topic, message.topic, levels[1], payload, Json::object());
            return;
        }
        check_keys(message.topic, payload, device_payload_keys);
        if (!payload.contains("components") || !payload["components"].is_object()) {
            complain(message.topic, "has no components");
            return;
        }
        for (const auto& [key, component] : payload["components"].items()) {
            const std::string where = message.topic + " " + key;
            if (!std::regex_match(key, id)) {
                complain(where, "is an id Home Assistant does not take");
            }
            if (component.size() == 1 && component.contains("platform")) {
                continue; // removes the entity
            }
            if (text_of(component, "platform").empty() || text_of(component, "unique_id").empty()) {
                complain(where, "needs platform and unique_id");
            }
            add(message.topic, where, text_of(component, "platform"), component, payload);
        }
    }

    void check_keys(const std::string& where, const Json& object, const Names& allowed) {
        for (const auto& [key, value] : object.items()) {
            if (!allowed.contains(key)) {
                complain(where, "has an unknown key " + key);
            }
        }
    }

    void check_device(const std::string& where, const Json& payload) {
        const Json device = payload.value("device", Json::object());
        const Json origin = payload.value("origin", Json::object());
        if (device.value("identifiers", Json()).empty() && device.value("connections", Json()).empty()) {
            complain(where, "has a device without identifiers");
        }
        if (text_of(origin, "name").empty()) {
            complain(where, "has no origin with a name");
        }
        check_keys(where + " device", device, device_keys);
        check_keys(where + " origin", origin, origin_keys);
    }

    void add(const std::string& topic, const std::string& where, const std::string& platform, Json config,
             const Json& shared) {
        for (const char* key : {"availability", "availability_mode", "availability_topic", "state_topic",
                                "command_topic", "device"}) {
            if (shared.contains(key) && !config.contains(key)) {
                config[key] = shared[key];
            }
        }
        const Entity entity{where, platform, config};
        check_entity(entity);
        entities_[topic].push_back(entity);
    }

    void check_entity(const Entity& entity) {
        const auto known = platforms.find(entity.platform);
        if (known == platforms.end()) {
            complain(entity.where, "is of an unknown platform " + entity.platform);
            return;
        }
        Names allowed = common_keys;
        allowed.insert(known->second.required.begin(), known->second.required.end());
        allowed.insert(known->second.optional.begin(), known->second.optional.end());
        check_keys(entity.where, entity.config, allowed);
        for (const std::string& key : known->second.required) {
            if (!entity.config.contains(key)) {
                complain(entity.where, "needs " + key);
            }
        }
        check_identity(entity);
        check_availability(entity);
        if (entity.platform == "sensor") {
            check_sensor(entity);
        } else if (entity.platform == "binary_sensor") {
            check_binary(entity);
        } else {
            check_command(entity);
        }
    }

    void check_identity(const Entity& entity) {
        static const std::regex unique("[a-zA-Z0-9_-]+");
        static const std::regex entity_id("[a-z_]+\\.[a-z0-9_]+");
        const std::string wanted = text_of(entity.config, "default_entity_id");
        if (!std::regex_match(text_of(entity.config, "unique_id"), unique)) {
            complain(entity.where, "has a unique_id Home Assistant does not take");
        }
        if (!wanted.empty() &&
            (!std::regex_match(wanted, entity_id) || !wanted.starts_with(entity.platform + "."))) {
            complain(entity.where, "has a wrong default_entity_id " + wanted);
        }
        const std::string device = lower(text_of(entity.config.value("device", Json::object()), "name"));
        const std::string name = lower(text_of(entity.config, "name"));
        if (name.empty() || (!device.empty() && name.starts_with(device))) {
            complain(entity.where, "has no name or repeats its device's: " + name);
        }
        const std::string category = text_of(entity.config, "entity_category");
        const bool reads = entity.platform.ends_with("sensor");
        if (!category.empty() && category != "diagnostic" && (category != "config" || reads)) {
            complain(entity.where, "has a wrong entity_category");
        }
    }

    void check_availability(const Entity& entity) {
        const Json list = entity.config.value("availability", Json::array());
        if (list.size() > 1 && text_of(entity.config, "availability_mode") != "all") {
            complain(entity.where, "is available when any topic says so");
        }
        for (const Json& entry : list) {
            const std::string topic = text_of(entry, "topic");
            const auto said = newest_retained_.find(topic);
            if (said == newest_retained_.end()) {
                complain(entity.where, "is announced before its availability " + topic);
            } else if (!said->second) {
                complain(entity.where, "has an availability that is not retained: " + topic);
            }
        }
    }

    void check_sensor(const Entity& entity) {
        const std::string device_class = text_of(entity.config, "device_class");
        const std::string state_class = text_of(entity.config, "state_class");
        const std::string unit = text_of(entity.config, "unit_of_measurement");
        if (entity.config.contains("state_class") && state_class != "measurement" && state_class != "total" &&
            state_class != "total_increasing") {
            complain(entity.where, "has a wrong state_class " + state_class);
        }
        if (entity.config.contains("options") != (device_class == "enum")) {
            complain(entity.where, "options and class enum belong together");
        }
        if (device_class.empty()) {
            return;
        }
        const auto units = class_units.find(device_class);
        if (units == class_units.end()) {
            complain(entity.where, "has an unknown device_class " + device_class);
        } else if (!units->second.contains(unit)) {
            complain(entity.where, "has unit '" + unit + "', which does not fit " + device_class);
        }
        const bool counted = state_class == "total" || state_class == "total_increasing";
        if ((measured_classes.contains(device_class) && state_class != "measurement") ||
            (counted_classes.contains(device_class) && !counted) ||
            (device_class == "enum" && !state_class.empty())) {
            complain(entity.where,
                     "has state_class '" + state_class + "', which does not fit " + device_class);
        }
    }

    void check_binary(const Entity& entity) {
        if (entity.config.contains("device_class") &&
            !binary_classes.contains(text_of(entity.config, "device_class"))) {
            complain(entity.where, "has an unknown device_class");
        }
    }

    void check_command(const Entity& entity) {
        const std::string expected = entity.platform == "select" ? R"({"value": "{{ value }}"})"
                                                                 : R"({"value": {{ value | tojson }} })";
        if (text_of(entity.config, "command_template") != expected) {
            complain(entity.where, "writes what no Venus device takes");
        }
        static const std::regex venus_path("W/[^/+#]+/[a-z]+/[0-9]+/[A-Za-z/]+");
        if (text_of(entity.config, "state_topic").empty() ||
            !std::regex_match(text_of(entity.config, "command_topic"), venus_path)) {
            complain(entity.where, "shows nothing, or writes to no Venus path");
        }
        if (entity.platform == "select" && entity.config["options"].empty()) {
            complain(entity.where, "has no options");
        }
    }

    // An entity of a state takes one of its members, and what is missing or null is None and no empty text,
    // which would be ignored.
    void check_member(const Entity& entity) {
        static const std::regex member("value_json\\.([a-z0-9_]+)");
        const auto state = states_.find(text_of(entity.config, "state_topic"));
        if (state == states_.end()) {
            return;
        }
        const std::string value = text_of(entity.config, "value_template");
        std::smatch named;
        if (!std::regex_search(value, named, member) || !state->second.is_object() ||
            !state->second.contains(named[1].str())) {
            complain(entity.where, "takes what its state does not have: " + value);
        }
        if (value.find("default(none)") == std::string::npos) {
            complain(entity.where, "keeps its old value where there is none: " + value);
        }
    }

    void check_unique(const Entity& entity, std::map<std::string, std::string>& owners, const char* key) {
        const std::string id = text_of(entity.config, key);
        if (id.empty()) {
            return;
        }
        const auto [owner, is_new] = owners.try_emplace(std::string(key) + id, entity.where);
        if (!is_new) {
            complain(entity.where, "has the " + std::string(key) + " of " + owner->second);
        }
    }

    const DiscoveryRules& rules_;
    std::map<std::string, std::vector<Entity>> entities_; // by discovery topic
    std::map<std::string, bool> newest_retained_;
    std::map<std::string, Json> states_; // newest, by topic
    Names published_;
    std::vector<std::string> problems_;
};

} // namespace

std::vector<std::string> discovery_problems(const std::vector<SeenMessage>& messages,
                                            const DiscoveryRules& rules) {
    Reader reader(rules);
    for (const SeenMessage& message : messages) {
        reader.take(message);
    }
    reader.finish();
    return reader.problems();
}

std::vector<std::string> named_topics(const std::vector<SeenMessage>& messages, const DiscoveryRules& rules) {
    Reader reader(rules);
    for (const SeenMessage& message : messages) {
        reader.take(message);
    }
    Names topics;
    for (const auto& [topic, entities] : reader.entities()) {
        for (const Entity& entity : entities) {
            const auto named = Reader::topics_of(entity);
            topics.insert(named.begin(), named.end());
        }
    }
    return {topics.begin(), topics.end()};
}

} // namespace gridbridge
