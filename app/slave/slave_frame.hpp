// Modbus frames as a slave sees them: requests taken from bytes, answers made of them. Pure, and independent
// of drivers/modbus, which is tested against a slave made of this. Source: "MODBUS over Serial Line" V1.02,
// "MODBUS Messaging on TCP/IP" V1.0b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gridbridge {

enum class SlaveFraming : std::uint8_t { Serial, Tcp };

struct SlaveRequest {
    int unit = 0;
    std::uint16_t transaction = 0; // Tcp
    std::vector<std::uint8_t> pdu; // function and data
};

// The first whole request in `received`; `consumed` bytes are to be removed whether there is one or not.
// Serial noise is skipped byte by byte.
std::optional<SlaveRequest> take_request(std::span<const std::uint8_t> received, SlaveFraming framing,
                                         std::size_t& consumed);

// Big-endian words of a PDU. `offset + 1` must lie inside `bytes`.
unsigned word_at(std::span<const std::uint8_t> bytes, std::size_t offset);
void add_word(std::vector<std::uint8_t>& pdu, unsigned word);

std::vector<std::uint8_t> exception_reply(std::uint8_t function, std::uint8_t code);

// The answer as it goes over the wire.
std::vector<std::uint8_t> framed(const SlaveRequest& request, std::span<const std::uint8_t> pdu,
                                 SlaveFraming framing);

} // namespace gridbridge
