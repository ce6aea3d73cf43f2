#include "drivers/modbus/line/frame.hpp"

#include "drivers/text/crc16.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

using State = Inspection::State;

constexpr std::size_t max_foreign_bytes = 8;
constexpr std::uint8_t exception_bit = 0x80;

std::uint8_t high(std::uint16_t word) {
    return static_cast<std::uint8_t>(word >> 8);
}
std::uint8_t low(std::uint16_t word) {
    return static_cast<std::uint8_t>(word & 0xFF);
}
std::uint16_t word_at(ByteView bytes, std::size_t offset) {
    return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}
std::uint8_t code_of(const Request& request) {
    return static_cast<std::uint8_t>(request.function);
}

// Unit, function, address, operand: a whole request but for the words of function 16, and the echo of a
// write.
Bytes head_of(const Request& request) {
    const std::uint16_t address = number_of(request.address);
    return {request.unit, code_of(request),      high(address),
            low(address), high(request.operand), low(request.operand)};
}

// Length of the frame with CRC that starts like an answer to `request`; 0: it does not; 1: too short to say.
std::size_t frame_length(ByteView bytes, const Request& request) {
    if (bytes.empty()) {
        return 1;
    }
    if (bytes[0] != request.unit) {
        return 0;
    }
    if (bytes.size() < 2) {
        return 1;
    }
    if (bytes[1] == (code_of(request) | exception_bit)) {
        return 5;
    }
    if (bytes[1] != code_of(request)) {
        return 0;
    }
    if (is_write(request)) {
        return 8;
    }
    return bytes.size() < 3 ? 1 : std::size_t{5} + bytes[2];
}

bool crc_matches(ByteView frame) {
    const std::uint16_t crc = modbus_crc(frame.first(frame.size() - 2));
    return frame[frame.size() - 2] == low(crc) && frame[frame.size() - 1] == high(crc);
}

// Of the functions that a client of a meter may use; 0: of no other.
std::array<std::size_t, 2> frame_lengths(ByteView bytes) {
    constexpr std::size_t exception_length = 5;
    constexpr std::size_t short_length = 8; // a request, or the echo of a write
    if (bytes.size() < exception_length || bytes[0] > 247) {
        return {0, 0};
    }
    switch (bytes[1]) {
    case 1:
    case 2:
    case 3:
    case 4:
        return {short_length, std::size_t{5} + bytes[2]};
    case 5:
    case 6:
    case 8:
        return {short_length, 0};
    case 15:
    case 16:
        return {short_length, bytes.size() < 7 ? 0 : std::size_t{9} + bytes[6]};
    default:
        return {(bytes[1] & exception_bit) != 0 ? exception_length : 0, 0};
    }
}

} // namespace

bool is_same_read(const Request& one, const Request& other) {
    return one.unit == other.unit && one.function == other.function && one.address == other.address &&
           one.operand == other.operand;
}

bool is_write(const Request& request) {
    return request.function == Function::WriteSingle || request.function == Function::WriteMultiple;
}

std::uint16_t modbus_crc(ByteView bytes) {
    return crc16_modbus(bytes);
}

Bytes raw_request(const Request& request) {
    Bytes bytes = head_of(request);
    if (request.function == Function::WriteMultiple) {
        bytes.push_back(static_cast<std::uint8_t>(2 * request.words.size()));
        for (const std::uint16_t word : request.words) {
            bytes.push_back(high(word));
            bytes.push_back(low(word));
        }
    }
    return bytes;
}

Bytes serial_frame(const Request& request) {
    Bytes frame = raw_request(request);
    const std::uint16_t crc = modbus_crc(frame);
    frame.push_back(low(crc));
    frame.push_back(high(crc));
    return frame;
}

Bytes tcp_request(const Request& request, std::uint16_t transaction) {
    const Bytes body = raw_request(request);
    Bytes frame;
    frame.reserve(6 + body.size());
    frame.assign({high(transaction), low(transaction), 0, 0, 0, static_cast<std::uint8_t>(body.size())});
    for (const std::uint8_t byte : body) {
        frame.push_back(byte);
    }
    return frame;
}

