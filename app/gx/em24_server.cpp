#include "app/gx/em24_server.hpp"

#include "app/slave_frame.hpp"
#include "drivers/listen.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <set>
#include <string>
#include <utility>

#include <asio.hpp>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using Bytes = std::vector<std::uint8_t>;

constexpr auto listen_pause = 5s;
constexpr auto accept_pause = 200ms; // no descriptor left, for example
constexpr std::size_t max_remembered = 64;

// One client. Reads a request, answers, reads on: a client that does not take its answers gets no more of
// them. Shared by its pending operation.
class Client final : public std::enable_shared_from_this<Client> {
  public:
    Client(tcp::socket socket, const AnswerModbus& answer) : socket_(std::move(socket)), answer_(answer) {}

    void receive() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](asio::error_code error, std::size_t size) {
                                    if (error) {
                                        self->close();
                                        return;
                                    }
                                    const auto* const begin = self->buffer_.data();
                                    self->received_.insert(self->received_.end(), begin, begin + size);
                                    self->last_heard_ = Clock::now();
                                    self->serve();
                                });
    }

    void close() {
        asio::error_code ignored;
        socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
    }
    bool is_open() const { return socket_.is_open(); }
    Clock::time_point last_heard() const { return last_heard_; }

  private:
    void serve() {
        std::size_t consumed = 0;
        const auto request = take_request(received_, SlaveFraming::Tcp, consumed);
        received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(consumed));
        if (!request && consumed > 0) {
            close(); // no Modbus TCP: where the next request begins is unknown
            return;
        }
        if (!request) {
            receive();
            return;
        }
        reply_ = framed(*request, answer_(request->unit, request->pdu), SlaveFraming::Tcp);
        asio::async_write(socket_, asio::buffer(reply_),
                          [self = shared_from_this()](asio::error_code error, std::size_t) {
                              if (error) {
                                  self->close();
                              } else {
                                  self->serve();
                              }
                          });
    }

    tcp::socket socket_;
    const AnswerModbus& answer_;
    std::array<std::uint8_t, 512> buffer_{};
    Bytes received_; // at most the buffer and one incomplete request
    Bytes reply_;
    Clock::time_point last_heard_ = Clock::now();
};

} // namespace

class Em24Server::Running {
  public:
    Running(Endpoint listen, AnswerModbus answer, Log log)
        : listen_(std::move(listen)), answer_(std::move(answer)), log_(std::move(log)),
          name_("EM24 Ethernet on " + listen_.host + ":" + std::to_string(listen_.port)) {}

    void run() {
        open();
        for (;;) {
            try {
                context_.run();
                return;
            } catch (const std::exception& error) { // out of memory, say: the other clients go on
                log_(LogLevel::Error, name_, error.what());
            }
        }
    }
    void stop() { context_.stop(); }

  private:
    void open() {
        asio::error_code error;
        const auto address = asio::ip::make_address(listen_.host, error);
        if (!error) {
            listen_on({address, listen_.port}, error);
        }
        if (!error) {
            log_(LogLevel::Info, name_, "waiting for a GX");
            failure_.clear();
            accept();
            return;
        }
        const std::string failure = why_not_listening(listen_, error, "[gx] listen");
        if (failure != failure_) {
            log_(LogLevel::Error, name_, failure + "; trying again every 5 s");
            failure_ = failure;
        }
        after(listen_pause, [this] { open(); });
    }

    void listen_on(const tcp::endpoint& endpoint, asio::error_code& error) {
        asio::error_code ignored;
        acceptor_.close(ignored); // NOLINT(bugprone-unused-return-value)
        // Each step only when the one before succeeded.
        static_cast<void>(acceptor_.open(endpoint.protocol(), error) ||
                          acceptor_.set_option(asio::socket_base::reuse_address(true), error) ||
                          acceptor_.bind(endpoint, error) ||
                          acceptor_.listen(asio::socket_base::max_listen_connections, error));
    }

    void accept() {
        acceptor_.async_accept([this](asio::error_code error, tcp::socket socket) {
            if (error) {
                after(accept_pause, [this] { accept(); });
                return;
            }
            accept();
            add(std::move(socket));
        });
    }

    void add(tcp::socket socket) {
        asio::error_code error;
        socket.set_option(tcp::no_delay(true), error); // NOLINT(bugprone-unused-return-value)
        const auto remote = socket.remote_endpoint(error);
        if (error) {
            return; // it has gone already
        }
        const std::string address = remote.address().to_string();
        if (known_.size() < max_remembered && known_.insert(address).second) {
            log_(LogLevel::Info, name_, "first connection from " + address);
        }
        clients_.remove_if([](const auto& client) { return client.expired() || !client.lock()->is_open(); });
        if (clients_.size() >= max_clients) {
            close_most_silent();
        }
        const auto client = std::make_shared<Client>(std::move(socket), answer_);
        clients_.push_back(client);
        client->receive();
    }

    void close_most_silent() {
        const auto silent_since = [](const std::weak_ptr<Client>& client) {
            const auto shared = client.lock();
            return shared ? shared->last_heard() : Clock::time_point::min();
        };
        const auto oldest =
            std::min_element(clients_.begin(), clients_.end(),
                             [&](const auto& a, const auto& b) { return silent_since(a) < silent_since(b); });
        if (const auto client = oldest->lock()) {
            client->close();
        }
        clients_.erase(oldest);
    }

    template <typename Then>
    void after(std::chrono::milliseconds pause, Then then) {
        timer_.expires_after(pause);
        timer_.async_wait([then](asio::error_code error) {
            if (!error) {
                then();
            }
        });
    }

    Endpoint listen_;
    AnswerModbus answer_;
    Log log_;
    std::string name_;
    std::string failure_; // last one logged
    asio::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    asio::steady_timer timer_{context_};
    std::list<std::weak_ptr<Client>> clients_;
    std::set<std::string> known_; // addresses that were logged
};

Em24Server::Em24Server(Endpoint listen, AnswerModbus answer, Log log)
    : running_(std::make_unique<Running>(std::move(listen), std::move(answer), std::move(log))),
      thread_([this] { running_->run(); }) {}

Em24Server::~Em24Server() {
    running_->stop();
}

} // namespace gridbridge
