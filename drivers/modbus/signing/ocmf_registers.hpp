// The registers of a meter that signs charging transactions (EM580), and what is in them. Pure. Source:
// EVerest `CarloGavazzi_EM580`; texts: OCMF 1.2.
#pragma once

#include "drivers/modbus/map/register_map.hpp"
#include "drivers/waist/transactions.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::ocmf {

inline constexpr RegisterAddress signed_map = 0x0800_reg;     // live values, then r and s
inline constexpr RegisterAddress signature_type = 0x24FF_reg; // 0: 256 bit, 1: 384 bit, 2: none
inline constexpr RegisterAddress raw_key = 0x2500_reg;
inline constexpr RegisterAddress der_key = 0x2600_reg;       // read as one block
inline constexpr RegisterAddress text_register = 0x6900_reg; // tariff, "<=>", transaction id
inline constexpr RegisterAddress id_definition = 0x6F00_reg;
inline constexpr RegisterAddress utc_offset = 0x7031_reg;
inline constexpr RegisterAddress utc_time = 0x7032_reg; // s since 1970, four words, low word first
inline constexpr RegisterAddress command = 0x7040_reg;
inline constexpr RegisterAddress charging_status = 0x7045_reg;
inline constexpr RegisterAddress last_id = 0x7059_reg; // text of the meter's own count
inline constexpr RegisterAddress clock_status = 0x7060_reg;
inline constexpr RegisterAddress state = 0x7100_reg;
inline constexpr RegisterAddress file_size = 0x7101_reg; // words
inline constexpr RegisterAddress number_register =
    0x7102_reg; // of the transaction, two words, low word first
inline constexpr RegisterAddress file = 0x7110_reg;

inline constexpr std::size_t signed_map_words = 61; // without the signature
inline constexpr std::size_t last_id_words = 7;
inline constexpr std::size_t text_words = 126;
inline constexpr std::size_t max_file_words = 2031;
inline constexpr std::uint16_t begin = 'B';
inline constexpr std::uint16_t end = 'E';
inline constexpr std::size_t max_tariff_bytes =
    211; // beside "<=>" and the id; 250 in all (OCMF 1.2, table 4)

enum class State : std::uint16_t { NotReady, Running, Ready, Corrupted };

// Bits of the curve decide how long the keys are; nothing for a type that does not sign.
struct KeyLayout {
    std::uint16_t raw_words = 0, der_words = 0;
    std::uint16_t signature_words = 0; // r and s
};
std::optional<KeyLayout> key_layout(std::uint16_t type);
// Upper-case hex; empty when the words hold no such key.
std::string raw_key_of(std::span<const std::uint16_t> words);
std::string der_key_of(std::span<const std::uint16_t> words);

// First character in the high byte; up to the first NUL.
std::string decode_text(std::span<const std::uint16_t> words);
// With a NUL behind it, rounded up to whole words.
std::vector<std::uint16_t> encode_text(std::string_view text);

// At most `bytes`, cut between UTF-8 characters.
std::string_view shortened(std::string_view text, std::size_t bytes);
// Text for 0x6900.
std::string tariff_with_id(const StartTransaction& start);
// What is_transaction_id() behind the last "<=>"; empty: there is none.
std::string id_behind_marker(std::string_view text);

// What the meter cannot take, for people; empty: nothing.
std::string problem_with(const StartTransaction& start);

// What goes into the meter before the command to begin, in this order.
struct Write {
    RegisterAddress address{};
    std::vector<std::uint16_t> words;
};
std::vector<Write> writes_for(const StartTransaction& start);
std::vector<std::uint16_t> encode_time(std::int64_t unix_seconds);

// `OCMF|{...}|{...}`.
bool is_record(std::string_view record);
// The id in its TT, or else its number ("T23", PG); empty: neither.
std::string id_of_record(std::string_view record);

// The first and the last entry of RD, as written; empty where there is none.
RecordReading begin_of_record(std::string_view record);
RecordReading end_of_record(std::string_view record);
// TX of the last one: "E" by command, "P" power failure, ...; empty: it does not tell.
std::string end_reason(std::string_view record);

// Upper-case hex.
std::string hex_of(std::span<const std::uint16_t> words);

} // namespace gridbridge::ocmf
