#include "mqtt/outlet/info_payload.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"

namespace gridbridge {

std::optional<std::string> service_id_of(const std::string& info) {
    if (!is_within(info, {})) {
        return std::nullopt;
    }
    const auto json = parse_json(info);
    const auto id = json.is_object() ? json.find("service_id") : json.end();
    return json.is_object() && id != json.end() && id->is_string() ? std::optional(id->get<std::string>())
                                                                   : std::nullopt;
}

} // namespace gridbridge
