// What a GX device kept of its Carlo Gavazzi meters: its settings.xml (venus-mqtt: Writing settings). Pure.
#pragma once

#include "mqtt/settings/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct Imported {
    std::vector<std::string> lines;    // what was taken, for people
    std::vector<std::string> problems; // what was not, and why; with nothing taken: why not
};

inline constexpr std::size_t max_settings_xml = std::size_t{4} * 1024 * 1024;

// Takes instance, name, position, phase use and export estimates of every `Settings/Devices/cgwacs_<serial>`
// and `cg_<serial>` into `settings`, as if a client had written them. A device that is known there already is
// taken only with `replace`.
Imported import_venus_settings(std::string_view xml, Settings& settings, bool replace);

} // namespace gridbridge
