#include "app/servers/status_pages.hpp"
#include "app/servers/status_server.hpp"
#include "app/servers/viewers.hpp"
#include "drivers/text/endpoint.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::optional<StatusPage> echo_page(const HttpMessage& request) {
    return request.path == "/no" || request.method == "POST"
               ? std::nullopt
               : std::optional(StatusPage{503, "text/plain", request.path});
}
const ServedPages echo{echo_page};

HttpMessage asked(std::string path) {
    HttpMessage request;
    request.method = "GET";
    request.path = std::move(path);
    return request;
}

StatusListen on(std::uint16_t port) {
    return {{"127.0.0.1", port}, {}};
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
    // What comes until the other end closes.
    std::string rest() const {
        std::string all;
        std::array<char, 4096> part{};
        for (;;) {
            const auto got = ::recv(socket_, part.data(), part.size(), 0);
            if (got <= 0) {
                return all;
            }
            all.append(part.data(), static_cast<std::size_t>(got));
        }
    }

    // Up to this text, which may be in what was read before; all that came if it does not come.
    std::string until(std::string_view text) const {
        std::string all;
        std::array<char, 65536> part{};
        while (all.find(text) == std::string::npos) {
            const auto got = ::recv(socket_, part.data(), part.size(), 0);
            if (got <= 0) {
                return all;
            }
            all.append(part.data(), static_cast<std::size_t>(got));
        }
        return all;
    }
    // By the other end; what it sent may be unread.
    bool is_closed() const {
        pollfd waiting{socket_, POLLRDHUP, 0};
        return ::poll(&waiting, 1, 0) == 1;
    }

  private:
    int socket_;
    bool connected_ = false;
};

TEST(StatusServer, AnswersPathsAndSaysWhatItHas) {
    LogBook book;
    const StatusServer server(on(0), echo, book.log());
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
    auto holder = std::make_unique<StatusServer>(on(port), echo, book.log());
    const StatusServer second(on(port), echo, book.log());
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
    auto server = std::make_unique<StatusServer>(on(0), echo, book.log());
    const Endpoint at{"127.0.0.1", server->port()};
    const MuteClient idle(at.port);
    const MuteClient half(at.port, "GET /x HT");
    const MuteClient more(at.port, "GET /x HTTP/1.1\r\nA: ");
    EXPECT_TRUE(idle.connected() && half.connected() && more.connected());
    EXPECT_EQ(fetch_status_page(at, "/x").body, "/x");
    server.reset();
    EXPECT_EQ(fetch_status_page(at, "/x").code, 0);
}

TEST(StatusServer, ManyIdleClientsAreReplaced) {
    LogBook book;
    const StatusServer server(on(0), echo, book.log());
    const Endpoint at{"127.0.0.1", server.port()};
    constexpr std::size_t many = 400; // their other ends take descriptors of this process too
    std::vector<std::unique_ptr<MuteClient>> idle;
    for (std::size_t i = 0; i < many; ++i) {
        idle.push_back(std::make_unique<MuteClient>(at.port));
        if (i % 100 == 0) {
            ASSERT_EQ(fetch_status_page(at, "/x").body, "/x") << i;
        }
    }
    EXPECT_EQ(fetch_status_page(at, "/x").body, "/x");
    EXPECT_EQ(idle.front()->rest(), "") << "closed to make room";
    EXPECT_EQ(book.count("64 clients are connected, or 16 from one address"), 1U) << book.text();
}

