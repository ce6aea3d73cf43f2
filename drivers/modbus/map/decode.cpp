#include "drivers/modbus/map/decode.hpp"

#include "drivers/values/derive.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace gridbridge {
namespace {

std::uint64_t low_word_first(std::span<const std::uint16_t> words) {
    std::uint64_t raw = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        raw |= std::uint64_t{words[i]} << (16 * i);
    }
    return raw;
}

std::uint64_t high_word_first(std::span<const std::uint16_t> words) {
    std::uint64_t raw = 0;
    for (const std::uint16_t word : words) {
        raw = raw << 16U | word;
    }
    return raw;
}

double raw_value(Encoding encoding, std::span<const std::uint16_t> words) {
    switch (encoding) {
    case Encoding::Int16:
    case Encoding::PhaseOrder:
        return static_cast<std::int16_t>(words[0]);
    case Encoding::Int32LowFirst:
        return static_cast<std::int32_t>(low_word_first(words));
    case Encoding::ThousandthsLowFirst:
        return 1000.0 * static_cast<std::int32_t>(low_word_first(words.first(2))) +
               static_cast<std::int32_t>(low_word_first(words.last(2)));
    case Encoding::Uint32HighFirst:
    case Encoding::Uint64HighFirst:
        return static_cast<double>(high_word_first(words));
    case Encoding::Float32HighFirst:
        return std::bit_cast<float>(static_cast<std::uint32_t>(high_word_first(words)));
    case Encoding::Uint16:
    case Encoding::Int64LowFirst:
    case Encoding::Code:
        break;
    }
    return static_cast<double>(static_cast<std::int64_t>(low_word_first(words)));
}

bool is_no_value(NoValue marker, std::span<const std::uint16_t> words) {
    switch (marker) {
    case NoValue::Int32Max:
        return words[0] == 0xFFFF && words[1] == 0x7FFF;
    case NoValue::HighWord7Fff:
        return words[1] == 0x7FFF;
    case NoValue::Int16Max:
        return words[0] == 0x7FFF;
    case NoValue::Uint16Max:
        return words[0] == 0xFFFF;
    case NoValue::Int16Min:
        return words[0] == 0x8000;
    case NoValue::Zero:
        return std::all_of(words.begin(), words.end(), [](std::uint16_t word) { return word == 0; }) ||
               std::all_of(words.begin(), words.end(), [](std::uint16_t word) { return word == 0xFFFF; });
    case NoValue::Never:
        break;
    }
    return false;
}

std::optional<double> phase_sequence(double value, std::int16_t in_order_word) {
    if (value == in_order_word) {
        return 0;
    }
    return value == -1 ? std::optional<double>(1) : std::nullopt;
}

std::optional<double> code_value(std::span<const std::int8_t> codes, std::uint16_t word) {
    return word < codes.size() && codes[word] >= 0 ? std::optional<double>(codes[word]) : std::nullopt;
}

struct BlockWords {
    const Block& block;
    std::span<const std::uint16_t> words;

    std::uint16_t at(RegisterAddress address) const {
        return words[static_cast<std::size_t>(number_of(address) - number_of(block.address))];
    }
};

// Nothing for the marker and for a power that no meter can mean.
std::optional<double> with_exponent(double value, std::uint16_t word) {
    constexpr int largest = 10; // SunSpec: -10..10
    const int exponent = static_cast<std::int16_t>(word);
    if (std::abs(exponent) > largest) {
        return std::nullopt;
    }
    const double power = std::pow(10.0, std::abs(exponent));
    return exponent < 0 ? value / power : value * power;
}

// A ratio is at most 1, one in per cent at most 100.
std::optional<double> ratio_of(double value) {
    const double ratio = std::abs(value) > 1 ? value / 100 : value;
    return std::abs(ratio) <= 1 ? std::optional(ratio) : std::nullopt;
}

std::optional<double> scaled_in_block(const RegisterRow& row, const BlockWords& block,
                                      std::int16_t in_order_word) {
    const std::size_t offset = first_word(row) - number_of(block.block.address);
    auto value = decode_row(row, block.words.subspan(offset, words_of(row.encoding)), in_order_word);
    if (value && row.exponent) {
        value = with_exponent(*value, block.at(*row.exponent));
    }
    return value && row.per_cent ? ratio_of(*value) : value;
}

std::optional<double> decode_in_block(const RegisterRow& row, const BlockWords& block,
                                      std::int16_t in_order_word) {
    if (!row.zero_at) {
        return scaled_in_block(row, block, in_order_word);
    }
    const std::uint16_t state = block.at(row.zero_at->address);
    if (state == row.zero_at->asleep) {
        return 0;
    }
    const auto value = scaled_in_block(row, block, in_order_word);
    const auto& idle = row.zero_at->idle;
    return !value && std::find(idle.begin(), idle.end(), state) != idle.end() ? 0 : value;
}

} // namespace

