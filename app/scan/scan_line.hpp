// Asks the units of one line who they are. Reads only.
#pragma once

#include "app/scan/evidence.hpp"
#include "app/scan/plan.hpp"
#include "drivers/modbus/line/transport.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// A unit that answered, whether this program serves it or not.
struct FoundUnit {
    Probe probe;
    std::optional<std::uint16_t> code; // nothing: it has no identification code
    std::string model;                 // as printed on the meter
    std::string serial;                // empty: it has none
    std::string firmware;
    bool served = false;
    std::string remark; // why not, or a warning

    bool operator==(const FoundUnit&) const = default;
};

struct LineResult {
    std::vector<FoundUnit> found;
    LineEvidence evidence;
};

// The ends of a scan of one line, for tests with another line.
struct LineAccess {
    std::function<std::unique_ptr<ModbusTransport>(const MeterConfig& meter)> make_transport;
    // Before each request: what is asked, how many of the plan are done and left, and how many were found.
    std::function<void(const Probe& probe, std::size_t done, std::size_t left, std::size_t found)> progress;
    // Serial ports: what else talks on the line. It is closed while this runs.
    std::function<Heard()> listen;
};

// Goes through the plan, and stops where a line turns out to be in service; `result` holds what was found so
// far at any throw. Throws LinkLost when the line cannot be opened, and Stopped.
void scan_line(const ScanTarget& target, const ScanRequest& request, const LineAccess& access,
               const std::stop_token& stop, LineResult& result);

} // namespace gridbridge
