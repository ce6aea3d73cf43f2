// Names that machines of one network have without a name server: multicast DNS, as one-shot questions
// (RFC 6762, 5.1). Questions and answers are pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// For the addresses of `host`; empty when no such name can be asked for.
std::vector<std::uint8_t> link_name_question(std::string_view host, std::uint16_t id);

// What a message says about the addresses of `host`, IPv4 first; nothing unless it answers the question `id`.
// Link-local IPv6 addresses are left out: they mean nothing without an interface.
std::vector<std::string> addresses_of_link_name(std::span<const std::uint8_t> message, std::string_view host,
                                                std::uint16_t id);

// Asks on every interface, twice; the first answer counts. Blocks for at most `limit`.
std::vector<std::string> ask_link(const std::string& host, std::chrono::milliseconds limit);

} // namespace gridbridge
