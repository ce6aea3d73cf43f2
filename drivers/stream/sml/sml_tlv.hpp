// SML type-length-value encoding (BSI TR-03109-1 annex IV, chapter 6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gridbridge {

enum class SmlType : std::uint8_t { Octets, Boolean, Signed, Unsigned, List, EndOfMessage };

struct SmlElement {
    SmlType type = SmlType::Octets;
    std::size_t count = 0;              // List: number of elements, at most the bytes that remain
    std::span<const std::uint8_t> data; // others: value bytes; empty octets mean "not present"

    bool absent() const { return type == SmlType::Octets && data.empty(); }
    // Big-endian of 1 to 8 bytes; nothing when the type or the width is another.
    std::optional<std::int64_t> as_signed() const {
        if (type != SmlType::Signed || !has_integer_width()) {
            return std::nullopt;
        }
        const std::uint64_t extension =
            (data[0] & 0x80U) != 0 && data.size() < 8 ? ~std::uint64_t{0} << (8 * data.size()) : 0;
        return static_cast<std::int64_t>(big_endian() | extension);
    }
    std::optional<std::uint64_t> as_unsigned() const {
        return type == SmlType::Unsigned && has_integer_width() ? std::optional(big_endian()) : std::nullopt;
    }

  private:
    bool has_integer_width() const { return !data.empty() && data.size() <= 8; }
    std::uint64_t big_endian() const {
        std::uint64_t value = data[0];
        for (const std::uint8_t byte : data.subspan(1)) {
            value = (value << 8U) | byte;
        }
        return value;
    }
};

// Walks over encoded bytes, which must outlive it. Nothing is allocated; every length is checked against the
// bytes that remain. After an error (nothing, false) its position means nothing.
class SmlReader {
  public:
    explicit SmlReader(std::span<const std::uint8_t> bytes) : all_(bytes) {}

    std::optional<SmlElement> next() {
        const std::size_t remaining = all_.size() - position_;
        const unsigned head = remaining > 0 ? all_[position_] : 0;
        const std::size_t length = head & 0x0FU;
        const SmlType type = short_types[head >> 4U];
        if (type == SmlType::EndOfMessage || length == 0 || length > remaining) {
            return next_of_any_form();
        }
        position_ += length;
        return SmlElement{type, 0, all_.subspan(position_ - length + 1, length - 1)};
    }
    // Steps over one element with all that is in it. Iterative, so that nesting costs no stack.
    bool skip();
    // The head of a list of exactly `count` elements.
    bool enter_list(std::size_t count);

    std::size_t position() const { return position_; }
    std::span<const std::uint8_t> rest() const { return all_.subspan(position_); }

  private:
    // Types of values whose length fits into one byte, by its upper half; EndOfMessage stands for all others.
    static constexpr std::array<SmlType, 16> short_types = [] {
        std::array<SmlType, 16> types{};
        types.fill(SmlType::EndOfMessage);
        types[0] = SmlType::Octets;
        types[4] = SmlType::Boolean;
        types[5] = SmlType::Signed;
        types[6] = SmlType::Unsigned;
        return types;
    }();
    std::optional<SmlElement> next_of_any_form();

    std::span<const std::uint8_t> all_;
    std::size_t position_ = 0;
};

} // namespace gridbridge
