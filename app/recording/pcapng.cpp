#include "app/recording/pcapng.hpp"

#include "app/recording/byte_order.hpp"

#include <algorithm>

namespace gridbridge::pcapng {
namespace {

constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::size_t frame_size = 12; // type, length, length again
constexpr std::size_t section_fixed = 16;
constexpr std::size_t interface_fixed = 8;
constexpr std::size_t packet_fixed = 20;
constexpr std::uint8_t microseconds = 6;

constexpr std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}

void pad(Bytes& out) {
    out.resize(padded(out.size()));
}

void append_option(Bytes& out, OptionCode code, std::span<const std::uint8_t> value) {
    append_little(out, static_cast<std::uint16_t>(code));
    append_little(out, static_cast<std::uint16_t>(value.size()));
    out.insert(out.end(), value.begin(), value.end());
    pad(out);
}

// Nothing for an empty one, several for a long one.
void append_text(Bytes& out, OptionCode code, std::string_view text) {
    while (!text.empty()) {
        const std::string_view part = text.substr(0, max_option);
        append_option(out, code, {reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
        text.remove_prefix(part.size());
    }
}

// `write` appends the body; what is before it in `out` is whole blocks.
template <typename Write>
void append_block(Bytes& out, BlockType type, Write write) {
    const std::size_t begin = out.size();
    append_little(out, static_cast<std::uint32_t>(type));
    append_little(out, std::uint32_t{0});
    write();
    const auto size = static_cast<std::uint32_t>(out.size() + 4 - begin);
    append_little(out, size);
    std::copy(out.end() - 4, out.end(), out.begin() + static_cast<std::ptrdiff_t>(begin) + 4);
}

bool is(const Block& block, BlockType type) {
    return block.type == static_cast<std::uint32_t>(type);
}

Direction direction_of(std::span<const std::uint8_t> options) {
    for (const std::string_view flags : options_of(options, OptionCode::PacketFlags)) {
        const unsigned direction = flags.empty() ? 0U : static_cast<unsigned char>(flags[0]) & 3U;
        if (direction == 1 || direction == 2) {
            return direction == 1 ? Direction::Inbound : Direction::Outbound;
        }
    }
    return Direction::Unknown;
}

std::uint64_t id_of(std::span<const std::uint8_t> options) {
    for (const std::string_view id : options_of(options, OptionCode::PacketId)) {
        if (id.size() == 8) {
            return little_at<std::uint64_t>({reinterpret_cast<const std::uint8_t*>(id.data()), id.size()}, 0);
        }
    }
    return 0;
}

} // namespace

void append_section(Bytes& out, const Section& section) {
    append_block(out, BlockType::Section, [&] {
        append_little(out, byte_order_magic);
        append_little(out, std::uint16_t{1});
        append_little(out, std::uint16_t{0});
        append_little(out, ~std::uint64_t{0}); // its length: not known
        append_text(out, OptionCode::UserApplication, section.application.substr(0, max_option));
        append_text(out, OptionCode::Comment, section.comment);
        append_option(out, OptionCode::End, {});
    });
}

void append_interface(Bytes& out, const Interface& interface) {
    append_block(out, BlockType::Interface, [&] {
        append_little(out, static_cast<std::uint16_t>(interface.link));
        append_little(out, std::uint16_t{0});
        append_little(out, std::uint32_t{0}); // packets of any size
        append_text(out, OptionCode::InterfaceName, interface.name.substr(0, max_option));
        append_text(out, OptionCode::InterfaceDescription, interface.description.substr(0, max_option));
        append_option(out, OptionCode::TimeResolution, {&microseconds, 1});
        append_text(out, OptionCode::Comment, interface.comment);
        append_option(out, OptionCode::End, {});
    });
}

void append_packet(Bytes& out, const Packet& packet) {
    append_block(out, BlockType::EnhancedPacket, [&] {
        append_little(out, packet.interface);
        append_little(out, static_cast<std::uint32_t>(packet.time >> 32U));
        append_little(out, static_cast<std::uint32_t>(packet.time));
        append_little(out, static_cast<std::uint32_t>(packet.data.size()));
        append_little(out, static_cast<std::uint32_t>(packet.data.size()));
        out.insert(out.end(), packet.data.begin(), packet.data.end());
        pad(out);
        if (packet.direction == Direction::Unknown && packet.id == 0 && packet.comment.empty()) {
            return;
        }
        if (packet.direction != Direction::Unknown) {
            Bytes flags;
            append_little(flags, std::uint32_t{static_cast<std::uint8_t>(packet.direction)});
            append_option(out, OptionCode::PacketFlags, flags);
        }
        if (packet.id != 0) {
            Bytes id;
            append_little(id, packet.id);
            append_option(out, OptionCode::PacketId, id);
        }
        append_text(out, OptionCode::Comment, packet.comment);
        append_option(out, OptionCode::End, {});
    });
}

Missing first_block(std::span<const std::uint8_t> bytes, Block& block) {
    if (bytes.size() < 8) {
        return Missing::Bytes;
    }
    const auto size = little_at<std::uint32_t>(bytes, 4);
    if (size < frame_size || size % 4 != 0 || size > max_block) {
        return Missing::Sense;
    }
    if (bytes.size() < size) {
        return Missing::Bytes;
    }
    if (little_at<std::uint32_t>(bytes, size - 4) != size) {
        return Missing::Sense;
    }
    block = {little_at<std::uint32_t>(bytes, 0), bytes.subspan(8, size - frame_size), size};
    return Missing::Nothing;
}

bool is_section(const Block& block) {
    return is(block, BlockType::Section) && block.body.size() >= section_fixed &&
           little_at<std::uint32_t>(block.body, 0) == byte_order_magic &&
           little_at<std::uint16_t>(block.body, 4) == 1;
}

std::span<const std::uint8_t> section_options(const Block& block) {
    return block.body.subspan(section_fixed);
}

std::vector<std::string_view> options_of(std::span<const std::uint8_t> options, OptionCode code) {
    std::vector<std::string_view> values;
    while (options.size() >= 4) {
        const auto found = little_at<std::uint16_t>(options, 0);
        const std::size_t size = little_at<std::uint16_t>(options, 2);
        const std::size_t whole = 4 + padded(size);
        if (found == static_cast<std::uint16_t>(OptionCode::End) || whole > options.size()) {
            break;
        }
        if (found == static_cast<std::uint16_t>(code)) {
            values.emplace_back(reinterpret_cast<const char*>(options.data()) + 4, size);
        }
        options = options.subspan(whole);
    }
    return values;
}

std::optional<InterfaceBlock> interface_of(const Block& block) {
    if (!is(block, BlockType::Interface) || block.body.size() < interface_fixed) {
        return std::nullopt;
    }
    return InterfaceBlock{little_at<std::uint16_t>(block.body, 0), block.body.subspan(interface_fixed)};
}

// Also what a file has that does not say it.
bool has_microseconds(const InterfaceBlock& interface) {
    const auto said = options_of(interface.options, OptionCode::TimeResolution);
    return said.empty() || (said.front().size() == 1 && said.front()[0] == char{microseconds});
}

std::optional<PacketBlock> packet_of(const Block& block) {
    if (!is(block, BlockType::EnhancedPacket) || block.body.size() < packet_fixed) {
        return std::nullopt;
    }
    const std::size_t size = little_at<std::uint32_t>(block.body, 12);
    if (size > block.body.size() - packet_fixed || padded(size) > block.body.size() - packet_fixed) {
        return std::nullopt;
    }
    PacketBlock packet;
    packet.interface = little_at<std::uint32_t>(block.body, 0);
    packet.time = std::uint64_t{little_at<std::uint32_t>(block.body, 4)} << 32U |
                  little_at<std::uint32_t>(block.body, 8);
    packet.data = block.body.subspan(packet_fixed, size);
    packet.options = block.body.subspan(packet_fixed + padded(size));
    packet.direction = direction_of(packet.options);
    packet.id = id_of(packet.options);
    return packet;
}

} // namespace gridbridge::pcapng
