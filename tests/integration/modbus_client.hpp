// A plain blocking Modbus TCP client, independent of the product's frames.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge::testing_support {

class ModbusClient {
  public:
    using Bytes = std::vector<std::uint8_t>;
    using Words = std::vector<std::uint16_t>;

    explicit ModbusClient(int port, int seconds = 60) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit{seconds, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const void* const any = &address;
        is_connected_ = ::connect(fd_, static_cast<const sockaddr*>(any), sizeof address) == 0;
    }
    ModbusClient(const ModbusClient&) = delete;
    ModbusClient& operator=(const ModbusClient&) = delete;
    ~ModbusClient() { ::close(fd_); }

    bool is_connected() const { return is_connected_; }
    void send_raw(const Bytes& bytes) const {
        static_cast<void>(!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    // True when the other end has closed the connection.
    bool is_closed() const {
        std::uint8_t byte = 0;
        const auto got = ::recv(fd_, &byte, 1, 0);
        return got == 0 || (got < 0 && errno == ECONNRESET); // it had not read everything
    }

    // The answer's function and data; empty when there was none.
    Bytes ask(const Bytes& pdu, std::uint8_t unit = 1) {
        ++transaction_;
        Bytes frame{
            high(transaction_), low(transaction_), 0, 0, 0, static_cast<std::uint8_t>(pdu.size() + 1), unit};
        frame.insert(frame.end(), pdu.begin(), pdu.end());
        send_raw(frame);
        const Bytes header = receive(7);
        if (header.size() < 7 || header[0] != high(transaction_) || header[1] != low(transaction_) ||
            header[2] != 0 || header[3] != 0 || header[6] != unit) {
            return {};
        }
        return receive(static_cast<std::size_t>(header[4] << 8 | header[5]) - 1);
    }

    // Words, or nothing with the exception code in exception().
    std::optional<Words> read(std::uint16_t first, std::uint16_t count, std::uint8_t function = 3) {
        const Bytes pdu = ask({function, high(first), low(first), high(count), low(count)});
        exception_ = pdu.size() == 2 && pdu[0] == (function | 0x80) ? pdu[1] : -1;
        if (pdu.size() != std::size_t{2} + 2U * count || pdu[0] != function || pdu[1] != 2 * count) {
            return std::nullopt;
        }
        Words words;
        for (std::size_t i = 2; i < pdu.size(); i += 2) {
            words.push_back(static_cast<std::uint16_t>(pdu[i] << 8 | pdu[i + 1]));
        }
        return words;
    }
    // True when the write was echoed.
    bool write(std::uint16_t address, std::uint16_t value) {
        const Bytes request{6, high(address), low(address), high(value), low(value)};
        const Bytes pdu = ask(request);
        exception_ = pdu.size() == 2 ? pdu[1] : -1;
        return pdu == request;
    }
    int exception() const { return exception_; } // of the last read or write; -1: none

    // Exactly so many bytes; empty when they did not come.
    Bytes receive(std::size_t size) const {
        Bytes bytes(size);
        std::size_t filled = 0;
        while (filled < size) {
            const auto got = ::recv(fd_, bytes.data() + filled, size - filled, 0);
            if (got <= 0) {
                return {};
            }
            filled += static_cast<std::size_t>(got);
        }
        return bytes;
    }

  private:
    static std::uint8_t high(unsigned word) { return static_cast<std::uint8_t>(word >> 8); }
    static std::uint8_t low(unsigned word) { return static_cast<std::uint8_t>(word & 0xFF); }

    int fd_;
    bool is_connected_ = false;
    std::uint16_t transaction_ = 0;
    int exception_ = -1;
};

// Low word first.
inline std::int32_t int32_at(const ModbusClient::Words& words, std::size_t at) {
    return static_cast<std::int32_t>(std::uint32_t{words.at(at + 1)} << 16 | words.at(at));
}

} // namespace gridbridge::testing_support
