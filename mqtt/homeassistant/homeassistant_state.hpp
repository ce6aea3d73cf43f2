// What Home Assistant shows of one meter, as one JSON object. Pure.
#pragma once

#include "drivers/waist/reading.hpp"
#include "mqtt/homeassistant/homeassistant_payload.hpp"
#include "mqtt/outlet/meter.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Members of the object beside those with the name of a quantity.
namespace state_member {
inline constexpr std::string_view connected = "connected"; // 1 or 0, as on Venus
inline constexpr std::string_view error_code = "error_code";
inline constexpr std::string_view firmware = "firmware"; // null: not told
inline constexpr std::string_view source = "source";     // of a standby meter; null: no member lives
inline constexpr std::string_view role = "role";
inline constexpr std::string_view custom_name = "custom_name";
} // namespace state_member

struct MeterState {
    bool connected = false;
    int error_code = 0;
    std::string firmware, role, name;
    std::optional<std::string> source; // nothing: no standby meter
    Reading reading;                   // empty unless connected
    Entities known;                    // quantities that have had a value: they are null while they have none
};

// `gridbridge/<portal>/meter/<serial>/state`.
std::string state_topic(const std::string& portal_id, const std::string& serial);
Entities entities_of(const Reading& reading);
MeterState state_of(const Meter& meter);
// Values in the unit and with the decimals of Venus.
std::string state_json(const MeterState& state);

// What of a state is news when it changes: more than numbers.
struct StateNews {
    bool connected = false;
    int error_code = 0;
    std::string firmware, role, name;
    std::optional<std::string> source;
    Entities present;
    std::vector<std::optional<double>> named; // of the quantities whose values have names

    bool operator==(const StateNews&) const = default;
};
StateNews news_of(const MeterState& state);

} // namespace gridbridge
