#include "app/simulate/sml_telegram.hpp"

#include "app/slave/bitwise_crc16.hpp"

#include <cmath>
#include <cstddef>

namespace gridbridge {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t watt_hours = 30;
constexpr std::uint8_t unit_watts = 27;
constexpr std::uint8_t unit_volts = 35;
constexpr std::uint8_t unit_amperes = 33;
constexpr std::uint8_t hertz = 44;

// CRC-16/X-25.
std::uint16_t checksum(const Octets& bytes, std::size_t from) {
    return static_cast<std::uint16_t>(bitwise_crc16(std::span(bytes).subspan(from), 0x8408, 0xFFFF) ^
                                      0xFFFFU);
}

void append(Octets& out, const Octets& bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void list(Octets& out, std::size_t elements) {
    if (elements > 15) {
        out.push_back(static_cast<std::uint8_t>(0xF0U | (elements >> 4U)));
        out.push_back(static_cast<std::uint8_t>(elements & 0x0FU));
    } else {
        out.push_back(static_cast<std::uint8_t>(0x70U | elements));
    }
}

void octets(Octets& out, const Octets& bytes) { // at most 14
    out.push_back(static_cast<std::uint8_t>(bytes.size() + 1));
    append(out, bytes);
}

void integer(Octets& out, std::uint8_t type, std::size_t width, std::uint64_t value) {
    out.push_back(static_cast<std::uint8_t>(type | (width + 1)));
    for (std::size_t i = width; i-- > 0;) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

void natural(Octets& out, std::size_t width, std::uint64_t value) {
    integer(out, 0x60, width, value);
}
void absent(Octets& out) {
    out.push_back(0x01);
}

// `body` appends the body. Every message closes with its own checksum, low byte first.
template <typename Body>
void message(Octets& file, std::uint8_t number, std::uint32_t tag, Body body) {
    const std::size_t start = file.size();
    list(file, 6);
    octets(file, {0x00, 0x42, number});
    natural(file, 1, 0);
    natural(file, 1, 0);
    list(file, 2);
    natural(file, 4, tag);
    body(file);
    const std::uint16_t crc = checksum(file, start);
    natural(file, 2, ((crc & 0xFFU) << 8U) | (crc >> 8U));
    file.push_back(0x00);
}

void text_entry(Octets& out, const Octets& code, const Octets& text) {
    list(out, 7);
    octets(out, code);
    for (int i = 0; i < 4; ++i) {
        absent(out);
    }
    octets(out, text);
    absent(out);
}

struct Number {
    std::uint8_t c, d, e;
    std::uint8_t unit;
    int scaler;
    double value; // in `unit`
    bool has_status = false;
};

void number_entry(Octets& out, const Number& number) {
    constexpr std::uint64_t import_status = 0x1C0104;
    list(out, 7);
    octets(out, {1, 0, number.c, number.d, number.e, 255});
    if (number.has_status) {
        natural(out, 4, import_status);
        list(out, 2);
        natural(out, 1, 1);
        natural(out, 4, 123456);
    } else {
        absent(out);
        absent(out);
    }
    natural(out, 1, number.unit);
    integer(out, 0x50, 1, static_cast<std::uint64_t>(number.scaler) & 0xFFU);
    const std::size_t width = number.unit == watt_hours ? 8 : 4;
    integer(out, 0x50, width,
            static_cast<std::uint64_t>(std::llround(number.value * std::pow(10, -number.scaler))));
    absent(out);
}

std::vector<Number> numbers_of(const SimulatedValues& values, bool has_power) {
    if (!has_power) {
        return {{1, 8, 0, watt_hours, 3, std::floor(values.energy_in) * 1000, true},
                {2, 8, 0, watt_hours, 3, std::floor(values.energy_out) * 1000}};
    }
    std::vector<Number> numbers{{1, 8, 0, watt_hours, -1, values.energy_in * 1000, true},
                                {2, 8, 0, watt_hours, -1, values.energy_out * 1000},
                                {16, 7, 0, unit_watts, -2, values.power()}};
    for (std::uint8_t i = 0; i < 3; ++i) {
        const SimulatedPhase& phase = values.phases.at(i);
        const auto group = [i](int first) { return static_cast<std::uint8_t>(first + 20 * i); };
        numbers.push_back({group(36), 7, 0, unit_watts, -2, phase.power});
        numbers.push_back({group(32), 7, 0, unit_volts, -1, phase.voltage});
        numbers.push_back({group(31), 7, 0, unit_amperes, -2, phase.current});
    }
    numbers.push_back({14, 7, 0, hertz, -2, values.frequency});
    return numbers;
}

void get_list(Octets& out, const SimulatedValues& values, const SmlMeter& meter) {
    const Octets server_id(meter.server_id.begin(), meter.server_id.end());
    const auto numbers = numbers_of(values, meter.has_power);
    list(out, 7);
    absent(out);
    octets(out, server_id);
    octets(out, {1, 0, 98, 10, 255, 255});
    list(out, 2);
    natural(out, 1, 1);
    natural(out, 4, static_cast<std::uint64_t>(values.seconds));
    list(out, numbers.size() + 2);
    text_entry(out, {1, 0, 96, 50, 1, 1}, Octets(meter.maker.begin(), meter.maker.end()));
    text_entry(out, {1, 0, 96, 1, 0, 255}, server_id);
    for (const Number& number : numbers) {
        number_entry(out, number);
    }
    absent(out);
    absent(out);
}

} // namespace

std::vector<std::uint8_t> sml_telegram(const SimulatedValues& values, const SmlMeter& meter) {
    Octets file;
    message(file, 1, 0x0101, [&](Octets& out) {
        list(out, 6);
        absent(out);
        absent(out);
        octets(out, {0x00, 0x42});
        octets(out, Octets(meter.server_id.begin(), meter.server_id.end()));
        absent(out);
        absent(out);
    });
    message(file, 2, 0x0701, [&](Octets& out) { get_list(out, values, meter); });
    message(file, 3, 0x0201, [](Octets& out) {
        list(out, 1);
        absent(out);
    });
    return sml_frame(file);
}

std::vector<std::uint8_t> sml_frame(const std::vector<std::uint8_t>& payload) {
    Octets out{0x1B, 0x1B, 0x1B, 0x1B, 0x01, 0x01, 0x01, 0x01};
    int run = 0;
    for (const std::uint8_t byte : payload) {
        out.push_back(byte);
        run = byte == 0x1B ? run + 1 : 0;
        if (run == 4) {
            append(out, {0x1B, 0x1B, 0x1B, 0x1B});
            run = 0;
        }
    }
    const std::size_t fill = (4 - payload.size() % 4) % 4;
    out.insert(out.end(), fill, 0x00);
    append(out, {0x1B, 0x1B, 0x1B, 0x1B, 0x1A, static_cast<std::uint8_t>(fill)});
    const std::uint16_t crc = checksum(out, 0);
    append(out, {static_cast<std::uint8_t>(crc & 0xFFU), static_cast<std::uint8_t>(crc >> 8U)});
    return out;
}

} // namespace gridbridge
