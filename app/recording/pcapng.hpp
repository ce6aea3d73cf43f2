// Blocks and options of a pcapng file (draft-ietf-opsawg-pcapng), as far as recordings use them. Pure.
//
// Written little-endian, whatever the machine; times are us.
#pragma once

#include "app/recording/record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gridbridge::pcapng {

enum class BlockType : std::uint32_t { Section = 0x0A0D0D0A, Interface = 1, EnhancedPacket = 6 };

// Those of https://www.tcpdump.org/linktypes.html that are used.
enum class LinkType : std::uint16_t { Ipv4 = 228, UpperPdu = 252 };

enum class OptionCode : std::uint16_t {
    End = 0,
    Comment = 1,
    UserApplication = 4,      // of a section
    InterfaceName = 2,        // of an interface
    InterfaceDescription = 3, // of an interface
    TimeResolution = 9,       // of an interface
    PacketFlags = 2,          // of a packet
    PacketId = 5              // of a packet
};

enum class Direction : std::uint8_t { Unknown = 0, Inbound = 1, Outbound = 2 }; // as epb_flags has it

// Whole us, rounded down.
constexpr std::int64_t whole_us(std::int64_t ns) {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::nanoseconds(ns)).count();
}
constexpr std::int64_t whole_us(Clock::time_point at) {
    return whole_us(std::chrono::nanoseconds(at.time_since_epoch()).count());
}

inline constexpr std::size_t max_block = std::size_t{2} * 1024 * 1024; // what is larger is not read
inline constexpr std::size_t max_option = 65000;                       // a longer comment becomes several

struct Section {
    std::string_view application;
    std::string_view comment;
};
void append_section(Bytes& out, const Section& section);

struct Interface {
    LinkType link = LinkType::UpperPdu;
    std::string_view name;
    std::string_view description;
    std::string_view comment;
};
void append_interface(Bytes& out, const Interface& interface);

struct Packet {
    std::uint32_t interface = 0;
    std::uint64_t time = 0; // us since 1970
    std::span<const std::uint8_t> data;
    Direction direction = Direction::Unknown;
    std::uint64_t id = 0; // 0: none
    std::string_view comment;
};
void append_packet(Bytes& out, const Packet& packet);

struct Block {
    std::uint32_t type = 0;
    std::span<const std::uint8_t> body; // without type and lengths
    std::size_t size = 0;               // of all of it
};

enum class Missing : std::uint8_t {
    Nothing,
    Bytes, // the block goes on behind the end of what there is
    Sense  // these bytes begin no block of ours, ever
};

// The first block in `bytes`.
Missing first_block(std::span<const std::uint8_t> bytes, Block& block);

// What follows throws nothing: nothing or an empty value is returned when the block is not as it should be.

// Little-endian, version 1.
bool is_section(const Block& block);

// The values of all options of one code, in their order. They are parts of `options`.
std::vector<std::string_view> options_of(std::span<const std::uint8_t> options, OptionCode code);

struct InterfaceBlock {
    std::uint16_t link = 0;
    std::span<const std::uint8_t> options;
};
std::optional<InterfaceBlock> interface_of(const Block& block);
bool has_microseconds(const InterfaceBlock& interface); // its packets
std::span<const std::uint8_t> section_options(const Block& block);

struct PacketBlock {
    std::uint32_t interface = 0;
    std::uint64_t time = 0; // in the resolution of its interface
    std::span<const std::uint8_t> data;
    Direction direction = Direction::Unknown;
    std::uint64_t id = 0;
    std::span<const std::uint8_t> options;
};
std::optional<PacketBlock> packet_of(const Block& block);

} // namespace gridbridge::pcapng
