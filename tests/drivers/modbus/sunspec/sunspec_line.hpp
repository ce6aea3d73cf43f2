// SunSpec devices behind a real line.
#pragma once

#include "tests/drivers/modbus/sunspec/sunspec_device.hpp"
#include "tests/drivers/modbus/test_bus.hpp"

#include <string>

namespace gridbridge {

inline MeterConfig sunspec_on(const TestSlave& slave, Line line, const std::string& role = {}) {
    MeterConfig meter = meter_on(slave, line);
    meter.driver = DriverKind::SunSpec;
    meter.uri = "sunspec+test";
    meter.role = role;
    return meter;
}

// Inverter and meter in one chain, each with a common model of its own.
inline SunSpecDevice chain_of_two(unsigned base = 40000) {
    SunSpecDevice device(base);
    device.common("SolarEdge", "SE10K", "7E0A1234");
    add_inverter(device);
    device.model(120, 26).words(2, {4, 1000, 1});
    device.common("WattNode", "WNC-3Y", "4001");
    add_meter(device);
    device.end();
    return device;
}

} // namespace gridbridge
