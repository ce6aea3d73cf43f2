// What was seen of the serial port of a meter, and what is wrong with it. Pure.
#pragma once

#include "app/scan/port_use.hpp"
#include "app/scan/scan_line.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/meter/meter_config.hpp"
#include "mqtt/outlet/finding.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// What came of an open port, whether it was asked (a bus) or listened to (a meter that sends by itself).
struct LineFacts {
    LineEvidence evidence;           // of a bus
    std::vector<FoundUnit> found;    // of a bus
    std::vector<std::string> hints;  // of a bus where nothing was found, the most telling first
    std::size_t received = 0;        // bytes of a stream
    std::string recognised;          // what they are when they give no telegram; empty: nothing to say
    std::chrono::seconds listened{}; // to a stream
    std::string error;               // why it ended before its time; empty: it did not
};

struct PortFacts {
    std::string path;
    int error = 0; // errno value of a look at it or of opening it; 0: none
    bool is_serial = true;
    AccessFacts access;
    std::string user, group;          // names of this process's user and the port's group; empty: not known
    std::vector<PortHolder> holders;  // other processes
    std::string by_id;                // its name below by_id_folder; empty: none
    std::vector<std::string> present; // names below by_id_folder
    std::optional<int> latency_ms;    // latency_timer of an FTDI adapter
    bool is_in_container = false;
    std::vector<int> other_units;  // unit ids of other configured meters on this line
    std::optional<LineFacts> line; // nothing: it was not opened
};

// Of /proc/1/cgroup.
bool is_container_cgroup(std::string_view text);

// A gridbridge has it: its bus is in service.
bool is_held_by_gridbridge(const PortFacts& facts);

std::vector<Finding> port_findings(const PortFacts& facts, const MeterConfig& meter);

// The part of them that an open port tells.
std::vector<Finding> line_findings(const PortFacts& facts, const LineFacts& line, const MeterConfig& meter);

// Unit ids at which this meter is expected, and how its line is set. Of a meter on a bus.
std::vector<int> expected_units(const MeterConfig& meter);
LineSetting expected_setting(const MeterConfig& meter);

} // namespace gridbridge
