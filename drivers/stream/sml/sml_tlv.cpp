#include "drivers/stream/sml/sml_tlv.hpp"

namespace gridbridge {
namespace {

std::optional<SmlType> type_of(std::uint8_t head) {
    switch ((head >> 4U) & 7U) {
    case 0:
        return head == 0 ? SmlType::EndOfMessage : SmlType::Octets;
    case 4:
        return SmlType::Boolean;
    case 5:
        return SmlType::Signed;
    case 6:
        return SmlType::Unsigned;
    case 7:
        return SmlType::List;
    default:
        return std::nullopt;
    }
}

struct Head {
    std::size_t size = 0; // bytes of the type-length field
    std::uint64_t length = 0;
};

// Bit 7 says that four more bits of length follow.
std::optional<Head> read_head(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t max_size = 8;
    if (!bytes.empty() && (bytes[0] & 0x80U) == 0) { // nearly all
        return Head{1, bytes[0] & 0x0FU};
    }
    Head head;
    bool more = true;
    while (more) {
        if (head.size == bytes.size() || head.size == max_size) {
            return std::nullopt;
        }
        const std::uint8_t byte = bytes[head.size];
        head.length = (head.length << 4U) | (byte & 0x0FU);
        head.size += 1;
        more = (byte & 0x80U) != 0;
    }
    return head;
}

} // namespace

std::optional<SmlElement> SmlReader::next_of_any_form() {
    const auto head = read_head(rest());
    const auto type = head ? type_of(all_[position_]) : std::nullopt;
    if (!type) {
        return std::nullopt;
    }
    const std::size_t remaining = all_.size() - position_ - head->size;
    SmlElement element;
    element.type = *type;
    position_ += head->size;
    if (*type == SmlType::EndOfMessage) {
        return element;
    }
    if (*type == SmlType::List) {
        if (head->length > remaining) {
            return std::nullopt;
        }
        element.count = static_cast<std::size_t>(head->length);
        return element;
    }
    if (head->length < head->size || head->length - head->size > remaining) {
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(head->length) - head->size;
    element.data = all_.subspan(position_, size);
    position_ += size;
    return element;
}

bool SmlReader::skip() {
    for (std::size_t pending = 1; pending > 0; --pending) {
        const auto element = next();
        if (!element || pending - 1 + element->count > rest().size()) {
            return false;
        }
        pending += element->count;
    }
    return true;
}

bool SmlReader::enter_list(std::size_t count) {
    const auto element = next();
    return element && element->type == SmlType::List && element->count == count;
}

} // namespace gridbridge
