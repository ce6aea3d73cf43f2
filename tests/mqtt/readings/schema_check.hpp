// What a JSON Schema says of one object: type, enum, minimum, maximum, required, additionalProperties.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gridbridge {

// The schema that is shipped; its other keywords are words for people.
nlohmann::json reading_schema();
// One line per fault; empty: `object` is as `schema` says.
std::vector<std::string> schema_faults(const nlohmann::json& object, const nlohmann::json& schema);

} // namespace gridbridge