TEST(StatusServer, ARequestWithoutEndIsClosed) {
    LogBook book;
    const StatusServer server(on(0), echo, book.log());
    const MuteClient endless(server.port(), "GET /x HTTP/1.1\r\nA: " + std::string(20000, 'a'));
    EXPECT_EQ(endless.rest(), "");
    const MuteClient noise(server.port(), "\x16\x03\x01 not HTTP\r\n\r\n");
    EXPECT_THAT(noise.rest(), testing::StartsWith("HTTP/1.1 400"));
    const MuteClient posts(server.port(), "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_THAT(posts.rest(), testing::StartsWith("HTTP/1.1 4"));
    const MuteClient head(server.port(), "HEAD /x HTTP/1.1\r\n\r\n");
    EXPECT_THAT(head.rest(), testing::AllOf(HasSubstr("Content-Length: 2"), testing::EndsWith("\r\n\r\n")));
}

TEST(StatusServer, APageThatWaitsDelaysNoConnection) {
    LogBook book;
    std::promise<void> go_on;
    const StatusServer server(on(0), {[waits = go_on.get_future().share()](const HttpMessage& request) {
                                  if (request.path == "/slow") {
                                      waits.wait();
                                  }
                                  return std::optional(StatusPage{200, "text/plain", request.path});
                              }},
                              book.log());
    const MuteClient slow(server.port(), "GET /slow HTTP/1.1\r\n\r\n");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(fetch_status_page({"127.0.0.1", server.port()}, "/x").body, "/x");
    }
    go_on.set_value();
    EXPECT_THAT(slow.rest(), testing::EndsWith("/slow"));
}

TEST(StatusServer, StartsAndEndsManyTimesOnOnePort) {
    LogBook book;
    const std::uint16_t port = free_port();
    for (int i = 0; i < 20; ++i) {
        const StatusServer server(on(port), echo, book.log());
        ASSERT_EQ(server.port(), port) << book.text();
    }
}

