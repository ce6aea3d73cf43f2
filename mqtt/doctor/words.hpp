// Meters and numbers as findings print them. Pure.
#pragma once

#include "drivers/waist/clock.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/outlet/payload.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace gridbridge::words {

// Its serial number, or its URI as long as that is unknown.
inline std::string meter(const Meter& meter) {
    return meter.info.serial.empty() ? meter.config.uri : meter.info.serial;
}

inline std::string phase(std::size_t index) { // counted from 0
    return "L" + std::to_string(index + 1);
}
inline std::string volts(double value) {
    return rounded_text(value, 0) + " V";
}
inline std::string watts(double value) {
    return rounded_text(value, 0) + " W";
}
inline std::string kilowatts(double value) { // W
    return rounded_text(value / 1000, 2) + " kW";
}
inline std::string percent(double share) {
    return rounded_text(100 * share, 1) + " %";
}
inline std::string seconds(Clock::duration time) {
    return rounded_text(std::chrono::duration<double>(time).count(), 1) + " s";
}
inline std::string milliseconds(std::chrono::microseconds time) {
    return rounded_text(static_cast<double>(time.count()) / 1000, 2) + " ms";
}
inline std::string count(double number) {
    return std::to_string(static_cast<long>(number));
}

} // namespace gridbridge::words
