// Carlo Gavazzi meters: register maps and the list of identification codes. To add a model write one table
// and name it in the rows of its codes.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// Holds the identification code only in a read of exactly this one word; inside a longer read the same
// address is the high word of a measurement.
inline constexpr RegisterAddress identification_register = 0x000B_reg;

extern const ModelRow em24_rtu;      // EM24-DIN on RS-485
extern const ModelRow em24_ethernet; // EM24-DIN E1
extern const ModelRow em100;         // EM110, EM111, EM112, ET112
extern const ModelRow em300;         // EM330, EM340, EM341, ET330, ET340
extern const ModelRow em340_in_wh;   // EM340, EM341 that tell their year of production
extern const ModelRow em300_s27;     // EM330, EM340 of series 27
extern const ModelRow em500;         // EM530, EM540
extern const ModelRow em580;         // by configuration only

std::span<const ModelRow* const> carlo_gavazzi_models();

struct IdentificationRow {
    std::uint16_t first = 0, last = 0;  // codes, both included
    std::string_view name;              // type as printed on the meter
    const ModelRow* model = nullptr;    // null: not supported, `note` says why
    std::string_view note;              // with a model: a warning for the log, or empty
    bool import_only = false;           // cannot have a role that needs export
    const ModelRow* as_em580 = nullptr; // what the driver em580 reads it as: live values only
    // What one is read as that has a year of production in `year_register`; null: it does not matter.
    const ModelRow* with_year = nullptr;
};
inline constexpr RegisterAddress year_register = 0x5010_reg;

// Whether an EM580 signs: 0 and 1 name its signature, 2 means none. Other meters have no such register.
inline constexpr RegisterAddress signature_type_register = 0x24FF_reg;
inline constexpr std::uint16_t most_signature_types = 3;

// Sorted by code, no code twice.
std::span<const IdentificationRow> carlo_gavazzi_codes();
const IdentificationRow* find_code(std::uint16_t code);

// The model for the option `model`; null when there is none of that key.
const ModelRow* find_model(std::string_view key);

// Why a meter with this code is not served.
std::string refusal_of(std::uint16_t code);

} // namespace gridbridge
