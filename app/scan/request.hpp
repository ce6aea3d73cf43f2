// What `gridbridge scan` was asked for. Pure.
#pragma once

#include "app/config/options.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/text/endpoint.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct ScanTarget {
    std::string path;  // serial port; empty: `endpoint`
    Endpoint endpoint; // TCP
    bool from_network = false;

    bool is_port() const { return !path.empty(); }
    bool operator==(const ScanTarget&) const = default;
};

struct ScanRequest {
    std::vector<ScanTarget> targets; // empty: every serial port that has a name by id
    std::vector<int> units;
    bool units_are_given = false; // by the user
    std::vector<int> bauds;
    std::vector<Parity> parities;
    std::optional<std::chrono::milliseconds> timeout;
    bool toml = false;
    bool listens_first = true; // to a port; false: somebody has done so a moment ago
    bool signs_on = false;     // on a silent port: to a meter of IEC 62056-21 that must be asked
};

// The settings a Carlo Gavazzi meter can have, the usual ones first.
inline constexpr std::string_view default_scan_units = "1-10";
inline constexpr std::string_view default_scan_bauds = "9600,19200,115200,38400,57600,4800";
inline constexpr std::string_view default_scan_parities = "none,even";

// Appends "/dev/ttyUSB0", "host", "host:port", "192.0.2.0/24" or "192.0.2.0/24:port" (every host of the
// network) to `targets`. Returns an error text, empty when it was taken.
std::string add_scan_target(std::string_view text, std::vector<ScanTarget>& targets);

// "1-10", "1,3,7-9", in the order written. Nothing when it is no list of unit ids from 1 to 247.
std::optional<std::vector<int>> parse_units(std::string_view text);

// Returns an error text, empty when `request` is complete.
std::string read_scan_request(const Options& options, ScanRequest& request);

// "/dev/ttyUSB0", "host", "host:1502"
std::string target_text(const ScanTarget& target);

} // namespace gridbridge
