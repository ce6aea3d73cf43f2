#include "app/slave/slave_frame.hpp"

#include "app/slave/bitwise_crc16.hpp"

namespace gridbridge {

unsigned word_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<unsigned>(bytes[offset] << 8 | bytes[offset + 1]);
}

void add_word(std::vector<std::uint8_t>& pdu, unsigned word) {
    pdu.push_back(static_cast<std::uint8_t>(word >> 8));
    pdu.push_back(static_cast<std::uint8_t>(word & 0xFF));
}

namespace {

constexpr std::size_t header_bytes = 7; // Modbus TCP, with the unit

std::uint16_t serial_checksum(std::span<const std::uint8_t> bytes) {
    return bitwise_crc16(bytes, 0xA001, 0xFFFF);
}

// Length of a serial request with checksum; 0: not yet known or not a request.
std::size_t serial_length(std::span<const std::uint8_t> bytes) {
    const int function = bytes[1];
    if (function == 15 || function == 16) {
        return bytes.size() < 7 ? 0 : std::size_t{9} + bytes[6];
    }
    return 8;
}

std::optional<SlaveRequest> take_serial(std::span<const std::uint8_t> received, std::size_t& consumed) {
    while (received.size() - consumed >= 8) {
        const auto rest = received.subspan(consumed);
        const std::size_t length = serial_length(rest);
        if (length != 0 && rest.size() < length) {
            return std::nullopt;
        }
        const auto body = rest.first(length - 2);
        if (serial_checksum(body) == (rest[length - 1] << 8 | rest[length - 2])) {
            consumed += length;
            return SlaveRequest{body[0], 0, {body.begin() + 1, body.end()}};
        }
        ++consumed;
    }
    return std::nullopt;
}

std::optional<SlaveRequest> take_tcp(std::span<const std::uint8_t> received, std::size_t& consumed) {
    if (received.size() < header_bytes + 1) {
        return std::nullopt;
    }
    const std::size_t length = word_at(received, 4);
    if (word_at(received, 2) != 0 || length < 2 || length > 254) {
        consumed = received.size();
        return std::nullopt;
    }
    if (received.size() < header_bytes - 1 + length) {
        return std::nullopt;
    }
    consumed = header_bytes - 1 + length;
    return SlaveRequest{
        received[6],
        static_cast<std::uint16_t>(word_at(received, 0)),
        {received.begin() + header_bytes, received.begin() + static_cast<std::ptrdiff_t>(consumed)}};
}

} // namespace

std::optional<SlaveRequest> take_request(std::span<const std::uint8_t> received, SlaveFraming framing,
                                         std::size_t& consumed) {
    consumed = 0;
    return framing == SlaveFraming::Tcp ? take_tcp(received, consumed) : take_serial(received, consumed);
}

std::vector<std::uint8_t> exception_reply(std::uint8_t function, std::uint8_t code) {
    return {static_cast<std::uint8_t>(function | 0x80), code};
}

std::vector<std::uint8_t> framed(const SlaveRequest& request, std::span<const std::uint8_t> pdu,
                                 SlaveFraming framing) {
    std::vector<std::uint8_t> bytes;
    if (framing == SlaveFraming::Tcp) {
        add_word(bytes, request.transaction);
        add_word(bytes, 0);
        add_word(bytes, static_cast<unsigned>(pdu.size() + 1));
    }
    bytes.push_back(static_cast<std::uint8_t>(request.unit));
    bytes.insert(bytes.end(), pdu.begin(), pdu.end());
    if (framing == SlaveFraming::Serial) {
        const std::uint16_t sum = serial_checksum(bytes);
        bytes.push_back(static_cast<std::uint8_t>(sum & 0xFF));
        bytes.push_back(static_cast<std::uint8_t>(sum >> 8));
    }
    return bytes;
}

} // namespace gridbridge
