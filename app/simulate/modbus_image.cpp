#include "app/simulate/modbus_image.hpp"

#include "app/simulate/simulated_values.hpp"
#include "app/simulate/sunspec_image.hpp"
#include "drivers/json/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace gridbridge {
namespace {

int number_in(int value, int min, int max, std::string_view what) {
    if (value < min || value > max) {
        throw std::invalid_argument(std::string(what) + " must be from " + std::to_string(min) + " to " +
                                    std::to_string(max));
    }
    return value;
}

std::uint16_t address_of(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    std::uint16_t address = 0;
    const char* const end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, address, hexadecimal ? 16 : 10);
    if (result.ec != std::errc() || result.ptr != end) {
        throw std::invalid_argument("\"" + std::string(text) + "\" is not a register address");
    }
    return address;
}

std::map<std::uint16_t, std::uint16_t> words_in(const Json& object, const char* key) {
    std::map<std::uint16_t, std::uint16_t> words;
    const Json entries = object.value(key, Json::object()); // items() of a temporary would dangle
    for (const auto& [address, word] : entries.items()) {
        words[address_of(address)] =
            static_cast<std::uint16_t>(number_in(word.get<int>(), 0, 65535, address));
    }
    return words;
}

ModbusImage image_from(const Json& object) {
    ModbusImage image;
    image.model = object.value("model", "meter");
    image.unit = number_in(object.value("unit_id", 1), 1, 247, "unit_id");
    image.max_words = static_cast<unsigned>(number_in(object.value("max_words", 125), 1, 125, "max_words"));
    image.read_functions = {object.value("function", 3)};
    for (const Json& function : object.value("also_functions", Json::array())) {
        image.read_functions.insert(function.get<int>());
    }
    image.registers = words_in(object, "registers");
    image.single = words_in(object, "single_register_overrides");
    for (const Json& address : object.value("one_word_at_a_time", Json::array())) {
        image.one_word.insert(address_of(address.get<std::string>()));
    }
    const Json writable = object.value("writable", Json::object());
    for (const auto& [address, range] : writable.items()) {
        image.writable[address_of(address)] = {range.at(0).get<int>(), range.at(1).get<int>()};
    }
    if (image.registers.empty()) {
        throw std::invalid_argument("no registers");
    }
    return image;
}

// Low word first, as these meters send it.
void put(ModbusImage& image, unsigned address, int words, double value) {
    auto raw = static_cast<std::uint64_t>(std::llround(value));
    for (int i = 0; i < words; ++i, raw >>= 16) {
        image.registers[static_cast<std::uint16_t>(address + static_cast<unsigned>(i))] =
            static_cast<std::uint16_t>(raw & 0xFFFF);
    }
}

void put_text(ModbusImage& image, std::uint16_t address, std::string text) {
    text.resize(14);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        image.registers[static_cast<std::uint16_t>(address + i / 2)] =
            static_cast<std::uint16_t>(text[i] << 8 | text[i + 1]);
    }
}

void zero(ModbusImage& image, unsigned first, unsigned last) {
    for (unsigned address = first; address <= last; ++address) {
        image.registers[static_cast<std::uint16_t>(address)] = 0;
    }
}

// 0x0000-0x002D are the same on all meters of three phases.
void put_live_values(ModbusImage& image, const SimulatedValues& values) {
    double voltages = 0;
    double apparent = 0;
    for (unsigned i = 0; i < 3; ++i) {
        const SimulatedPhase& phase = values.phases[i];
        const double voltamperes = phase.voltage * phase.current;
        put(image, 0x00 + 2 * i, 2, phase.voltage * 10);
        put(image, 0x06 + 2 * i, 2, phase.voltage * 17.32);
        put(image, 0x0C + 2 * i, 2, phase.current * 1000);
        put(image, 0x12 + 2 * i, 2, phase.power * 10);
        put(image, 0x18 + 2 * i, 2, voltamperes * 10);
        voltages += phase.voltage;
        apparent += voltamperes;
    }
    put(image, 0x24, 2, voltages / 3 * 10);
    put(image, 0x26, 2, voltages / 3 * 17.32);
    put(image, 0x28, 2, values.power() * 10);
    put(image, 0x2A, 2, apparent * 10);
}

// Phases 1 and 2 import, phase 3 exports.
constexpr std::array import_share{2.0 / 3, 1.0 / 3, 0.0};

void move_em24(ModbusImage& image, double seconds) {
    const SimulatedValues values = simulate_values(seconds);
    put_live_values(image, values);
    put(image, 0x37, 1, values.frequency * 10);
    put(image, 0x3E, 2, values.energy_in * 10);
    put(image, 0x5C, 2, values.energy_out * 10);
    for (unsigned i = 0; i < 3; ++i) {
        put(image, 0x46 + 2 * i, 2, values.energy_in * import_share[i] * 10);
    }
}

// One phase that exports: the third of the others.
void move_et112(ModbusImage& image, double seconds) {
    const SimulatedValues values = simulate_values(seconds);
    const SimulatedPhase& phase = values.phases[2];
    put(image, 0x00, 2, phase.voltage * 10);
    put(image, 0x02, 2, std::copysign(phase.current, phase.power) * 1000);
    put(image, 0x04, 2, phase.power * 10);
    put(image, 0x06, 2, phase.voltage * phase.current * 10);
    put(image, 0x0E, 1, phase.power < 0 ? -1000 : 1000);
    put(image, 0x0F, 1, values.frequency * 10);
    put(image, 0x10, 2, values.energy_in * 10);
    put(image, 0x20, 2, values.energy_out * 10);
}

