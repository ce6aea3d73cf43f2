#include "mqtt/outlet/forget_payload.hpp"

#include "drivers/text/choice.hpp"

#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr Names<ForgetResult, 3> result_names{{{"forgotten", ForgetResult::Forgotten},
                                               {"present", ForgetResult::Present},
                                               {"unknown", ForgetResult::Unknown}}};

} // namespace

std::string forget_payload(const ForgetAnswer& answer) {
    return Json{{"serial", answer.serial}, {"result", name_in(result_names, answer.result)}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ForgetAnswer> parse_forget_payload(const std::string& payload) {
    const Json json = Json::parse(payload, nullptr, false);
    if (!json.is_object() || !json.contains("serial") || !json["serial"].is_string() ||
        !json.contains("result") || !json["result"].is_string()) {
        return std::nullopt;
    }
    ForgetAnswer answer{json["serial"].get<std::string>(), {}};
    const bool known = take_name(result_names, json["result"].get<std::string>(), answer.result).empty();
    return known ? std::optional(answer) : std::nullopt;
}

} // namespace gridbridge
