// Bytes of a wire as packets that Wireshark dissects without being told anything. Pure.
#pragma once

#include "app/recording/pcapng.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridbridge {

// How the packets of a connection are dressed: by the name of their dissector, but SML as TCP, because
// Wireshark finds its dissector by a port only.
pcapng::LinkType link_of(const RecordedConnection& connection);

// The bytes are a whole frame or telegram: nothing that comes belongs to it. False: it is not known.
bool is_whole(const RecordedConnection& connection, std::span<const std::uint8_t> bytes);

// The addresses and numbers of one connection that was opened: made up, from TEST-NET-1. The meter of
// connection n is at 192.0.2.<10 + n % 240>, we are at 192.0.2.1.
struct TcpNumbers {
    std::uint16_t client_port = 50000;
    std::uint32_t sent = 1;     // sequence number of our next byte
    std::uint32_t received = 1; // of the meter's
};

// IPv4 and TCP headers before the bytes; `numbers` moves on. At most 65495 bytes. The port of the meter
// is 7259, which nobody has: Wireshark is told `tcp.port==7259,sml`.
Bytes tcp_packet(const RecordedConnection& connection, TcpNumbers& numbers, bool is_sent,
                 std::span<const std::uint8_t> bytes);

// What is within; nothing when it is no such packet.
std::optional<std::span<const std::uint8_t>> tcp_payload(std::span<const std::uint8_t> packet);

// The name of the dissector, and addresses and ports so that Wireshark finds the request of an answer.
Bytes dialect_packet(const RecordedConnection& connection, const TcpNumbers& numbers, bool is_sent,
                     std::span<const std::uint8_t> bytes);

// For what is no byte on a wire: `info` is what the list of packets shows, as protocol.
Bytes event_packet(std::string_view info, std::string_view json);

std::optional<std::span<const std::uint8_t>> upper_payload(std::span<const std::uint8_t> packet);

} // namespace gridbridge
