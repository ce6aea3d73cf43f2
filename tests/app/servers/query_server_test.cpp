#include "app/servers/query_server.hpp"
#include "drivers/text/endpoint.hpp"

#include "app/servers/status_pages.hpp"
#include "mqtt/status/snapshot_board.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;

class UdpClient {
  public:
    explicit UdpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        if (socket_ < 0 ||
            connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("no UDP socket");
        }
    }
    ~UdpClient() { close(socket_); }
    UdpClient(const UdpClient&) = delete;
    UdpClient& operator=(const UdpClient&) = delete;

    void send(std::string_view command) const {
        static_cast<void>(::send(socket_, command.data(), command.size(), 0));
    }
    std::string receive() const {
        pollfd ready{socket_, POLLIN, 0};
        if (poll(&ready, 1, 30000) != 1) {
            return "nothing came";
        }
        std::array<char, 4096> buffer{};
        const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
        return size < 0 ? "refused" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }
    std::string ask(std::string_view command) const {
        send(command);
        return receive();
    }

  private:
    int socket_;
};

std::string echo(std::string_view command) {
    return std::to_string(command.size()) + " " + std::string(command.substr(0, 20)) + "\n";
}

TEST(QueryServer, OneDatagramForOne) {
    LogBook book;
    const QueryServer server({"127.0.0.1", 0}, echo, book.log());
    const UdpClient first(server.port());
    const UdpClient second(server.port());
    EXPECT_EQ(first.ask("power"), "5 power\n");
    EXPECT_EQ(second.ask("x"), "1 x\n");
    EXPECT_EQ(first.ask(""), "0 \n");
    EXPECT_EQ(first.ask(std::string(9000, 'y')), "2048 yyyyyyyyyyyyyyyyyyyy\n")
        << "cut, not answered with its length";
    EXPECT_THAT(book.text(), HasSubstr("query: listening on UDP 127.0.0.1:" + std::to_string(server.port())));
}

TEST(QueryServer, AClientThatHasGoneDoesNotEndIt) {
    LogBook book;
    const QueryServer server({"127.0.0.1", 0}, echo, book.log());
    const UdpClient stays(server.port()); // before the others leave: the kernel gives their ports again
    for (int i = 0; i < 20; ++i) {
        const UdpClient gone(server.port());
        gone.send("one");
    }
    EXPECT_EQ(stays.ask("two"), "3 two\n");
}

TEST(QueryServer, APortInUseIsAnErrorAndTakenWhenFree) {
    LogBook book;
    const std::uint16_t port = free_port();
    auto holder = std::make_unique<QueryServer>(Endpoint{"127.0.0.1", port}, echo, book.log());
    const QueryServer second({"127.0.0.1", port}, echo, book.log());
    EXPECT_THAT(book.text(), HasSubstr(": cannot listen: "));
    EXPECT_EQ(second.port(), 0);
    holder.reset();
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    while (second.port() == 0 && Clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(UdpClient(port).ask("x"), "1 x\n");
}

TEST(QueryServer, BindingBeyondLoopbackIsSaid) {
    LogBook book;
    const QueryServer server({"0.0.0.0", 0}, echo, book.log());
    EXPECT_THAT(book.text(), HasSubstr("anyone who reaches this address can read the meters"));
}

// One thread makes the snapshots, when asked, while another answers from them.
TEST(QueryServer, AnswersFromABoardThatChanges) {
    LogBook book;
    SnapshotBoard board([] {});
    const QueryServer server(
        {"127.0.0.1", 0}, [&](std::string_view command) { return query_answer(board, command); }, book.log());
    std::jthread writer([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            if (board.take_wanted()) {
                Meter meter;
                meter.life = MeterLife::Live;
                meter.last_good = Clock::now();
                meter.role = "grid";
                meter.config.name = "name " + std::to_string(i);
                meter.reading.set(Quantity::Power, 1.5);
                board.put({"1", "c", {}, {}, {meter}, {}});
                board.outdate(); // the next question needs a new one
            }
            std::this_thread::yield();
        }
    });
    const UdpClient client(server.port());
    const auto deadline = Clock::now() + std::chrono::seconds(60);
    for (int i = 0; i < 200; ++i) {
        std::string answer = client.ask("get power");
        while (answer.starts_with("error: the publisher does not answer") && Clock::now() < deadline) {
            answer = client.ask("get power"); // the machine held the writer up for longer than a client waits
        }
        ASSERT_EQ(answer, "1.5\n");
    }
}

TEST(QueryServer, APublisherThatDoesNotAnswerIsAnError) {
    SnapshotBoard board([] {});
    EXPECT_THAT(query_answer(board, "power"), HasSubstr("error: the publisher does not answer"));
    board.close();
    EXPECT_THAT(query_answer(board, "power"), HasSubstr("error: the publisher does not answer"));
}

} // namespace
} // namespace gridbridge