// The publisher's thread, as far as the pages see it.
class FakePublisher {
  public:
    explicit FakePublisher(SnapshotBoard& board)
        : thread_([&board](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  if (board.take_wanted()) {
                      Snapshot view{"1", "c", Clock::now(), {true, "mqtt://b:1883"}, {}};
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

// A page of events: each set of texts has a number.
ServedPages watched(std::atomic<int>& asked, std::size_t padding = 0) {
    ServedPages pages;
    pages.status = echo_page;
    pages.views = [](const HttpMessage& request) {
        return request.path == "/api/events"
                   ? std::optional(StatusPage{200, std::string(event_stream), "retry: 1000\n\n"})
                   : std::optional(StatusPage{200, "text/plain", "view"});
    };
    pages.live = [&asked, padding](bool wants_all) {
        const std::string number = std::to_string(++asked) + std::string(padding, ' ');
        return LiveTexts{wants_all ? "data: all " + number + "\n\n" : "", "data: changes " + number + "\n\n"};
    };
    return pages;
}
constexpr std::string_view watch = "GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n";

bool wait_for(const std::function<bool()>& condition) {
    const auto deadline = Clock::now() + 60s;
    while (Clock::now() < deadline) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

TEST(Viewers, GetEverythingOnceAndThenChanges) {
    LogBook book;
    std::atomic<int> asked = 0;
    const StatusServer server(on(0), watched(asked), book.log());
    const MuteClient viewer(server.port(), watch);
    const std::string text = viewer.until("data: changes");
    EXPECT_THAT(text, testing::StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\n\r\nretry: 1000\n\ndata: all "));
    EXPECT_EQ(text.find("Content-Length"), std::string::npos);
    const MuteClient late(server.port(), watch);
    EXPECT_THAT(late.until("data: changes"), HasSubstr("data: all "));
}

TEST(Viewers, NobodyIsAskedWhenNobodyWatches) {
    LogBook book;
    std::atomic<int> asked = 0;
    const StatusServer server(on(0), watched(asked), book.log());
    EXPECT_EQ(fetch_status_page({"127.0.0.1", server.port()}, "/").body, "view");
    EXPECT_EQ(asked, 0);
    {
        const MuteClient viewer(server.port(), watch);
        viewer.until("data: changes");
    }
    int last = -1;
    EXPECT_TRUE(wait_for([&] { // stands still over two periods
        const int before = std::exchange(last, asked.load());
        std::this_thread::sleep_for(2 * Viewers::period);
        return before == last && asked == last;
    }));
}

TEST(Viewers, TheThirtyThirdIsTurnedAway) {
    LogBook book;
    std::atomic<int> asked = 0;
    const StatusServer server(on(0), watched(asked), book.log());
    std::vector<std::unique_ptr<MuteClient>> viewers;
    for (std::size_t i = 0; i < Viewers::most; ++i) {
        viewers.push_back(std::make_unique<MuteClient>(server.port(), watch));
        ASSERT_THAT(viewers.back()->until("data: all"), HasSubstr("200 OK")) << i;
    }
    const MuteClient more(server.port(), watch);
    EXPECT_THAT(more.rest(),
                testing::AllOf(testing::StartsWith("HTTP/1.1 503"), HasSubstr("try again later")));
    EXPECT_EQ(fetch_status_page({"127.0.0.1", server.port()}, "/health").body, "/health");
    viewers.pop_back();
    EXPECT_TRUE(wait_for([&] {
        const MuteClient again(server.port(), watch);
        return again.until("\r\n\r\n").starts_with("HTTP/1.1 200");
    })) << "a place is free again";
}

TEST(Viewers, OneThatDoesNotReadDelaysNobodyAndIsDropped) {
    LogBook book;
    std::atomic<int> asked = 0;
    constexpr std::size_t large = 2'000'000; // more than the kernel keeps
    const StatusServer server(on(0), watched(asked, large), book.log());
    const MuteClient stalled(server.port(), watch);
    const MuteClient reader(server.port(), watch);
    reader.until("data: changes");
    const int before = asked;
    for (int i = 0; i < 3; ++i) {
        reader.until("data: changes");
    }
    EXPECT_GE(asked - before, 2);
    EXPECT_EQ(fetch_status_page({"127.0.0.1", server.port()}, "/health").body, "/health");
    EXPECT_TRUE(wait_for([&] {
        reader.until("data: changes");
        return stalled.is_closed();
    })) << "10 s without taking anything";
}

TEST(Viewers, AViewThatTakesLongDelaysNoHealth) {
    LogBook book;
    std::promise<void> go_on;
    ServedPages pages;
    pages.status = echo_page;
    pages.views = [waits = go_on.get_future().share()](const HttpMessage&) {
        waits.wait();
        return std::optional(StatusPage{200, "text/plain", "view"});
    };
    const StatusServer server(on(0), pages, book.log());
    std::vector<std::unique_ptr<MuteClient>> askers;
    for (int i = 0; i < 20; ++i) {
        askers.push_back(std::make_unique<MuteClient>(server.port(), "GET /x HTTP/1.1\r\n\r\n"));
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(fetch_status_page({"127.0.0.1", server.port()}, "/health").body, "/health");
    }
    go_on.set_value();
    EXPECT_THAT(askers.back()->rest(), testing::EndsWith("view"));
}

TEST(StatusPages, HealthAndMetricsOfARunningPublisher) {
    LogBook book;
    SnapshotBoard board([] {});
    const FakePublisher publisher(board);
    const StatusServer server(
        on(0), {[&board](const HttpMessage& request) { return status_page(board, request); }}, book.log());
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
    EXPECT_EQ(fetch_status_page(at, "/findings").body, "[]\n");
    EXPECT_EQ(status_line(board), "healthy, 1 meter(s)");
}

TEST(StatusPages, AStuckPublisherIsNotHealthy) {
    SnapshotBoard board([] {});
    const auto page = status_page(board, asked("/health"));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->code, 503);
    EXPECT_THAT(page->body, HasSubstr("the publisher does not answer"));
    EXPECT_EQ(status_page(board, asked("/findings"))->code, 503)
        << "an empty list would say that all is well";
    EXPECT_FALSE(status_page(board, asked("/")));
}

} // namespace
} // namespace gridbridge
