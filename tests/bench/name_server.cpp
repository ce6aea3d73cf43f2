#include "tests/bench/name_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace gridbridge::bench {

// RFC 1035: header of 12 bytes, the name, its type and class; the answer points back to the name.
std::string NameServer::answer(std::string_view question) {
    constexpr std::size_t header = 12;
    const auto name_end = question.find('\0', header);
    if (name_end == std::string_view::npos || question.size() < name_end + 5) {
        return {};
    }
    const bool wants_ipv4 = question[name_end + 2] == 1;
    std::string reply(question.substr(0, name_end + 5));
    reply[2] = '\x81';
    reply[3] = '\x80';
    reply[7] = wants_ipv4 ? '\1' : '\0';
    for (std::size_t i = 8; i < header; ++i) {
        reply[i] = '\0';
    }
    if (wants_ipv4) {
        reply += std::string("\xC0\x0C\0\1\0\1\0\0\0\0\0\4\x7F\0\0\1", 16);
    }
    return reply;
}

void NameServer::serve(const std::stop_token& stop) const {
    std::array<char, 512> question{};
    while (!stop.stop_requested()) {
        pollfd waiting{fd_, POLLIN, 0};
        if (::poll(&waiting, 1, 50) <= 0) {
            continue;
        }
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        auto* const address = reinterpret_cast<sockaddr*>(&from);
        const ssize_t count = ::recvfrom(fd_, question.data(), question.size(), 0, address, &size);
        if (count > 0 && !mute_) {
            const std::string reply = answer({question.data(), static_cast<std::size_t>(count)});
            ::sendto(fd_, reply.data(), reply.size(), 0, address, size);
        }
    }
}

} // namespace gridbridge::bench
