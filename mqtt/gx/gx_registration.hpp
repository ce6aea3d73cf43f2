// What is said to dbus-mqtt-devices 0.9 on a GX and what it answers (venus-mqtt: registering over MQTT).
// Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// A text in the characters of client ids and service labels, [A-Za-z0-9_]. Different texts stay different.
std::string gx_name(std::string_view text);
std::string gx_client_id(std::string_view portal_id);

std::string gx_status_topic(const std::string& client_id);
// Payloads of `device/<client id>/Status`: registering one service, and leaving (also the last will).
std::string gx_registration(const std::string& client_id, std::string_view version, const std::string& label,
                            const std::string& type);
std::string gx_farewell(const std::string& client_id, std::string_view version);

struct GxService {
    std::string type;
    std::string topic; // without its first level: "<portal id of the GX>/grid/1"
    bool operator==(const GxService&) const = default;
};
using GxServices = std::map<std::string, GxService>; // by label
// The payload of `device/<client id>/DBus`. Nothing when it is none, or names topics that are not of its
// portal id.
std::optional<GxServices> parse_gx_answer(std::string_view payload);

// A service type that gridbridge can register.
struct GxType {
    std::string_view type;
    std::string_view default_name; // /CustomName before anybody chose one
};
const GxType* find_gx_type(std::string_view type);
std::vector<std::string_view> gx_types();

// Path and payload of everything that a service of this type takes from a meter, `null` where the reading has
// nothing. `totals_as_l1`: the meter knows no phases, its totals are shown on L1, where a GX looks.
using GxValues = std::vector<std::pair<std::string_view, std::string>>;
GxValues gx_values(std::string_view type, const MeterInfo& info, const Reading& reading, bool totals_as_l1);

} // namespace gridbridge
