// How bytes that stand in one packet came.
#pragma once

#include "app/recording/record_order.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct Piece {
    std::uint64_t number = 0; // of its record
    std::size_t size = 0;     // bytes
    std::int64_t after = 0;   // us after the first piece

    bool operator==(const Piece&) const = default;
};

// "pieces: 3 #19:6@11250": the size of each, "#17:" before one whose number is not the expected one, "@"
// and its time behind one that came later than the packet. Empty for a single piece with the expected number.
// `order` has seen the pieces afterwards. Pure.
std::string pieces_text(const std::vector<Piece>& pieces, RecordOrder& order);

// `text`: what pieces_text() made. `size`: bytes of the packet. Empty: they do not go together.
std::vector<Piece> pieces_of(std::string_view text, std::size_t size, RecordOrder& order);

inline constexpr std::string_view pieces_mark = "pieces: ";
inline constexpr std::size_t max_pieces = 4096; // of one packet

} // namespace gridbridge
