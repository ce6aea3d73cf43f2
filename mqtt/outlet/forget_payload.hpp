// A meter that is gone for good is forgotten on request: what the answer says. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

// Present: the meter is there, nothing was done. Unknown: nothing is kept of such a meter.
enum class ForgetResult : std::uint8_t { Forgotten, Present, Unknown };

struct ForgetAnswer {
    std::string serial;
    ForgetResult result = ForgetResult::Unknown;
    bool operator==(const ForgetAnswer&) const = default;
};

// `{"serial":"BX0120064003P","result":"forgotten"}`; "present", "unknown".
std::string forget_payload(const ForgetAnswer& answer);
std::optional<ForgetAnswer> parse_forget_payload(const std::string& payload);

} // namespace gridbridge
