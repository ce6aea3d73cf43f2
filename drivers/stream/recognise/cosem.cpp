#include "drivers/stream/recognise/cosem.hpp"

#include "drivers/stream/cipher/cipher_frame.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::uint8_t data_notification = 0x0F;
constexpr std::uint8_t array_tag = 0x01;
constexpr std::uint8_t structure_tag = 0x02;

enum class Width : std::int8_t { Counted = -1, Bits = -2 };

// Bytes behind the tag of a simple type (IEC 62056-6-2, chapter 4.1.5); Counted: a length stands in front of
// them; nothing for an unknown tag.
std::optional<int> width_of(std::uint8_t tag) {
    struct Row {
        std::uint8_t tag;
        int width;
    };
    constexpr auto counted = static_cast<int>(Width::Counted);
    constexpr auto bits = static_cast<int>(Width::Bits);
    constexpr std::array rows{Row{0x00, 0}, Row{0x03, 1},       Row{0x04, bits},    Row{0x05, 4},
                              Row{0x06, 4}, Row{0x09, counted}, Row{0x0A, counted}, Row{0x0C, counted},
                              Row{0x0D, 1}, Row{0x0F, 1},       Row{0x10, 2},       Row{0x11, 1},
                              Row{0x12, 2}, Row{0x14, 8},       Row{0x15, 8},       Row{0x16, 1},
                              Row{0x17, 4}, Row{0x18, 8},       Row{0x19, 12},      Row{0x1A, 5},
                              Row{0x1B, 4}};
    const auto* const row =
        std::find_if(rows.begin(), rows.end(), [tag](const Row& known) { return known.tag == tag; });
    return row == rows.end() ? std::nullopt : std::optional(row->width);
}

// Takes a length from the front of `bytes`.
std::optional<std::size_t> take_length(std::span<const std::uint8_t>& bytes) {
    const auto length = read_ber_length(bytes);
    if (!length || length->size == 0) {
        return std::nullopt;
    }
    bytes = bytes.subspan(length->size);
    return length->value;
}

// Takes a simple value from the front of `bytes`, whose tag was taken.
bool take_value(std::uint8_t tag, std::span<const std::uint8_t>& bytes) {
    const auto width = width_of(tag);
    if (!width) {
        return false;
    }
    auto size = static_cast<std::size_t>(std::max(*width, 0));
    if (*width < 0) {
        const auto length = take_length(bytes);
        if (!length) {
            return false;
        }
        size = *width == static_cast<int>(Width::Bits) ? (*length + 7) / 8 : *length;
    }
    if (size > bytes.size()) {
        return false;
    }
    bytes = bytes.subspan(size);
    return true;
}

// One structure or array with all that is in it, and nothing behind it. Iterative: nesting costs no stack.
bool is_collection(std::span<const std::uint8_t> bytes) {
    if (bytes.empty() || (bytes[0] != array_tag && bytes[0] != structure_tag)) {
        return false;
    }
    std::size_t values = 0;
    for (std::size_t awaited = 1; awaited > 0; --awaited) {
        if (bytes.empty()) {
            return false;
        }
        const std::uint8_t tag = bytes[0];
        bytes = bytes.subspan(1);
        if (tag == array_tag || tag == structure_tag) {
            const auto count = take_length(bytes);
            if (!count || *count > bytes.size()) {
                return false;
            }
            awaited += *count;
        } else if (!take_value(tag, bytes)) {
            return false;
        }
        ++values;
    }
    return bytes.empty() && values >= 3;
}

} // namespace

bool is_cosem(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t invoke_id = 4;
    constexpr std::size_t date_time = 12;
    if (bytes.size() > 2 + invoke_id && bytes[0] == data_notification) {
        bytes = bytes.subspan(1 + invoke_id);
        if (bytes[0] == 0x09) { // an octet string with its tag
            bytes = bytes.subspan(1);
        }
        const std::size_t time = bytes[0] == date_time ? date_time : 0;
        if (bytes.size() <= 1 + time || (time == 0 && bytes[0] != 0)) {
            return false;
        }
        bytes = bytes.subspan(1 + time);
    }
    return is_collection(bytes);
}

} // namespace gridbridge
