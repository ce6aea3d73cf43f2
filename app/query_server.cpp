#include "app/query_server.hpp"

#include "drivers/listen.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using asio::error_code;
using asio::ip::udp;

constexpr std::chrono::seconds retry_pause(5);

} // namespace

class QueryServer::Server {
  public:
    Server(Endpoint listen, Answer answer, Log log)
        : listen_(std::move(listen)), answer_(std::move(answer)), log_(std::move(log)) {
        open();
        thread_ = std::thread([this] { io_.run(); });
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        io_.stop();
        thread_.join();
    }

    std::uint16_t port() const { return port_; }

  private:
    void open() {
        error_code error;
        const udp::endpoint endpoint(asio::ip::make_address(listen_.host, error), listen_.port);
        if (!error) {
            socket_.open(endpoint.protocol(), error);
        }
        if (!error) {
            socket_.bind(endpoint, error);
        }
        const std::string where = to_text(listen_);
        if (error) {
            error_code ignored;
            socket_.close(ignored);
            const std::string text = why_not_listening(listen_, error, "[query] listen") + "; trying again";
            log_(text == last_failure_ ? LogLevel::Debug : LogLevel::Error, "query", text);
            last_failure_ = text;
            timer_.expires_after(retry_pause);
            timer_.async_wait([this](const error_code& cancelled) {
                if (!cancelled) {
                    open();
                }
            });
            return;
        }
        port_ = socket_.local_endpoint(error).port();
        log_(LogLevel::Info, "query", "listening on UDP " + to_text(Endpoint{listen_.host, port_}));
        if (!is_loopback(listen_)) {
            log_(LogLevel::Warn, "query",
                 where +
                     ": anyone who reaches this address can read the meters, and can have answers sent to a "
                     "forged sender");
        }
        receive();
    }

    void receive() {
        socket_.async_receive_from(
            asio::buffer(command_), peer_, [this](const error_code& error, std::size_t size) {
                if (error == asio::error::operation_aborted) {
                    return;
                }
                if (!error) { // an error is a peer that has gone before its answer came
                    reply({command_.data(), size});
                }
                receive();
            });
    }

    // A full send buffer drops the answer: the client asks again.
    void reply(std::string_view command) {
        error_code ignored;
        socket_.non_blocking(true, ignored);
        const std::string text = answer_(command);
        socket_.send_to(asio::buffer(text), peer_, 0, ignored);
    }

    Endpoint listen_;
    Answer answer_;
    Log log_;
    std::atomic<std::uint16_t> port_ = 0;
    std::string last_failure_;
    asio::io_context io_{1};
    udp::socket socket_{io_};
    asio::steady_timer timer_{io_};
    udp::endpoint peer_;
    std::array<char, 2048> command_{}; // longer ones are cut, and too long anyway
    std::thread thread_;
};

QueryServer::QueryServer(Endpoint listen, Answer answer, Log log)
    : server_(std::make_unique<Server>(std::move(listen), std::move(answer), std::move(log))) {}
QueryServer::~QueryServer() = default;

std::uint16_t QueryServer::port() const {
    return server_->port();
}

} // namespace gridbridge
