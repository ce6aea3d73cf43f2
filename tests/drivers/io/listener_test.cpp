#include "drivers/io/listener.hpp"

#include "tests/drivers/io/io_ends.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <optional>
#include <system_error>
#include <thread>

#include <poll.h>
#include <sys/resource.h>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t limit = 2;

// A server that keeps its clients and logs each.
class Server {
  public:
    explicit Server(LogBook& book, std::uint16_t port = 0)
        : log_(book.log()),
          listener_(io_, {{"127.0.0.1", port}, "[test] listen", "trying again", {limit, limit}}, calls()) {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        io_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    void start() {
        listener_.start();
        thread_ = std::thread([this] { io_.run(); });
    }
    void start_or_throw() { listener_.start_or_throw(); }
    std::uint16_t port() const { return port_; }

  private:
    ListenCalls calls() {
        return {.log = [this](LogLevel level, const std::string& text) { log_(level, "test", text); },
                .listening =
                    [this](std::uint16_t port) {
                        port_ = port;
                        log_(LogLevel::Info, "test", "listening");
                    },
                .accepted =
                    [this](Accepted client) {
                        clients_.push_back(std::move(client));
                        log_(LogLevel::Info, "test", "client " + std::to_string(clients_.size()));
                    },
                .leave =
                    [this](Places::Id id) {
                        clients_.remove_if([id](const Accepted& client) { return client.place.id() == id; });
                    }};
    }

    Log log_;
    std::atomic<std::uint16_t> port_ = 0;
    asio::io_context io_{1};
    std::list<Accepted> clients_;
    Listener listener_;
    std::thread thread_;
};

bool is_closed_by_peer(const Descriptor& socket) {
    pollfd ready{socket.get(), POLLIN, 0};
    char byte = 0;
    return ::poll(&ready, 1, 60000) == 1 && ::read(socket.get(), &byte, 1) == 0;
}

TEST(Listener, OneMoreThanItsLimitTakesAPlaceAndThatIsSaidOnce) {
    LogBook book;
    Server server(book);
    server.start();
    std::vector<Descriptor> clients;
    for (std::size_t i = 1; i <= limit; ++i) {
        clients.push_back(new_socket());
        ASSERT_EQ(connect_to(clients.back(), "127.0.0.1", server.port()), 0);
        ASSERT_TRUE(book.wait_for("client " + std::to_string(i))) << book.text();
    }
    for (std::size_t i = 0; i < 5; ++i) {
        clients.push_back(new_socket());
        ASSERT_EQ(connect_to(clients.back(), "127.0.0.1", server.port()), 0);
        EXPECT_TRUE(is_closed_by_peer(clients[i])) << "who came first makes room";
    }
    EXPECT_EQ(book.count("3 test: 2 clients are connected"), 1U) << book.text();
    EXPECT_THAT(book.text(), Not(HasSubstr("client 3"))) << "never more than two";
}

TEST(Listener, AnAddressInUseIsAnErrorOnceAndTakenWhenFree) {
    LogBook book;
    std::optional<Listening> holder(std::in_place, "127.0.0.1", free_port());
    Server server(book, holder->port());
    server.start();
    EXPECT_THAT(book.text(),
                HasSubstr("4 test: 127.0.0.1:" + std::to_string(holder->port()) +
                          ": cannot listen: in use by another program: stop it or set another port in [test] "
                          "listen; trying again"));
    EXPECT_EQ(server.port(), 0);
    holder.reset();
    ASSERT_TRUE(book.wait_for("listening")) << book.text();
    const Descriptor client = new_socket();
    EXPECT_EQ(connect_to(client, "127.0.0.1", server.port()), 0);
    EXPECT_TRUE(book.wait_for("client 1"));
    EXPECT_EQ(book.count("4 test:"), 1U) << book.text();
}

TEST(Listener, AnAddressThatThisMachineLacksIsExplained) {
    LogBook book;
    asio::io_context io;
    Listener listener(
        io, {{"192.0.2.1", 0}, "[test] listen"},
        {.log = [log = book.log()](LogLevel level, const std::string& text) { log(level, "test", text); },
         .accepted = [](const Accepted&) {}});
    listener.start();
    EXPECT_THAT(book.text(), HasSubstr("this machine does not have that address"));
    EXPECT_EQ(listener.endpoint().port(), 0);
}

TEST(Listener, OneAttemptThrowsWhenTheAddressIsInUse) {
    LogBook book;
    const Listening holder("127.0.0.1");
    Server server(book, holder.port());
    try {
        server.start_or_throw();
        FAIL() << "it listens";
    } catch (const std::system_error& error) {
        EXPECT_STREQ(error.what(), "bind: Address already in use");
    }
    EXPECT_EQ(book.text(), "");
}

// Lowers the limit of descriptors to those that are open, while it lives.
class NoDescriptorLeft {
  public:
    NoDescriptorLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit lowered = before_;
        const Descriptor next(::dup(0));
        lowered.rlim_cur = static_cast<rlim_t>(next.get());
        ::setrlimit(RLIMIT_NOFILE, &lowered);
    }
    NoDescriptorLeft(const NoDescriptorLeft&) = delete;
    NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;
    ~NoDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

// Descriptors in use by meters, up to a number.
class DescriptorsInUse {
  public:
    explicit DescriptorsInUse(int up_to) {
        do {
            taken_.emplace_back(::dup(0));
        } while (taken_.back().get() >= 0 && taken_.back().get() < up_to);
    }

