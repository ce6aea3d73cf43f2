#include "mqtt/outlet/forget_payload.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/choice.hpp"

namespace gridbridge {
namespace {

constexpr Names<ForgetResult, 3> result_names{{{"forgotten", ForgetResult::Forgotten},
                                               {"present", ForgetResult::Present},
                                               {"unknown", ForgetResult::Unknown}}};

} // namespace

std::string forget_payload(const ForgetAnswer& answer) {
    return write_json(
        OrderedJson{{"serial", answer.serial}, {"result", name_in(result_names, answer.result)}});
}

std::optional<ForgetAnswer> parse_forget_payload(const std::string& payload) {
    const Json json = parse_json(payload);
    if (!json.is_object() || !json.contains("serial") || !json["serial"].is_string() ||
        !json.contains("result") || !json["result"].is_string()) {
        return std::nullopt;
    }
    ForgetAnswer answer{json["serial"].get<std::string>(), {}};
    const bool known = take_name(result_names, json["result"].get<std::string>(), answer.result).empty();
    return known ? std::optional(answer) : std::nullopt;
}

} // namespace gridbridge
