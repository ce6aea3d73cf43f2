#include "app/recording/piece.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <limits>
#include <optional>

namespace gridbridge {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
    const auto number = parse_integer(text);
    return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

// What is before `mark`, taken off `text`; nothing when it is not there.
std::optional<std::string_view> until(std::string_view& text, char mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

std::optional<Piece> piece_of(std::string_view text, std::uint64_t expected) {
    Piece piece;
    piece.number = expected;
    if (text.starts_with('#')) {
        text.remove_prefix(1);
        const auto number = until(text, ':');
        const auto value = number ? whole_number(*number) : std::nullopt;
        if (!value) {
            return std::nullopt;
        }
        piece.number = *value;
    }
    const auto before = until(text, '@');
    const auto size = whole_number(before ? *before : text);
    const auto after = before ? whole_number(text) : std::optional<std::uint64_t>(0);
    if (!size || *size > std::numeric_limits<std::size_t>::max() || !after) {
        return std::nullopt;
    }
    piece.size = static_cast<std::size_t>(*size);
    piece.after = static_cast<std::int64_t>(*after);
    return piece;
}

} // namespace

std::string pieces_text(const std::vector<Piece>& pieces, RecordOrder& order) {
    std::string text(pieces_mark);
    bool is_needed = pieces.size() > 1;
    std::uint64_t expected = order.expected();
    for (const Piece& piece : pieces) {
        text += &piece == pieces.data() ? "" : " ";
        if (piece.number != expected) {
            text += "#" + std::to_string(piece.number) + ":";
            is_needed = true;
        }
        text += std::to_string(piece.size);
        if (piece.after != 0) {
            text += "@" + std::to_string(piece.after);
        }
        expected = piece.number + 1;
        order.seen(piece.number);
    }
    return is_needed ? text : std::string();
}

std::vector<Piece> pieces_of(std::string_view text, std::size_t size, RecordOrder& order) {
    if (text.empty()) {
        const Piece one{order.expected(), size, 0};
        order.seen(one.number);
        return {one};
    }
    if (!text.starts_with(pieces_mark)) {
        return {};
    }
    std::vector<Piece> pieces;
    std::uint64_t expected = order.expected();
    std::size_t left = size;
    for (const std::string_view part : split(text.substr(pieces_mark.size()), ' ')) {
        const auto piece = piece_of(part, expected);
        if (!piece || piece->size > left || pieces.size() == max_pieces) {
            return {};
        }
        left -= piece->size;
        expected = piece->number + 1;
        pieces.push_back(*piece);
    }
    if (left != 0) {
        return {};
    }
    for (const Piece& piece : pieces) {
        order.seen(piece.number);
    }
    return pieces;
}

} // namespace gridbridge
