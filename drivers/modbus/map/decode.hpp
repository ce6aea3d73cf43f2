// Register words to values. Pure. Source of the rules: sections 0 and 1 of the vendor's protocol documents
// (word order, markers, serial number, versions).
#pragma once

#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/waist/reading.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace gridbridge {

// Value of one row in the unit of its quantity; nothing for a "no value" marker. `words` are exactly the
// words of the row, lowest address first; what needs other words is not applied.
std::optional<double> decode_row(const RegisterRow& row, std::span<const std::uint16_t> words,
                                 std::int16_t in_order_word);

// Sets every quantity of the model whose words lie in the block, to absent where the meter says so.
// `words` are the words of the block.
void decode_block(const ModelRow& model, const Block& block, std::span<const std::uint16_t> words,
                  Reading& reading);

// Sets them all to absent: what was read there does not count any more.
void forget_block(const ModelRow& model, const Block& block, Reading& reading);

// False: the block holds the mark of the model and it has changed; another map is there now.
bool is_same_map(const ModelRow& model, const Block& block, std::span<const std::uint16_t> words);

// Packed (two characters per word) or sparse (one in the low byte): high byte first, zero bytes dropped,
// blanks at both ends stripped. Nothing when fewer than two printable characters are left: a bad read.
std::optional<std::string> decode_serial(std::span<const std::uint16_t> words);

std::string decode_version(std::uint16_t word, VersionFormat format);

// Clears what belongs to phases the meter does not measure. `phases` 1..3.
void drop_absent_phases(Reading& reading, int phases);

// The block holds a counter of the export of one phase.
bool reads_phase_export(const ModelRow& model, const Block& block);
// The meter has such counters but does not use them: all are 0 although its total is above 1 kWh.
bool phase_export_is_unused(const Reading& reading);
void clear_phase_export(Reading& reading);

// derive(), but a total made from phases only when each of the `phases` is known: a partial sum would be a
// wrong value.
void derive_whole_totals(Reading& reading, int phases);

} // namespace gridbridge
