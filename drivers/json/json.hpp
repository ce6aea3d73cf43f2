// nlohmann-json, as whoever reads or writes JSON here includes it: its parser and its writer are compiled
// once, in json.cpp. For .cpp files only.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gridbridge {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json; // members in the order they were set in

// Discarded (`is_discarded`) when `text` is no JSON. What comes from outside is held within bounds before
// (drivers/text/json_bounds.hpp).
Json parse_json(std::string_view text);

// Throws Json::exception with the place of the fault.
Json parse_json_or_throw(std::string_view text);

// Null where there is none, and where `object` is no object.
const Json& member_of(const Json& object, const char* name);

// Bytes that are not UTF-8 are replaced. `indent`: blanks per level; -1: all in one line.
std::string write_json(const Json& json, int indent = -1);
std::string write_json(const OrderedJson& json, int indent = -1);

} // namespace gridbridge
