#include "app/servers/query_server.hpp"

#include "drivers/io/listener.hpp"
#include "drivers/text/endpoint.hpp"

#include <asio/ip/udp.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using asio::error_code;
using asio::ip::udp;

} // namespace

class QueryServer::Server {
  public:
    Server(Endpoint listen, Answer answer, Log log)
        : answer_(std::move(answer)), log_(std::move(log)),
          retry_(io_, {std::move(listen), "[query] listen"},
                 [this](LogLevel level, const std::string& text) { log_(level, "query", text); }) {
        retry_.start(
            [this](const auto& address, std::uint16_t port) {
                return bind({address, port});
            },
            [this] { bound(); });
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
    error_code bind(const udp::endpoint& endpoint) {
        error_code error;
        if (socket_.open(endpoint.protocol(), error) || socket_.bind(endpoint, error)) {
            error_code ignored;
            socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
        }
        return error;
    }

    void bound() {
        const Endpoint& listen = retry_.address();
        error_code ignored;
        port_ = socket_.local_endpoint(ignored).port();
        log_(LogLevel::Info, "query", "listening on UDP " + to_text(Endpoint{listen.host, port_}));
        if (!is_loopback(listen)) {
            log_(LogLevel::Warn, "query",
                 to_text(listen) +
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

    Answer answer_;
    Log log_;
    std::atomic<std::uint16_t> port_ = 0;
    asio::io_context io_{1};
    udp::socket socket_{io_};
    BindRetry retry_;
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
