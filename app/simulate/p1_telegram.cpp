#include "app/simulate/p1_telegram.hpp"

#include "app/slave/bitwise_crc16.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace gridbridge {
namespace {

// CRC-16/ARC.
std::string checksum(const std::string& text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%04X", unsigned{bitwise_crc16(bytes, 0xA001, 0)});
    return digits.data();
}

// Format Fn(x,x) of the standard: leading zeros, `width` characters with the point.
std::string fixed(double value, int width, int decimals) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%0*.*f", width, decimals, value);
    return text.data();
}

std::string hex(const std::string& text) {
    std::string digits;
    for (const char c : text) {
        std::array<char, 4> pair{};
        std::snprintf(pair.data(), pair.size(), "%02X", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
        digits += pair.data();
    }
    return digits;
}

std::string time_stamp(std::chrono::sys_seconds begin, double seconds) {
    using namespace std::chrono;
    const auto time = begin + std::chrono::seconds(std::llround(std::floor(seconds)));
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%02d%02u%02u%02d%02d%02dW", static_cast<int>(date.year()) % 100,
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

void line(std::string& out, const std::string& code, const std::string& value) {
    out += code + '(' + value + ")\r\n";
}

void totals(std::string& out, const SimulatedValues& values) {
    double imported = 0;
    double exported = 0;
    for (const SimulatedPhase& phase : values.phases) {
        imported += std::max(phase.power, 0.0) / 1000;
        exported += std::max(-phase.power, 0.0) / 1000;
    }
    line(out, "1-0:1.8.1", fixed(values.energy_in / 3, 10, 3) + "*kWh");
    line(out, "1-0:1.8.2", fixed(values.energy_in * 2 / 3, 10, 3) + "*kWh");
    line(out, "1-0:2.8.1", fixed(values.energy_out / 3, 10, 3) + "*kWh");
    line(out, "1-0:2.8.2", fixed(values.energy_out * 2 / 3, 10, 3) + "*kWh");
    line(out, "0-0:96.14.0", "0002");
    line(out, "1-0:1.7.0", fixed(imported, 6, 3) + "*kW");
    line(out, "1-0:2.7.0", fixed(exported, 6, 3) + "*kW");
}

void phases(std::string& out, const SimulatedValues& values) {
    const auto each = [&](int first, auto text) {
        for (int i = 0; i < 3; ++i) {
            line(out, "1-0:" + std::to_string(first + 20 * i) + ".7.0",
                 text(values.phases.at(static_cast<std::size_t>(i))));
        }
    };
    each(32, [](const SimulatedPhase& phase) { return fixed(phase.voltage, 5, 1) + "*V"; });
    each(31, [](const SimulatedPhase& phase) { return fixed(phase.current, 3, 0) + "*A"; });
    each(21,
         [](const SimulatedPhase& phase) { return fixed(std::max(phase.power, 0.0) / 1000, 6, 3) + "*kW"; });
    each(22,
         [](const SimulatedPhase& phase) { return fixed(std::max(-phase.power, 0.0) / 1000, 6, 3) + "*kW"; });
}

} // namespace

std::string p1_telegram(const SimulatedValues& values, const P1Meter& meter) {
    std::string out = '/' + meter.ident + "\r\n\r\n";
    if (meter.has_crc) {
        line(out, "1-3:0.2.8", "50");
    }
    line(out, "0-0:1.0.0", time_stamp(meter.begin, values.seconds));
    line(out, "0-0:96.1.1", hex(meter.serial));
    totals(out, values);
    line(out, "0-0:96.7.21", "00005");
    line(out, "0-0:96.7.9", "00003");
    out += "1-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(0000002014*s)\r\n";
    line(out, "0-0:96.13.0", "");
    phases(out, values);
    line(out, "0-1:24.1.0", "003");
    line(out, "0-1:96.1.0", hex(meter.gas_serial));
    const double last_gas = std::floor(values.seconds / 300) * 300;
    out += "0-1:24.2.1(" + time_stamp(meter.begin, last_gas) + ")(" + fixed(values.gas, 9, 3) + "*m3)\r\n!";
    return out + (meter.has_crc ? checksum(out) : "") + "\r\n";
}

} // namespace gridbridge
