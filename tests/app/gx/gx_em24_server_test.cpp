#include "app/gx/em24_server.hpp"
#include "drivers/text/endpoint.hpp"

#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/integration/modbus_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing_support::ModbusClient;

// A loopback port that is taken as long as it lives.
class TakenPort {
  public:
    explicit TakenPort(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const void* const any = &address;
        EXPECT_EQ(::bind(fd_, static_cast<const sockaddr*>(any), sizeof address), 0);
        EXPECT_EQ(::listen(fd_, 1), 0);
    }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    ~TakenPort() { release(); }
    void release() {
        if (fd_ >= 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }

  private:
    int fd_;
};

class Server : public testing::Test {
  protected:
    void serve() {
        start();
        ASSERT_TRUE(lines.wait_for("waiting for a GX")) << lines.text();
    }
    void start() {
        server.emplace(
            Endpoint{"127.0.0.1", port},
            [](int unit, std::span<const std::uint8_t> pdu) {
                return std::vector<std::uint8_t>{pdu[0], static_cast<std::uint8_t>(unit)};
            },
            lines.log());
    }

    LogBook lines;
    std::uint16_t port = free_port();
    std::optional<Em24Server> server;
};

TEST_F(Server, AnswersEveryRequestInOrder) {
    serve();
    ModbusClient client(port);
    EXPECT_EQ(client.ask({3, 0, 0, 0, 1}), (ModbusClient::Bytes{3, 1}));
    EXPECT_EQ(client.ask({4}, 9), (ModbusClient::Bytes{4, 9}));
    // Two requests in one segment, and one in pieces.
    client.send_raw({0, 1, 0, 0, 0, 2, 1, 7, 0, 2, 0, 0, 0, 2, 1, 8, 0, 3, 0});
    client.send_raw({0, 0, 2, 1});
    client.send_raw({9});
    for (int function = 7; function <= 9; ++function) {
        EXPECT_EQ(client.receive(9), (ModbusClient::Bytes{0, static_cast<std::uint8_t>(function - 6), 0, 0, 0,
                                                          3, 1, static_cast<std::uint8_t>(function), 1}));
    }
}

TEST_F(Server, ABadClientIsClosedAndDisturbsNobody) {
    serve();
    ModbusClient good(port);
    EXPECT_EQ(good.ask({3}), (ModbusClient::Bytes{3, 1}));
    const ModbusClient http(port);
    http.send_raw({'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'});
    EXPECT_TRUE(http.is_closed());
    const ModbusClient too_long(port);
    too_long.send_raw({0, 1, 0, 0, 0xFF, 0xFF, 1, 3});
    EXPECT_TRUE(too_long.is_closed());
    const ModbusClient too_short(port);
    too_short.send_raw({0, 1, 0, 0, 0, 1, 1, 3});
    EXPECT_TRUE(too_short.is_closed());
    const ModbusClient incomplete(port);
    incomplete.send_raw({0, 1, 0});
    EXPECT_EQ(good.ask({3}), (ModbusClient::Bytes{3, 1}));
    EXPECT_EQ(lines.count("what is not Modbus TCP"), 1U) << "three in one minute";
}

TEST_F(Server, TheMostSilentClientMakesRoom) {
    serve();
    std::vector<std::unique_ptr<ModbusClient>> clients;
    for (std::size_t i = 0; i < Em24Server::max_clients; ++i) {
        clients.push_back(std::make_unique<ModbusClient>(port));
        ASSERT_EQ(clients.back()->ask({3}).size(), 2U) << i;
    }
    ASSERT_EQ(clients[0]->ask({3}).size(), 2U) << "the second one is the most silent";
    ModbusClient one_more(port);
    EXPECT_EQ(one_more.ask({3}).size(), 2U);
    EXPECT_TRUE(clients[1]->is_closed());
    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (i != 1) {
            EXPECT_EQ(clients[i]->ask({3}).size(), 2U) << i;
        }
    }
}

TEST_F(Server, ManyIdleClientsDoNotShutOutTheGxThatIsServed) {
    serve();
    ModbusClient gx(port);
    ASSERT_EQ(gx.ask({3}).size(), 2U);
    std::vector<std::unique_ptr<ModbusClient>> idle;
    for (int i = 0; i < 300; ++i) { // their other ends take descriptors of this process too
        idle.push_back(std::make_unique<ModbusClient>(port));
        if (i % 100 == 0) {
            ASSERT_EQ(gx.ask({3}).size(), 2U) << i;
        }
    }
    EXPECT_TRUE(idle[0]->is_closed()) << "the idle make room";
    EXPECT_EQ(gx.ask({3}).size(), 2U);
    EXPECT_EQ(lines.count("each new one takes another's place"), 1U) << lines.text();
    ModbusClient second(port);
    EXPECT_EQ(second.ask({3}).size(), 2U) << "and a new one is served too";
}

TEST_F(Server, BusyClientsDoNotShutOutTheGxThatIsServed) {
    serve();
    ModbusClient gx(port);
    ASSERT_EQ(gx.ask({3}).size(), 2U);
    std::atomic<int> answers = 0;
    std::vector<std::jthread> busy;
    for (std::size_t i = 0; i < 20; ++i) {
        busy.emplace_back([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) { // they come back when they had to make room
                ModbusClient client(port);
                while (!stop.stop_requested() && client.ask({4}).size() == 2U) {
                    ++answers;
                }
            }
        });
    }
    while (answers < 1000) {
        ASSERT_EQ(gx.ask({3}).size(), 2U) << answers;
    }
    EXPECT_EQ(gx.ask({3}).size(), 2U);
}

TEST_F(Server, AClientThatSendsManyRequestsAtOnceGetsOneAnswerInItsTurn) {
    serve();
    const ModbusClient greedy(port);
    std::vector<std::uint8_t> many;
    for (int i = 0; i < 5000; ++i) {
        many.insert(many.end(), {0, 1, 0, 0, 0, 2, 1, 7});
    }
    std::jthread sender([&] { greedy.send_raw(many); }); // and never reads
    ModbusClient gx(port);
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(gx.ask({3}).size(), 2U) << i;
    }
    server.reset();
}

TEST_F(Server, APortInUseIsNamedAndTakenWhenItIsFree) {
    TakenPort taken(port);
    start();
    ASSERT_TRUE(lines.wait_for("in use by another program")) << lines.text();
    EXPECT_THAT(lines.text(), HasSubstr(std::to_string(port)));
    taken.release();
    ASSERT_TRUE(lines.wait_for("waiting for a GX")) << lines.text();
    ModbusClient client(port);
    EXPECT_EQ(client.ask({3}), (ModbusClient::Bytes{3, 1}));
}

TEST_F(Server, StopsWithClientsAndRequestsUnderWay) {
    serve();
    ModbusClient client(port);
    EXPECT_EQ(client.ask({3}).size(), 2U);
    client.send_raw({0, 1, 0});
    server.reset();
    EXPECT_TRUE(client.is_closed());
    EXPECT_FALSE(ModbusClient(port).is_connected());
}

} // namespace
} // namespace gridbridge
