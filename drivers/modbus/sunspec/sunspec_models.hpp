// SunSpec inverters and meters as tables. Source: SunSpec Alliance, model definitions 1, 101-103, 111-113,
// 120, 201-204, 211-214, 701, 702.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace gridbridge::sunspec {

// "SunS"; the chain of models follows it.
inline constexpr std::array<std::uint16_t, 2> marker{0x5375, 0x6E53};
inline constexpr std::array bases{40000_reg, 50000_reg, 0_reg}; // in the order of trying
// Where devices answer whose unit id is not configured: most, SMA, Fronius meters, the last one possible;
// then meters of a Fronius GEN24, Kostal, a second inverter, further meters of a GEN24
// (victronenergy/dbus-fronius; evcc issues 1073, 19905; volkszaehler/mbmd issue 275).
inline constexpr std::array<std::uint8_t, 11> usual_units{1, 126, 240, 247, 200, 71, 2, 201, 202, 203, 204};

enum class ModelKind : std::uint8_t { Inverter, Meter };

// Of several models of one device the higher one is taken, as dbus-fronius does.
enum class Preference : std::uint8_t { Der, Integer, Float };

// A word that tells the number of phases; the offset counts from the register of the model's id.
struct PhasesRegister {
    std::uint16_t offset = 0;
    std::array<int, 3> phases{}; // by the word
};

// A model that measures. The addresses of its rows count from the register of the model's id.
struct MeasuringModel {
    std::uint16_t id = 0;
    ModelKind kind{};
    Preference preference{};
    int phases = 3;
    std::span<const RegisterRow> rows{};
    std::optional<PhasesRegister> wiring{}; // else `phases` is the number
};

// Null: none of them.
const MeasuringModel* find_measuring_model(std::uint16_t id);
std::span<const MeasuringModel> measuring_models();

// A model that has the rating of an inverter, in one row; the same addresses.
struct RatingModel {
    std::uint16_t id = 0;
    RegisterRow row{};
};
const RatingModel* find_rating_model(std::uint16_t id);

// Model 1: offsets from the register of its id, in words.
struct CommonText {
    std::uint16_t offset = 0, words = 0;
};
inline constexpr std::uint16_t common_model = 1;
inline constexpr CommonText manufacturer{2, 16}, product{18, 16}, options{34, 8}, version{42, 8},
    serial_number{50, 16};

} // namespace gridbridge::sunspec
