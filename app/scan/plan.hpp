// In which order a line is asked. Pure.
#pragma once

#include "app/scan/request.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// How to talk on a line: speed and parity of a serial port, framing of a TCP connection.
struct LineSetting {
    Transport transport = Transport::Rtu;
    int baud = 9600;
    Parity parity = Parity::None;

    bool operator==(const LineSetting&) const = default;
};

struct Probe {
    LineSetting setting;
    int unit = 1;

    bool operator==(const Probe&) const = default;
};

std::vector<LineSetting> line_settings(const ScanTarget& target, const ScanRequest& request);

// The first unit with every setting, then the other units setting by setting: most meters are unit 1.
std::vector<Probe> scan_plan(std::span<const LineSetting> settings, std::span<const int> units);
// The same of a target. Where no units are given those follow, over Modbus TCP, at which SunSpec devices are.
std::vector<Probe> scan_plan(const ScanTarget& target, const ScanRequest& request);
// An inverter there may be silent where it has no registers.
bool may_be_sunspec(const Probe& probe);

// A line has one setting: once a unit has answered, what is left of the plan.
void keep_setting(std::vector<Probe>& left, const LineSetting& setting);

std::string setting_text(const LineSetting& setting); // "9600 8N1", "Modbus TCP", "RTU over TCP"

// The meter that a probe would find, as the drivers take it.
MeterConfig probe_config(const ScanTarget& target, const Probe& probe, const ScanRequest& request);

// Its URI with what differs from the defaults as query.
std::string meter_uri(const ScanTarget& target, const Probe& probe);

} // namespace gridbridge
