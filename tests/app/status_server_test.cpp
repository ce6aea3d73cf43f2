#include "app/status_pages.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::optional<StatusPage> echo(const std::string& path) {
    return path == "/no" ? std::nullopt : std::optional(StatusPage{503, "text/plain", path});
}

// A client that connects and says nothing, or not all.
class MuteClient {
  public:
    explicit MuteClient(std::uint16_t port, std::string_view begin = {})
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        static_cast<void>(::send(socket_, begin.data(), begin.size(), MSG_NOSIGNAL));
    }
    ~MuteClient() { close(socket_); }
    MuteClient(const MuteClient&) = delete;
    MuteClient& operator=(const MuteClient&) = delete;
    bool connected() const { return connected_; }

  private:
    int socket_;
    bool connected_ = false;
};

TEST(StatusServer, AnswersPathsAndSaysWhatItHas) {
    LogBook book;
    const StatusServer server({"127.0.0.1", 0}, echo, book.log());
    const Endpoint at{"127.0.0.1", server.port()};
    const StatusPage page = fetch_status_page(at, "/x");
    EXPECT_EQ(page.code, 503);
    EXPECT_EQ(page.body, "/x");
    EXPECT_EQ(fetch_status_page(at, "/no").code, 404);
    EXPECT_EQ(fetch_status_page({"0.0.0.0", server.port()}, "/x").body, "/x") << "all addresses: by loopback";
    EXPECT_THAT(book.text(), HasSubstr("status: listening on http://127.0.0.1:"));
}

TEST(StatusServer, NobodyThereIsSaid) {
    EXPECT_THAT(fetch_status_page({"127.0.0.1", 1}, "/x").body, HasSubstr("127.0.0.1:1: nobody listens"));
}

TEST(StatusServer, APortInUseIsAnErrorAndTakenWhenFree) {
    LogBook book;
    const std::uint16_t port = free_port();
    auto holder = std::make_unique<StatusServer>(Endpoint{"127.0.0.1", port}, echo, book.log());
    const StatusServer second({"127.0.0.1", port}, echo, book.log());
    EXPECT_THAT(book.text(),
                HasSubstr("in use by another program: stop it or set another port in [status] listen"));
    EXPECT_EQ(second.port(), 0);
    holder.reset();
    const auto deadline = Clock::now() + 60s;
    while (second.port() == 0 && Clock::now() < deadline) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(fetch_status_page({"127.0.0.1", port}, "/x").body, "/x");
}

TEST(StatusServer, EndsAndAnswersDespiteClientsThatDoNotGoOn) {
    LogBook book;
    auto server = std::make_unique<StatusServer>(Endpoint{"127.0.0.1", 0}, echo, book.log());
    const Endpoint at{"127.0.0.1", server->port()};
    const MuteClient idle(at.port);
    const MuteClient half(at.port, "GET /x HT");
    const MuteClient more(at.port, "GET /x HTTP/1.1\r\nA: ");
    EXPECT_TRUE(idle.connected() && half.connected() && more.connected());
    EXPECT_EQ(fetch_status_page(at, "/x").body, "/x") << "after at most two of their time limits";
    server.reset();
    EXPECT_EQ(fetch_status_page(at, "/x").code, 0);
}

TEST(StatusServer, StartsAndEndsManyTimesOnOnePort) {
    LogBook book;
    const std::uint16_t port = free_port();
    for (int i = 0; i < 20; ++i) {
        const StatusServer server({"127.0.0.1", port}, echo, book.log());
        ASSERT_EQ(server.port(), port) << book.text();
    }
}

// The publisher's thread, as far as the pages see it.
class FakePublisher {
  public:
    explicit FakePublisher(HealthBoard& board)
        : thread_([&board](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  if (board.take_wanted()) {
                      HealthView view{"1", "c", Clock::now(), {true, "mqtt://b:1883"}, {}};
                      view.meters.emplace_back();
                      view.meters[0].life = MeterLife::Live;
                      view.meters[0].last_good = Clock::now();
                      board.put(std::move(view));
                  }
                  std::this_thread::yield();
              }
          }) {}

  private:
    std::jthread thread_;
};

TEST(StatusPages, HealthAndMetricsOfARunningPublisher) {
    LogBook book;
    const auto board = std::make_shared<HealthBoard>([] {});
    const FakePublisher publisher(*board);
    const StatusServer server(
        {"127.0.0.1", 0}, [board](const std::string& path) { return status_page(*board, path); }, book.log());
    const Endpoint at{"127.0.0.1", server.port()};
    std::vector<std::jthread> askers;
    for (int i = 0; i < 4; ++i) {
        askers.emplace_back([&] {
            for (int n = 0; n < 25; ++n) {
                const StatusPage page = fetch_status_page(at, "/health");
                EXPECT_EQ(page.code, 200) << page.body;
            }
        });
    }
    askers.clear();
    EXPECT_THAT(fetch_status_page(at, "/metrics").body, HasSubstr("gridbridge_healthy 1\n"));
    EXPECT_EQ(status_line(*board), "healthy, 1 meter(s)");
}

TEST(StatusPages, AStuckPublisherIsNotHealthy) {
    HealthBoard board([] {});
    const auto page = status_page(board, "/health");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->code, 503);
    EXPECT_THAT(page->body, HasSubstr("the publisher does not answer"));
    EXPECT_FALSE(status_page(board, "/"));
}

} // namespace
} // namespace gridbridge