Inspection inspect_serial(ByteView received, const Request& request) {
    bool undecided = false;
    bool bad_crc = false;
    for (std::size_t offset = 0; offset <= std::min(received.size(), max_foreign_bytes); ++offset) {
        const ByteView rest = received.subspan(offset);
        const std::size_t length = frame_length(rest, request);
        if (length == 0) {
            continue;
        }
        if (length == 1 || rest.size() < length) {
            // A candidate behind the first may rest on a data byte: it must not hide a bad frame before it.
            undecided = undecided || !bad_crc;
            continue;
        }
        if (crc_matches(rest.first(length))) {
            return {State::Complete, offset, length - 2, {}};
        }
        bad_crc = true;
    }
    if (bad_crc && !undecided) {
        return {State::Bad, 0, 0, "checksum"};
    }
    if (!undecided) {
        return {State::Bad, 0, 0, "wrong unit or function"};
    }
    return {};
}

std::optional<std::size_t> tcp_frame_length(ByteView received) {
    if (received.size() < tcp_header_bytes) {
        return 0;
    }
    const std::size_t length = word_at(received, 4);
    if (word_at(received, 2) != 0 || length < 2 || length > 254) {
        return std::nullopt;
    }
    return received.size() < tcp_header_bytes + length ? 0 : tcp_header_bytes + length;
}

Inspection inspect_tcp(ByteView received, const Request& request, std::optional<std::uint16_t> transaction) {
    const auto length = tcp_frame_length(received);
    if (!length) {
        return {State::Bad, 0, 0, "not a Modbus TCP header"};
    }
    if (*length == 0) {
        return {};
    }
    if (transaction && word_at(received, 0) != *transaction) {
        return {State::Stale, 0, *length, {}};
    }
    const std::uint8_t unit = received[tcp_header_bytes];
    if (unit != request.unit && unit != 0 && unit != 255) {
        return {State::Bad, 0, 0,
                "the answer is from unit " + std::to_string(unit) + ", not " + std::to_string(request.unit)};
    }
    const std::uint8_t function = received[tcp_header_bytes + 1] & static_cast<std::uint8_t>(~exception_bit);
    if (function != code_of(request)) {
        return {State::Bad, 0, 0, "wrong unit or function"};
    }
    return {State::Complete, tcp_header_bytes, *length - tcp_header_bytes, {}};
}

std::size_t whole_frame(ByteView bytes) {
    for (const std::size_t length : frame_lengths(bytes)) {
        if (length > 0 && length <= bytes.size() && crc_matches(bytes.first(length))) {
            return length;
        }
    }
    return 0;
}

bool is_answer_to(ByteView frame, const Request& request) {
    if (frame.size() < 3 || frame[0] != request.unit) {
        return false;
    }
    if (frame[1] == (code_of(request) | exception_bit)) {
        return true;
    }
    const std::size_t data = std::size_t{3} + std::size_t{2} * request.operand;
    return frame[1] == code_of(request) && !is_write(request) && frame[2] == request.operand * 2U &&
           (frame.size() == data || frame.size() == data + 2);
}

std::vector<std::uint16_t> check_answer(ByteView answer, const Request& request) {
    if (answer.size() < 3) {
        throw BadReply("wrong length");
    }
    if (answer[1] == (code_of(request) | exception_bit)) {
        throw ExceptionReply(answer[2]);
    }
    if (answer[1] != code_of(request)) {
        throw BadReply("wrong function");
    }
    if (is_write(request)) {
        if (!std::ranges::equal(answer.subspan(1), ByteView(head_of(request)).subspan(1))) {
            throw BadReply("write was not confirmed as sent");
        }
        return {};
    }
    if (answer[2] != request.operand * 2U || answer.size() != 3U + answer[2]) {
        throw BadReply("wrong length");
    }
    std::vector<std::uint16_t> words(request.operand);
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = word_at(answer, 3 + std::size_t{2} * i);
    }
    return words;
}

std::size_t serial_request_length(const Request& request) {
    return request.function == Function::WriteMultiple ? 9 + 2 * request.words.size() : 8;
}

std::size_t serial_answer_length(const Request& request) {
    return is_write(request) ? 8 : std::size_t{5} + std::size_t{2} * request.operand;
}

std::chrono::microseconds wire_time(const LineTiming& line, std::size_t bytes) {
    const auto bits = static_cast<std::int64_t>(bytes) * line.bits_per_char;
    return std::chrono::microseconds(bits * 1'000'000 / line.baud);
}

std::chrono::microseconds silent_gap(const LineTiming& line) {
    constexpr std::chrono::microseconds fixed(1750);
    if (line.baud > 19200) {
        return fixed;
    }
    return std::chrono::microseconds(std::int64_t{35} * line.bits_per_char * 100'000 / line.baud);
}

} // namespace gridbridge
