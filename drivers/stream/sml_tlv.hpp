// SML type-length-value encoding (BSI TR-03109-1 annex IV, chapter 6).
#pragma once

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
    std::optional<std::int64_t> as_signed() const;
    std::optional<std::uint64_t> as_unsigned() const;
};

// Walks over encoded bytes, which must outlive it. Nothing is allocated; every length is checked against the
// bytes that remain. After an error (nothing, false) its position means nothing.
class SmlReader {
  public:
    explicit SmlReader(std::span<const std::uint8_t> bytes) : all_(bytes) {}

    std::optional<SmlElement> next();
    // Steps over one element with all that is in it. Iterative, so that nesting costs no stack.
    bool skip();
    // The head of a list of exactly `count` elements.
    bool enter_list(std::size_t count);

    std::size_t position() const { return position_; }
    std::span<const std::uint8_t> rest() const { return all_.subspan(position_); }

  private:
    std::span<const std::uint8_t> all_;
    std::size_t position_ = 0;
};

} // namespace gridbridge