void move_et340(ModbusImage& image, double seconds) {
    const SimulatedValues values = simulate_values(seconds);
    put_live_values(image, values);
    put(image, 0x33, 1, values.frequency * 10);
    put(image, 0x34, 2, values.energy_in * 10);
    put(image, 0x4E, 2, values.energy_out * 10);
    put(image, 0x64, 2, values.energy_out * 10);
    for (unsigned i = 0; i < 3; ++i) {
        put(image, 0x2E + i, 1, values.phases[i].power < 0 ? -1000 : 1000);
        put(image, 0x40 + 2 * i, 2, values.energy_in * import_share[i] * 10);
    }
    put(image, 0x31, 1, values.power() < 0 ? -1000 : 1000);
}

void move_em540(ModbusImage& image, double seconds) {
    const SimulatedValues values = simulate_values(seconds);
    move_et340(image, seconds);
    put(image, 0x64, 2, 0);
    put(image, 0x500, 4, values.energy_in * 1000);
    put(image, 0x51C, 4, values.energy_out * 1000);
    put(image, 0x53C, 2, values.frequency * 1000);
    for (unsigned i = 0; i < 3; ++i) {
        put(image, 0x510 + 4 * i, 4, values.energy_in * import_share[i] * 1000);
    }
}

// Settings at their desired values.
ModbusImage make_image(const char* model, std::uint16_t code, unsigned max_words) {
    ModbusImage image;
    image.model = model;
    image.max_words = max_words;
    image.single[0x000B] = code;
    image.one_word = {0x0302, 0x0303};
    return image;
}

ModbusImage make_em24() {
    ModbusImage image = make_image("em24", 71, 11);
    zero(image, 0x0000, 0x0067);
    zero(image, 0x0300, 0x0304);
    image.registers[0x0302] = 66; // AV9, RS485, X
    image.registers[0x0303] = 4;
    image.registers[0x0304] = 1;
    image.registers[0x1101] = 7;
    image.registers[0x1102] = 0;
    put_text(image, 0x1300, "BX1230010001S");
    image.one_word = {0x0300, 0x0301, 0x0302, 0x0303, 0x0304};
    image.writable = {{0x1101, {0, 7}}, {0x1102, {0, 4}}};
    image.move = move_em24;
    return image;
}

ModbusImage make_et112() {
    ModbusImage image = make_image("et112", 120, 50);
    zero(image, 0x0000, 0x0035);
    zero(image, 0x0302, 0x0303);
    image.registers[0x1103] = 1;
    put_text(image, 0x5000, "123001X");
    image.writable = {{0x1103, {0, 1}}};
    image.move = move_et112;
    return image;
}

ModbusImage make_et340() {
    ModbusImage image = make_image("et340", 345, 50);
    zero(image, 0x0000, 0x0097);
    zero(image, 0x0302, 0x0303);
    image.registers[0x1002] = 0;
    image.registers[0x1103] = 1;
    put_text(image, 0x5000, "123002S");
    image.writable = {{0x1103, {0, 1}}, {0x1002, {0, 3}}};
    image.move = move_et340;
    return image;
}

ModbusImage make_em340_s27() {
    ModbusImage image = make_image("em340_s27", 348, 11);
    zero(image, 0x0000, 0x005F);
    zero(image, 0x0302, 0x0303);
    image.registers[0x1002] = 0;
    image.registers[0x1103] = 1;
    put_text(image, 0x5000, "123003T");
    image.writable = {{0x1103, {0, 1}}, {0x1002, {0, 3}}};
    image.move = move_em24;
    return image;
}

ModbusImage make_em540() {
    ModbusImage image = make_image("em540", 1760, 50);
    zero(image, 0x0000, 0x0071);
    zero(image, 0x0500, 0x053F);
    image.registers[0x0032] = 1;
    image.registers[0x0302] = 0x1304;
    image.registers[0x0303] = 0x1304;
    image.registers[0x1002] = 0;
    image.registers[0x1103] = 2;
    put_text(image, 0x5000, "KY1230010001S");
    image.registers[0x5007] = 2024;
    image.writable = {{0x1103, {0, 2}}, {0x1002, {0, 2}}};
    image.move = move_em540;
    return image;
}

// Served by the driver em580 only: its code is made up.
ModbusImage make_em580() {
    ModbusImage image = make_image("em580", 2032, 125);
    zero(image, 0x0000, 0x0071);
    zero(image, 0x0500, 0x053F);
    image.registers[0x0032] = 1;
    image.registers[0x0302] = 0x1205;
    image.registers[0x0303] = 0x1205;
    put_text(image, 0x5000, "KZ1230010001S");
    image.registers[0x5007] = 2024;
    image.move = move_em540;
    return image;
}

struct BuiltIn {
    std::string_view name;
    ModbusImage (*make)();
};
constexpr std::array built_in{BuiltIn{"em24", make_em24},
                              BuiltIn{"et112", make_et112},
                              BuiltIn{"et340", make_et340},
                              BuiltIn{"em340_s27", make_em340_s27},
                              BuiltIn{"em540", make_em540},
                              BuiltIn{"em580", make_em580},
                              BuiltIn{"sunspec", [] { return sunspec_image(false); }},
                              BuiltIn{"sunspec_meter", [] { return sunspec_image(true); }}};

} // namespace

ModbusImage parse_modbus_image(std::string_view json) {
    try {
        return image_from(parse_json_or_throw(json));
    } catch (const Json::exception& error) {
        throw std::invalid_argument(std::string("register image: ") + error.what());
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(std::string("register image: ") + error.what());
    }
}

std::optional<ModbusImage> built_in_image(std::string_view name) {
    for (const BuiltIn& meter : built_in) {
        if (meter.name == name) {
            ModbusImage image = meter.make();
            image.move(image, 0);
            return image;
        }
    }
    return std::nullopt;
}

} // namespace gridbridge
