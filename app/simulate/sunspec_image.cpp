#include "app/simulate/sunspec_image.hpp"

#include "app/simulate/simulated_values.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace gridbridge {
namespace {

constexpr unsigned base = 40000;
constexpr unsigned common_words = 66, inverter_words = 50, nameplate_words = 26, meter_words = 105;
constexpr unsigned first_common = base + 2;
constexpr unsigned inverter = first_common + 2 + common_words;
constexpr unsigned nameplate = inverter + 2 + inverter_words;
constexpr unsigned second_common = nameplate + 2 + nameplate_words;
constexpr unsigned meter = second_common + 2 + common_words;

constexpr std::uint16_t no_int16 = 0x8000;
constexpr std::uint16_t no_uint16 = 0xFFFF;
constexpr std::uint16_t sleeping = 2, mppt = 4;

constexpr double rating = 8200;          // W
constexpr double day = 300, awake = 240; // s
constexpr double pi = 3.141592653589793;

void put(ModbusImage& image, unsigned address, double value) {
    image.registers[static_cast<std::uint16_t>(address)] =
        static_cast<std::uint16_t>(static_cast<std::int64_t>(std::llround(value)) & 0xFFFF);
}

void put_counter(ModbusImage& image, unsigned address, double value) {
    const auto raw = static_cast<std::uint32_t>(std::llround(value));
    put(image, address, raw >> 16U);
    put(image, address + 1, raw & 0xFFFFU);
}

void put_text(ModbusImage& image, unsigned address, unsigned words, std::string_view text) {
    for (unsigned i = 0; i < words; ++i) {
        const auto byte = [&](unsigned at) {
            return at < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[at])) : 0U;
        };
        put(image, address + i, byte(2 * i) << 8U | byte(2 * i + 1));
    }
}

void put_head(ModbusImage& image, unsigned address, unsigned id, unsigned words) {
    put(image, address, id);
    put(image, address + 1, words);
    for (unsigned i = 0; i < words; ++i) {
        put(image, address + 2 + i, no_uint16);
    }
}

void put_common(ModbusImage& image, unsigned address, std::string_view product, std::string_view serial) {
    put_head(image, address, 1, common_words);
    put_text(image, address + 2, 16, "Gridbridge");
    put_text(image, address + 18, 16, product);
    put_text(image, address + 34, 8, "");
    put_text(image, address + 42, 8, "1.2.3");
    put_text(image, address + 50, 16, serial);
    put(image, address + 66, 1);
    put(image, address + 67, no_int16);
}

void put_scale_factors(ModbusImage& image, unsigned model,
                       std::initializer_list<std::pair<int, int>> factors) {
    for (const auto& [offset, exponent] : factors) {
        put(image, model + static_cast<unsigned>(offset), exponent);
    }
}

// Half a sine from sunrise to sunset.
double sun_at(double seconds) {
    const double time = std::fmod(seconds, day);
    return time < awake ? std::sin(pi * time / awake) : 0;
}

// Wh since the start.
double produced(double seconds) {
    const double days = std::floor(seconds / day);
    const double time = std::min(std::fmod(seconds, day), awake);
    const double today = 1 - std::cos(pi * time / awake); // 0..2
    return rating * awake / pi * (2 * days + today) / 3600;
}

void move_inverter(ModbusImage& image, double seconds) {
    const SimulatedValues values = simulate_values(seconds);
    const bool asleep = std::fmod(seconds, day) >= awake;
    const double watts = rating * sun_at(seconds);
    // Small powers have a digit more.
    const int exponent = watts < 3000 ? -1 : 0;
    double amperes = 0;
    for (unsigned i = 0; i < 3; ++i) {
        const double volts = values.phases.at(i).voltage;
        amperes += watts / 3 / volts;
        put(image, inverter + 3 + i, watts / 3 / volts * 100);
        put(image, inverter + 7 + i, volts * 17.32);
        put(image, inverter + 10 + i, volts * 10);
    }
    put(image, inverter + 2, amperes * 100);
    put(image, inverter + 14, asleep ? no_int16 : watts * std::pow(10, -exponent));
    put(image, inverter + 15, exponent);
    put(image, inverter + 16, values.frequency * 100);
    put(image, inverter + 18, watts * 1.01);
    put(image, inverter + 20, watts * -0.1);
    put(image, inverter + 22, asleep ? no_int16 : 9900);
    put_counter(image, inverter + 24, 5'432'000 + produced(seconds));
    put(image, inverter + 38, asleep ? sleeping : mppt);
}

void move_meter(ModbusImage& image, double seconds) {
    move_inverter(image, seconds);
    const SimulatedValues values = simulate_values(seconds);
    const double from_roof = rating * sun_at(seconds) / 3;
    double total = 0;
    for (unsigned i = 0; i < 3; ++i) {
        const double volts = values.phases.at(i).voltage;
        const double watts = std::abs(values.phases.at(i).power) - from_roof;
        put(image, meter + 3 + i, std::abs(watts) / volts * 100);
        put(image, meter + 8 + i, volts * 10);
        put(image, meter + 12 + i, volts * 17.32);
        put(image, meter + 19 + i, watts);
        total += watts;
    }
    put(image, meter + 16, values.frequency * 100);
    put(image, meter + 18, total);
    put_counter(image, meter + 38, values.energy_out * 1000);
    put_counter(image, meter + 46, values.energy_in * 1000);
}

void put_inverter(ModbusImage& image) {
    put_common(image, first_common, "Simulated 8k2", "SI8K2001");
    put_head(image, inverter, 103, inverter_words);
    put_scale_factors(image, inverter,
                      {{6, -2}, {13, -1}, {17, -2}, {19, 0}, {21, 0}, {23, -2}, {26, 0}, {37, 0}});
    put_head(image, nameplate, 120, nameplate_words);
    put(image, nameplate + 2, 4); // PV
    put(image, nameplate + 3, rating / 10);
    put(image, nameplate + 4, 1);
}

void put_meter(ModbusImage& image) {
    put_common(image, second_common, "Simulated wye meter", "SM3P0001");
    put_head(image, meter, 203, meter_words);
    for (unsigned offset = 2; offset < 38; ++offset) {
        put(image, meter + offset, no_int16);
    }
    for (unsigned offset = 38; offset < 105; ++offset) {
        put(image, meter + offset, 0); // "not implemented" of a counter
    }
    put_scale_factors(
        image, meter,
        {{6, -2}, {15, -1}, {17, -2}, {22, 0}, {27, 0}, {32, 0}, {37, 0}, {54, 0}, {71, 0}, {104, 0}});
}

} // namespace

ModbusImage sunspec_image(bool with_meter) {
    ModbusImage image;
    image.model = with_meter ? "sunspec_meter" : "sunspec";
    image.read_functions = {3};
    put(image, base, 0x5375);
    put(image, base + 1, 0x6E53);
    put_inverter(image);
    if (with_meter) {
        put_meter(image);
    }
    put_head(image, with_meter ? meter + 2 + meter_words : second_common, no_uint16, 0);
    image.move = with_meter ? move_meter : move_inverter;
    return image;
}

} // namespace gridbridge
