// What a Modbus meter is made of, as data: one ModelRow per register map. Pure; no I/O.
#pragma once

#include "drivers/waist/quantity.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridbridge {

// Zero-based protocol address as it goes into the frame, never a register value.
enum class RegisterAddress : std::uint16_t {};

constexpr std::uint16_t number_of(RegisterAddress address) {
    return static_cast<std::uint16_t>(address);
}
consteval RegisterAddress operator""_reg(unsigned long long address) {
    return static_cast<RegisterAddress>(address);
}

// Of one request: "MODBUS Application Protocol" V1.1b3, 6.3 and 6.12.
inline constexpr std::uint16_t max_read_words = 125;
inline constexpr std::uint16_t max_words_to_write = 123;

// Low word first: the lowest address holds the least significant word, high word first the most significant.
// Thousandths: two of Int32LowFirst, the whole units and the thousandths beyond them; raw value: thousandths.
// Float32: IEEE 754, not a number is "no value". Code: the word is an index into RegisterRow::codes.
// PhaseOrder: ModelRow::in_order_word is L1-L2-L3, -1 is reversed, anything else unknown.
enum class Encoding : std::uint8_t {
    Int16,
    Uint16,
    Int32LowFirst,
    Int64LowFirst,
    ThousandthsLowFirst,
    PhaseOrder,
    Uint32HighFirst,
    Uint64HighFirst,
    Float32HighFirst,
    Code
};

// Fast: read every cycle. Slow: fills the rest of the interval. Once: after identification; nobody rewires a
// meter that has power.
enum class Pace : std::uint8_t { Fast, Slow, Once };

// The raw value that means "no value". HighWord7Fff: any int32 with high word 0x7FFF (wording of the EM24).
// Zero, of a counter of 32 or 64 bits or a float: 0, and all ones, what other types have for it.
enum class NoValue : std::uint8_t { Never, Int32Max, HighWord7Fff, Int16Max, Uint16Max, Int16Min, Zero };

constexpr std::uint16_t words_of(Encoding encoding) {
    switch (encoding) {
    case Encoding::Int32LowFirst:
    case Encoding::Uint32HighFirst:
    case Encoding::Float32HighFirst:
        return 2;
    case Encoding::Int64LowFirst:
    case Encoding::ThousandthsLowFirst:
    case Encoding::Uint64HighFirst:
        return 4;
    case Encoding::Int16:
    case Encoding::Uint16:
    case Encoding::PhaseOrder:
    case Encoding::Code:
        break;
    }
    return 1;
}

struct AddressSpan {
    RegisterAddress first{}, last{}; // both belong to it
};

// The register of the state of a device, and the states in which a value of it is 0.
struct RestMark {
    RegisterAddress address{};
    std::uint16_t asleep = 0;              // whatever the words of the value say
    std::span<const std::uint16_t> idle{}; // where its words say nothing
};

struct RegisterRow {
    RegisterAddress address{};
    Quantity quantity{};
    Encoding encoding{};
    double divisor = 1; // raw value / divisor = value in the unit of quantity_table
    Pace pace = Pace::Slow;
    NoValue no_value = NoValue::Never;
    bool optional = false;  // some meters of the model answer exception 2
    bool magnitude = false; // the sign is noise: take the absolute value
    bool per_cent = false;  // a ratio, which some meters give in per cent
    // Words that must come in the same answer as the row; the registers below lie in there.
    std::optional<AddressSpan> with{};
    std::optional<RegisterAddress> exponent{}; // the value is multiplied by 10 to the power of this int16
    std::optional<RestMark> zero_at{};
    std::span<const std::int8_t> codes{}; // Encoding::Code; negative: no value
};

constexpr unsigned first_word(const RegisterRow& row) {
    return number_of(row.address);
}
constexpr unsigned end_word(const RegisterRow& row) {
    return first_word(row) + words_of(row.encoding);
}
// The same of the words that are read with it.
constexpr unsigned first_read(const RegisterRow& row) {
    return row.with ? std::min<unsigned>(number_of(row.with->first), first_word(row)) : first_word(row);
}
constexpr unsigned end_read(const RegisterRow& row) {
    return row.with ? std::max(number_of(row.with->last) + 1U, end_word(row)) : end_word(row);
}

// Multi: every phase and the totals. Single: one phase, the totals are its values. PvOnL2: phase 1 is the
// meter, phase 2 a second device.
enum class PhaseUse : std::uint8_t { Multi, Single, PvOnL2 };

// A meter setting without which the readings are wrong.
struct SettingRow {
    RegisterAddress address{};
    std::uint16_t desired = 0;
    std::string_view name{}; // for messages
    // A meter that takes the write but stays at this value measures import only (PFA).
    std::optional<std::uint16_t> import_only_value{};
    // Where these uses need another value than `desired`.
    std::optional<std::uint16_t> single_phase{}, pv_on_l2{};
};

constexpr std::uint16_t desired_for(const SettingRow& setting, PhaseUse use) {
    switch (use) {
    case PhaseUse::Single:
        return setting.single_phase.value_or(setting.desired);
    case PhaseUse::PvOnL2:
        return setting.pv_on_l2.value_or(setting.desired);
    case PhaseUse::Multi:
        break;
    }
    return setting.desired;
}

enum class VersionFormat : std::uint8_t { Decimal, Nibbles }; // Nibbles: 0x1304 is "1.3.4"

struct VersionRegister {
    RegisterAddress address{};
    VersionFormat format{};
};

// A word that tells which variant a meter is; below `limit` it is one that cannot measure export.
struct ImportOnlyMark {
    RegisterAddress address{};
    std::uint16_t limit = 0;
};

