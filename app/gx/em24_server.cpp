#include "app/gx/em24_server.hpp"

#include "app/slave/slave_frame.hpp"
#include "drivers/io/listener.hpp"
#include "drivers/io/once_a_minute.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/clock.hpp"

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <asio.hpp>

namespace gridbridge {
namespace {

using asio::ip::tcp;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t max_remembered = 64;

// What clients need of the server, and tell it.
struct Serving {
    AnswerModbus answer;
    std::function<void()> garbage;
};

// One client. Reads a request, answers, reads on: a client that does not take its answers gets no more of
// them, and one that sends many at once gets one answer in its turn. Shared by its pending operation.
class Client final : public std::enable_shared_from_this<Client> {
  public:
    Client(Accepted accepted, const Serving& serving)
        : socket_(std::move(accepted.socket)), place_(std::move(accepted.place)), serving_(serving) {}

    void receive() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](asio::error_code error, std::size_t size) {
                                    if (error) {
                                        self->close();
                                        return;
                                    }
                                    const auto* const begin = self->buffer_.data();
                                    self->received_.insert(self->received_.end(), begin, begin + size);
                                    self->serve();
                                });
    }

    void close() {
        asio::error_code ignored;
        socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
    }

  private:
    void serve() {
        std::size_t consumed = 0;
        const auto request = take_request(received_, SlaveFraming::Tcp, consumed);
        received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(consumed));
        if (!request && consumed > 0) {
            serving_.garbage();
            close(); // no Modbus TCP: where the next request begins is unknown
            return;
        }
        if (!request) {
            receive();
            return;
        }
        place_.served(Clock::now());
        reply_ = framed(*request, serving_.answer(request->unit, request->pdu), SlaveFraming::Tcp);
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
    Place place_;
    const Serving& serving_;
    std::array<std::uint8_t, 512> buffer_{};
    Bytes received_; // at most the buffer and one incomplete request
    Bytes reply_;
};

} // namespace

class Em24Server::Running {
  public:
    Running(Endpoint listen, AnswerModbus answer, Log log)
        : log_(std::move(log)), name_("EM24 Ethernet on " + listen.host + ":" + std::to_string(listen.port)),
          listener_(context_,
                    {std::move(listen), "[gx] listen", "trying again every 5 s", {max_clients, max_clients}},
                    calls()) {
        serving_.answer = std::move(answer);
        serving_.garbage = [this] {
            if (garbage_.is_due(Clock::now())) {
                log_(LogLevel::Warn, name_, "a client sent what is not Modbus TCP: disconnected");
            }
        };
    }

    void run() {
        listener_.start();
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
    ListenCalls calls() {
        return {.log = [this](LogLevel level, const std::string& text) { log_(level, name_, text); },
                .listening = [this](std::uint16_t) { log_(LogLevel::Info, name_, "waiting for a GX"); },
                .accepted = [this](Accepted client) { add(std::move(client)); },
                .leave =
                    [this](Places::Id id) {
                        if (const auto client = clients_[id].lock()) {
                            client->close();
                        }
                    }};
    }

    void add(Accepted accepted) {
        if (known_.size() < max_remembered && known_.insert(accepted.address).second) {
            log_(LogLevel::Info, name_, "first connection from " + accepted.address);
        }
        std::erase_if(clients_, [](const auto& client) { return client.second.expired(); });
        const Places::Id id = accepted.place.id();
        const auto client = std::make_shared<Client>(std::move(accepted), serving_);
        clients_.emplace(id, client);
        client->receive();
    }

    Serving serving_; // outlives the clients, which end with the context
    Log log_;
    std::string name_;
    OnceAMinute garbage_;
    asio::io_context context_{1};
    Listener listener_;
    std::map<Places::Id, std::weak_ptr<Client>> clients_;
    std::set<std::string> known_; // addresses that were logged
};

Em24Server::Em24Server(Endpoint listen, AnswerModbus answer, Log log)
    : running_(std::make_unique<Running>(std::move(listen), std::move(answer), std::move(log))),
      thread_([this] { running_->run(); }) {}

Em24Server::~Em24Server() {
    running_->stop();
}

} // namespace gridbridge
