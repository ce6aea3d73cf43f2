// Secrets that a text shows by its form. Pure.
#pragma once

#include "app/bundle/secret.hpp"

#include <string_view>

namespace gridbridge {

// Hosts and users of URIs, IP and MAC addresses, hosts below ".local" and the like, users in paths of homes,
// serial numbers in names of serial ports, and values of members that name somebody (`name = "..."`,
// `"serial": "..."`) in TOML and JSON.
void find_in_text(std::string_view text, SecretList& found);

// A serial number as outlets have it: that of a second service of a meter has "_S" behind it.
void add_device(std::string_view id, SecretList& found);

// Settings as JSON: their devices too.
void find_in_settings(std::string_view json, SecretList& found);
// What a recording has to be run again: meters, and behind them settings.
void find_in_head(std::string_view text, SecretList& found);

} // namespace gridbridge