// The switch on the front of a meter.
struct FrontSelector {
    RegisterAddress address{};
    std::optional<std::uint16_t> locked{}; // at this word settings cannot be written
    bool published = false;                // as MeterInfo::switch_position
};

class Reading;

// Two words without which other registers are there than when the map was read.
struct MapMark {
    RegisterAddress address{};
    std::array<std::uint16_t, 2> words{};
};

// A word that is announced as a text below `path`. Versions as Nibbles; otherwise `choices` names the values
// from 0 up, a value beyond them is its number.
struct TextRegister {
    std::string_view path{};
    VersionRegister word{};
    std::span<const std::string_view> choices{};
};

// A bit field of what is wrong at the meter: read every 10 s, announced as MeterInfo::error_code and as the
// text "Alarms". Bits without a name are not reported.
struct AlarmRegister {
    RegisterAddress address{};
    std::array<std::string_view, 16> names{}; // from bit 0 up
};

struct ModelRow {
    std::string_view key{};  // value of the option `model`
    std::string_view name{}; // as `Model` where no identification code says it
    std::string_view product_name{};
    int product_id = 0;                       // Venus product id
    std::span<const RegisterRow> rows{};      // sorted by address
    std::span<const RegisterRow> fallbacks{}; // read in place of optional rows that a meter does not have
    AddressSpan map{};                        // the meter answers every word in here
    std::uint16_t max_words = max_read_words; // per read
    RegisterAddress serial{};
    std::uint16_t serial_words = 7;
    VersionRegister firmware{};
    std::optional<VersionRegister> hardware{};
    std::span<const TextRegister> texts{};
    std::optional<AlarmRegister> alarms{};
    bool reads_input = false; // with function 4; otherwise 3
    bool may_sign = false;    // charging transactions
    std::optional<ImportOnlyMark> import_only{};
    std::optional<FrontSelector> selector{};
    std::span<const SettingRow> settings{};         // in the order of writing
    std::span<const RegisterAddress> single_word{}; // must not be part of a longer read
    std::optional<RegisterAddress> phase_config{};
    std::span<const int> phases_by_config{}; // index: word of phase_config
    int phases = 3;
    std::int16_t in_order_word = 0; // see Encoding::PhaseOrder
    std::chrono::milliseconds refresh_time{2000};
    std::chrono::milliseconds min_timeout{0};
    bool estimate_reverse_per_phase = false; // the meter has no export counter per phase
    bool totals_are_phase_sums = false;      // its energy totals are not netted over the phases
    bool supports_single_phase = false;      // may be used for one phase only, by choice
    bool supports_pv_on_l2 = false;
    Quantity single_phase_power = Quantity::PowerL1; // what is read for the power of the only phase
    // Failures in a row until the meter is lost, if its values are stale then: a noisy bus is no reason to
    // give up (venus issue 565).
    int max_timeouts = 5, max_errors = 5;
    std::optional<MapMark> mark{}; // checked in every block it lies in
    // Makes a decoded snapshot complete, before the options of the user. `phases` 1..3.
    void (*complete)(Reading& reading, int phases) = nullptr;
    // A decoded snapshot that is no reading: the device has lost its own measurement.
    bool (*says_nothing)(const Reading& reading) = nullptr;
};

// What must hold for every model table; asserted at compile time beside each.
constexpr bool rows_are_sorted(std::span<const RegisterRow> rows) {
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (end_word(rows[i - 1]) > first_word(rows[i])) {
            return false;
        }
    }
    return true;
}

constexpr bool quantities_are_unique(std::span<const RegisterRow> rows) {
    std::array<bool, quantity_count> seen{};
    for (const RegisterRow& row : rows) {
        if (seen[index_of(row.quantity)]) {
            return false;
        }
        seen[index_of(row.quantity)] = true;
    }
    return true;
}

constexpr bool encodings_fit(std::span<const RegisterRow> rows) {
    for (const RegisterRow& row : rows) {
        const bool is_order = row.encoding == Encoding::PhaseOrder;
        const bool int32_marker = row.no_value == NoValue::Int32Max || row.no_value == NoValue::HighWord7Fff;
        if (row.divisor <= 0 || is_order != (row.quantity == Quantity::PhaseSequence) ||
            (int32_marker && row.encoding != Encoding::Int32LowFirst &&
             row.encoding != Encoding::ThousandthsLowFirst) ||
            (row.no_value == NoValue::Int16Max && row.encoding != Encoding::Int16) ||
            (row.no_value == NoValue::Uint16Max && row.encoding != Encoding::Uint16) ||
            (row.no_value == NoValue::Int16Min && row.encoding != Encoding::Int16) ||
            (row.no_value == NoValue::Zero && row.encoding != Encoding::Uint32HighFirst &&
             row.encoding != Encoding::Uint64HighFirst && row.encoding != Encoding::Float32HighFirst) ||
            (row.encoding == Encoding::Code) == row.codes.empty()) {
            return false;
        }
    }
    return true;
}

constexpr bool is_sound(const ModelRow& model) {
    for (const RegisterRow& row : model.rows) {
        if (end_read(row) - first_read(row) > model.max_words) {
            return false;
        }
    }
    return !model.name.empty() && !model.rows.empty() && rows_are_sorted(model.rows) &&
           rows_are_sorted(model.fallbacks) && encodings_fit(model.fallbacks) &&
           quantities_are_unique(model.rows) && encodings_fit(model.rows) &&
           model.max_words <= max_read_words && model.serial_words == 7 &&
           model.phase_config.has_value() == !model.phases_by_config.empty();
}

} // namespace gridbridge
