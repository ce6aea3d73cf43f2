#include "drivers/json/json.hpp"

namespace gridbridge {

Json parse_json(std::string_view text) {
    return Json::parse(text, nullptr, false);
}

Json parse_json_or_throw(std::string_view text) {
    return Json::parse(text);
}

const Json& member_of(const Json& object, const char* name) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

std::string write_json(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string write_json(const OrderedJson& json, int indent) {
    return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

} // namespace gridbridge