  private:
    std::vector<Descriptor> taken_;
};

// The limits of the process, put back at the end.
class DescriptorLimit {
  public:
    explicit DescriptorLimit(rlim_t lowered) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit other = before_;
        other.rlim_cur = std::min(lowered, before_.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &other);
    }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST(Listener, AClientIsTakenBesideManyMeters) {
    const DescriptorLimit lowered(4096);
    LogBook book;
    Server server(book);
    server.start();
    const DescriptorsInUse of_meters(1300);
    const Descriptor client = new_socket();
    ASSERT_EQ(connect_to(client, "127.0.0.1", server.port()), 0);
    EXPECT_TRUE(book.wait_for("client 1")) << book.text();
}

TEST(Listener, TheLastQuarterOfTheDescriptorsIsNotForClients) {
    const DescriptorLimit lowered(400);
    LogBook book;
    Server server(book);
    server.start();
    std::optional<DescriptorsInUse> of_meters(std::in_place, 301);
    const Descriptor client = new_socket();
    ASSERT_EQ(connect_to(client, "127.0.0.1", server.port()), 0);
    EXPECT_TRUE(is_closed_by_peer(client));
    EXPECT_TRUE(book.wait_for("refuses a client")) << book.text();
    of_meters.reset();
    const Descriptor next = new_socket();
    ASSERT_EQ(connect_to(next, "127.0.0.1", server.port()), 0);
    EXPECT_TRUE(book.wait_for("client 1")) << book.text();
}

TEST(Listener, ClientsHaveAtMostHalfOfTheDescriptorsAndFewEver) {
    EXPECT_TRUE(may_be_a_client({.number = 40, .limit = 128, .clients = 63}));
    EXPECT_FALSE(may_be_a_client({.number = 40, .limit = 128, .clients = 64}));
    EXPECT_FALSE(may_be_a_client({.number = 96, .limit = 128, .clients = 0})) << "the last quarter";
    EXPECT_TRUE(may_be_a_client({.number = 600, .limit = 1024, .clients = 0})) << "256 meters are there";
    EXPECT_TRUE(may_be_a_client({.number = 9000, .limit = 1048576, .clients = 511}));
    EXPECT_FALSE(may_be_a_client({.number = 9000, .limit = 1048576, .clients = 512}));
}

TEST(Listener, WithoutDescriptorsItWarnsOnceAndGoesOnLater) {
    LogBook book;
    Server server(book);
    server.start();
    const Descriptor first =
        new_socket(); // while there are some: the sanitizer needs them to look at types once
    ASSERT_EQ(connect_to(first, "127.0.0.1", server.port()), 0);
    ASSERT_TRUE(book.wait_for("client 1")) << book.text();
    const Descriptor client = new_socket();
    {
        const NoDescriptorLeft none;
        ASSERT_EQ(connect_to(client, "127.0.0.1", server.port()), 0);
        ASSERT_TRUE(book.wait_for("3 test: cannot accept a client: Too many open files")) << book.text();
    }
    EXPECT_TRUE(book.wait_for("client 2")) << book.text();
    EXPECT_EQ(book.count("cannot accept"), 1U);
}

TEST(OnceAMinute, IsDueAtFirstAndAfterAMinute) {
    const Clock::time_point start{};
    OnceAMinute warning;
    EXPECT_TRUE(warning.is_due(start));
    EXPECT_FALSE(warning.is_due(start + 59s));
    EXPECT_TRUE(warning.is_due(start + 60s));
    EXPECT_FALSE(warning.is_due(start + 61s));
}

} // namespace
} // namespace gridbridge::test