std::optional<double> decode_row(const RegisterRow& row, std::span<const std::uint16_t> words,
                                 std::int16_t in_order_word) {
    if (words.size() != words_of(row.encoding) || is_no_value(row.no_value, words)) {
        return std::nullopt;
    }
    const double value = raw_value(row.encoding, words);
    if (row.encoding == Encoding::PhaseOrder) {
        return phase_sequence(value, in_order_word);
    }
    if (row.encoding == Encoding::Code) {
        return code_value(row.codes, words[0]);
    }
    const double scaled = value / row.divisor;
    return row.magnitude ? std::abs(scaled) : scaled;
}

void decode_block(const ModelRow& model, const Block& block, std::span<const std::uint16_t> words,
                  Reading& reading) {
    for (const RegisterRow& row : model.rows) {
        if (contains(block, row) && block.words <= words.size()) {
            reading.set(row.quantity, decode_in_block(row, {block, words}, model.in_order_word));
        }
    }
}

void forget_block(const ModelRow& model, const Block& block, Reading& reading) {
    for (const RegisterRow& row : model.rows) {
        if (contains(block, row)) {
            reading.clear(row.quantity);
        }
    }
}

bool is_same_map(const ModelRow& model, const Block& block, std::span<const std::uint16_t> words) {
    if (!model.mark) {
        return true;
    }
    const unsigned first = number_of(block.address);
    const unsigned at = number_of(model.mark->address);
    if (at < first || at + 2 > first + words.size()) {
        return true;
    }
    const auto found = words.subspan(at - first, 2);
    return std::equal(found.begin(), found.end(), model.mark->words.begin());
}

std::optional<std::string> decode_serial(std::span<const std::uint16_t> words) {
    std::string text;
    for (const std::uint16_t word : words) {
        for (const int byte : {word >> 8, word & 0xFF}) {
            if (byte != 0 && (byte < 0x20 || byte > 0x7E)) {
                return std::nullopt;
            }
            if (byte != 0) {
                text += static_cast<char>(byte);
            }
        }
    }
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
    return text.size() < 2 ? std::nullopt : std::optional(text);
}

std::string decode_version(std::uint16_t word, VersionFormat format) {
    if (format == VersionFormat::Decimal) {
        return std::to_string(word);
    }
    return std::to_string(word >> 12) + '.' + std::to_string(word >> 8 & 0xF) + '.' +
           std::to_string(word & 0xFF);
}

void drop_absent_phases(Reading& reading, int phases) {
    using enum Quantity;
    for (int phase = phases + 1; phase <= 3; ++phase) {
        for (const Quantity total : per_phase_totals) {
            reading.clear(of_phase(total, phase));
        }
    }
    if (phases < 3) {
        reading.clear(VoltageL2L3);
        reading.clear(VoltageL3L1);
        reading.clear(PhaseSequence);
    }
    if (phases < 2) {
        reading.clear(VoltageL1L2);
        reading.clear(VoltageLineToLine);
    }
}

bool reads_phase_export(const ModelRow& model, const Block& block) {
    return std::any_of(model.rows.begin(), model.rows.end(), [&](const RegisterRow& row) {
        return row.quantity == Quantity::EnergyReverseL1 && contains(block, row);
    });
}

bool phase_export_is_unused(const Reading& reading) {
    const auto is_zero = [&](int phase) {
        return reading.get(of_phase(Quantity::EnergyReverse, phase)) == 0.0;
    };
    return reading.get(Quantity::EnergyReverse).value_or(0) > 1 && is_zero(1) && is_zero(2) && is_zero(3);
}

void clear_phase_export(Reading& reading) {
    for (const Quantity phase : phases_of(Quantity::EnergyReverse)) {
        reading.clear(phase);
    }
}

void derive_whole_totals(Reading& reading, int phases) {
    constexpr std::array totals{Quantity::Power, Quantity::Current};
    std::array<bool, totals.size()> partial{};
    for (std::size_t i = 0; i < totals.size(); ++i) {
        for (int phase = 1; phase <= phases && !reading.has(totals[i]); ++phase) {
            partial[i] = partial[i] || !reading.has(of_phase(totals[i], phase));
        }
    }
    derive(reading);
    for (std::size_t i = 0; i < totals.size(); ++i) {
        if (partial[i]) {
            reading.clear(totals[i]);
        }
    }
}

} // namespace gridbridge
