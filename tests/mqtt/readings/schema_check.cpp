#include "tests/mqtt/readings/schema_check.hpp"

#include <algorithm>
#include <fstream>

namespace gridbridge {
namespace {

using nlohmann::json;

bool is_of_type(const json& value, const std::string& type) {
    return (type == "null" && value.is_null()) || (type == "object" && value.is_object()) ||
           (type == "string" && value.is_string()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
}

bool is_of_a_type(const json& value, const json& types) {
    if (types.is_string()) {
        return is_of_type(value, types);
    }
    return std::any_of(types.begin(), types.end(), [&](const json& type) { return is_of_type(value, type); });
}

void look_at(const std::string& name, const json& value, const json& rule, std::vector<std::string>& faults) {
    if (!is_of_a_type(value, rule.at("type"))) {
        faults.push_back(name + " is " + value.dump() + ", not of the type " + rule.at("type").dump());
        return;
    }
    if (rule.contains("enum") && !rule["enum"].is_array()) {
        faults.push_back("enum of " + name + " is no list");
    } else if (rule.contains("enum") &&
               std::find(rule["enum"].begin(), rule["enum"].end(), value) == rule["enum"].end()) {
        faults.push_back(name + " is " + value.dump() + ", none of " + rule["enum"].dump());
    }
    if (value.is_number() && ((rule.contains("minimum") && value < rule["minimum"]) ||
                              (rule.contains("maximum") && value > rule["maximum"]))) {
        faults.push_back(name + " is " + value.dump() + ", out of its range");
    }
}

} // namespace

json reading_schema() {
    std::ifstream file(GRIDBRIDGE_SOURCE_DIR "/mqtt/readings/reading.schema.json");
    return json::parse(file);
}

std::vector<std::string> schema_faults(const json& object, const json& schema) {
    std::vector<std::string> faults;
    if (!is_of_a_type(object, schema.at("type"))) {
        return {"is no object"};
    }
    for (const json& name : schema.at("required")) {
        if (!object.contains(name.get<std::string>())) {
            faults.push_back(name.get<std::string>() + " is missing");
        }
    }
    const json& rules = schema.at("properties");
    for (const auto& [name, value] : object.items()) {
        if (rules.contains(name)) {
            look_at(name, value, rules.at(name), faults);
        } else if (schema.at("additionalProperties") == false) {
            faults.push_back(name + " is no property");
        }
    }
    return faults;
}

} // namespace gridbridge
