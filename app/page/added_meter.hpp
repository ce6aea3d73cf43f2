// A meter that the page adds: what it asks for, as the file of its own in `meters.d`. Pure.
#pragma once

#include "app/config/config.hpp"

#include <array>
#include <string>
#include <string_view>
#include <variant>

namespace gridbridge {

// The keys of [[meter]] that the page may set beside `uri`. None names a file, a secret or a listener.
inline constexpr std::array<std::string_view, 21> added_keys{
    "name",     "role",  "enabled",    "instance",  "position", "phases", "invert",
    "unit",     "meter", "baud",       "parity",    "interval", "fuse",   "ct_ratio",
    "vt_ratio", "model", "multiphase", "direction", "request",  "mode",   "address"};

struct AddedMeter {
    std::string file; // its name, of the place of the meter: the same meter, the same file
    std::string toml; // one [[meter]] table
    MeterConfig meter;
};

// `body` is `{"uri": "cg+tcp://192.168.1.7", "name": "Roof", "invert": "L1", ...}`: texts, numbers, true and
// false, lists of texts; null and "" are left out. The query of the URI may say the same. A text is what is
// wrong, for people.
std::variant<AddedMeter, std::string> added_meter(std::string_view body);

// "cg-0123456789abcdef.toml": small letters, digits and `-`; no path.
bool is_added_file(std::string_view name);

// Whether the page could have written it: one usable table, no other key.
bool is_of_page(const MeterTables& file);

} // namespace gridbridge
