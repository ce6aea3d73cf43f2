#include "mqtt/broker/paho_socket.hpp"

#include "tests/drivers/io/io_ends.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A position beyond what was sent is never acknowledged: the connection would be taken for stuck.
TEST(PahoSocket, NoMoreIsUnderWayThanWasSent) {
    const test::Listening listening("127.0.0.1");
    const Descriptor ours = test::new_socket();
    ASSERT_EQ(test::connect_to(ours, "127.0.0.1", listening.port()), 0);
    const Descriptor theirs = listening.accept();
    const auto socket = PahoSocket::find("127.0.0.1", listening.port(), 10s);
    ASSERT_TRUE(socket);
    const std::uint64_t before = socket->backlog().sent; // the handshake counts too

    std::atomic<std::uint64_t> written = 0;
    std::atomic<bool> is_over = false;
    const std::jthread writer([&] {
        const std::array<char, 200> message{};
        while (!is_over) {
            written += message.size();
            EXPECT_GT(::send(ours.get(), message.data(), message.size(), MSG_NOSIGNAL), 0);
        }
        ::shutdown(ours.get(), SHUT_WR);
    });
    const std::jthread reader([&] {
        std::array<char, 4096> bytes{};
        while (::recv(theirs.get(), bytes.data(), bytes.size(), 0) > 0) {
        }
    });
    int under_way = 0;
    int beyond = 0;
    int negative = 0;
    for (int look = 0; look < 100000; ++look) {
        const Backlog backlog = socket->backlog();
        beyond += backlog.sent - before > written ? 1 : 0;
        under_way += backlog.sent > backlog.acknowledged ? 1 : 0;
        negative += backlog.sent < backlog.acknowledged ? 1 : 0;
    }
    is_over = true;
    EXPECT_EQ(beyond, 0);
    EXPECT_EQ(negative, 0);
    EXPECT_GT(under_way, 0);
}

} // namespace
} // namespace gridbridge
