#include "drivers/io/connect.hpp"

#include "drivers/io/link_lost.hpp"
#include "tests/drivers/io/io_ends.hpp"
#include "tests/fakes/free_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include <netinet/tcp.h>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto patience = 60s;

struct Outcome {
    Descriptor socket;
    int error = -1;
};

Outcome connect_all(const std::vector<std::string>& addresses, std::uint16_t port,
                    Clock::duration limit = patience) {
    Outcome outcome;
    outcome.socket = connect_to_first(addresses, port, Clock::now() + limit, StopWait({}), outcome.error);
    return outcome;
}

std::string peer_of(const Descriptor& socket) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    std::array<char, INET_ADDRSTRLEN> text{};
    if (::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
        return "nobody";
    }
    return ::inet_ntop(AF_INET, &peer.sin_addr, text.data(), text.size());
}

std::string error_of(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
    try {
        connect_tcp(host, port, limit, StopWait({}));
    } catch (const LinkLost& lost) {
        return lost.what();
    }
    return "no error";
}

TEST(Connect, TheSocketIsTuned) {
    const Listening server("127.0.0.1");
    const Descriptor socket = connect_tcp("127.0.0.1", server.port(), patience, StopWait({}));
    EXPECT_EQ(peer_of(socket), "127.0.0.1");
    for (const auto& [level, option] :
         {std::pair<int, int>{IPPROTO_TCP, TCP_NODELAY}, {SOL_SOCKET, SO_KEEPALIVE}}) {
        int value = 0;
        socklen_t size = sizeof value;
        ASSERT_EQ(::getsockopt(socket.get(), level, option, &value, &size), 0);
        EXPECT_EQ(value, 1) << option;
    }
    EXPECT_NE(::fcntl(socket.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Connect, ADeadFirstAddressDoesNotHinder) {
    const Swallowing dead("127.0.0.1");
    const Listening alive("127.0.0.2", dead.port());
    const std::size_t before = count_descriptors();
    const Outcome outcome = connect_all({"127.0.0.1", "127.0.0.2"}, dead.port());
    EXPECT_EQ(outcome.error, 0);
    EXPECT_EQ(peer_of(outcome.socket), "127.0.0.2");
    EXPECT_EQ(count_descriptors(), before + 1) << "the attempt that lost is closed";
}

TEST(Connect, ARefusalLeadsToTheNextAddress) {
    const Listening alive("127.0.0.3");
    const Outcome outcome = connect_all({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, alive.port());
    EXPECT_EQ(peer_of(outcome.socket), "127.0.0.3");
}

TEST(Connect, AllRefusedIsSaidAtOnce) {
    const Outcome outcome = connect_all({"127.0.0.1", "127.0.0.2"}, free_port());
    EXPECT_FALSE(outcome.socket.is_open());
    EXPECT_EQ(outcome.error, ECONNREFUSED);
}

TEST(Connect, ARefusalTellsMoreThanAnAddressThatIsNone) {
    EXPECT_EQ(connect_all({"no address", "127.0.0.1"}, free_port()).error, ECONNREFUSED);
    EXPECT_EQ(connect_all({"no address"}, 9).error, EADDRNOTAVAIL);
}

TEST(Connect, TheDeadlineEndsIt) {
    const Swallowing dead("127.0.0.1");
    const std::size_t before = count_descriptors();
    const Outcome outcome = connect_all({"127.0.0.1"}, dead.port(), 50ms);
    EXPECT_FALSE(outcome.socket.is_open());
    EXPECT_EQ(outcome.error, ETIMEDOUT);
    EXPECT_EQ(count_descriptors(), before);
}

TEST(Connect, AStopRequestEndsIt) {
    const Swallowing dead("127.0.0.1");
    std::stop_source stop;
    const StopWait wait(stop.get_token());
    std::atomic<bool> connecting = false;
    const std::jthread stopper([&] {
        connecting.wait(false);
        stop.request_stop();
    });
    connecting = true;
    connecting.notify_one();
    EXPECT_THROW(connect_tcp("127.0.0.1", dead.port(), patience, wait), Stopped);
}

TEST(Connect, EveryReasonHasAText) {
    const std::uint16_t port = free_port();
    EXPECT_EQ(error_of("127.0.0.1", port, patience),
              "cannot connect to 127.0.0.1 port " + std::to_string(port) +
                  ": refused: is the port right, and the service on that device switched on?");
    const Swallowing dead("127.0.0.1");
    EXPECT_THAT(error_of("127.0.0.1", dead.port(), 50ms), HasSubstr(": no answer: is it switched on"));
    EXPECT_THAT(error_of("no host", port, patience), HasSubstr("cannot connect to no host port"));
    EXPECT_THAT(explain_connect_error(EHOSTUNREACH), HasSubstr("no route"));
    EXPECT_THAT(explain_connect_error(ENETUNREACH), HasSubstr("no route"));
    EXPECT_EQ(explain_connect_error(EMFILE), "Too many open files");
}

} // namespace
} // namespace gridbridge::test
