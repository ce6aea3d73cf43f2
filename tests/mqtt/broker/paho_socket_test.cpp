#include "mqtt/broker/paho_socket.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Both ends of a TCP connection on loopback.
struct Line {
    Descriptor ours;
    Descriptor theirs;
    std::uint16_t port = 0;

    Line() {
        const Descriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof place;
        auto* const address = reinterpret_cast<sockaddr*>(&place);
        EXPECT_EQ(::bind(listener.get(), address, size), 0);
        EXPECT_EQ(::listen(listener.get(), 1), 0);
        EXPECT_EQ(::getsockname(listener.get(), address, &size), 0);
        port = ntohs(place.sin_port);
        ours = Descriptor(::socket(AF_INET, SOCK_STREAM, 0));
        EXPECT_EQ(::connect(ours.get(), address, size), 0);
        theirs = Descriptor(::accept(listener.get(), nullptr, nullptr));
    }
};

// A position beyond what was sent is never acknowledged: the connection would be taken for stuck.
TEST(PahoSocket, NoMoreIsUnderWayThanWasSent) {
    Line line;
    const auto socket = PahoSocket::find("127.0.0.1", line.port, 10s);
    ASSERT_TRUE(socket);
    const std::uint64_t before = socket->backlog().sent; // the handshake counts too

    std::atomic<std::uint64_t> written = 0;
    std::atomic<bool> is_over = false;
    const std::jthread writer([&] {
        const std::array<char, 200> message{};
        while (!is_over) {
            written += message.size();
            EXPECT_GT(::send(line.ours.get(), message.data(), message.size(), MSG_NOSIGNAL), 0);
        }
        ::shutdown(line.ours.get(), SHUT_WR);
    });
    const std::jthread reader([&] {
        std::array<char, 4096> bytes{};
        while (::recv(line.theirs.get(), bytes.data(), bytes.size(), 0) > 0) {
        }
    });
    std::uint64_t last = 0;
    int beyond = 0;
    for (int look = 0; look < 100000; ++look) {
        const Backlog backlog = socket->backlog();
        beyond += backlog.sent - before > written ? 1 : 0;
        EXPECT_GE(backlog.sent, backlog.acknowledged);
        last = backlog.sent;
    }
    is_over = true;
    EXPECT_EQ(beyond, 0);
    EXPECT_GT(last, before) << "it was looked at while something was under way";
}

} // namespace
} // namespace gridbridge
