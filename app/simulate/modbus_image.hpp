// The registers of a simulated meter. Form of the JSON files: see parse_modbus_image().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gridbridge {

// Keys are zero-based register addresses.
struct ModbusImage {
    std::string model;
    int unit = 1; // 1..247
    unsigned max_words = 125;
    std::set<int> read_functions{3, 4};
    std::map<std::uint16_t, std::uint16_t> registers;
    std::map<std::uint16_t, std::uint16_t> single;         // answer to a read of exactly this one word
    std::set<std::uint16_t> one_word;                      // not part of a longer read
    std::map<std::uint16_t, std::pair<int, int>> writable; // allowed range of the value
    std::set<std::uint16_t> silent{}; // requests for these first registers are not answered
    // Sets the moving registers to their state `seconds` after the start; empty: they stand still.
    std::function<void(ModbusImage& image, double seconds)> move{};
    // Takes what was written to writable registers and returns 0, or an exception code. Empty: it is stored.
    std::function<int(ModbusImage& image, std::uint16_t first, std::span<const std::uint16_t> words)> write{};
};

// JSON object with `registers` ("0x0012" or "18" to word) and optionally `model`, `unit_id`, `max_words`,
// `function`, `also_functions`, `single_register_overrides`, `one_word_at_a_time`, `writable` (address to
// [min, max]). Other keys are ignored. Throws std::invalid_argument with a text for the user.
ModbusImage parse_modbus_image(std::string_view json);

// The meters that come with the program: em24, et112, et340, em340_s27, em540, em580: three phases (et112
// one), the third exports, energies rise. And sunspec, sunspec_meter: see sunspec_image().
std::optional<ModbusImage> built_in_image(std::string_view name);

} // namespace gridbridge
