#include "app/servers/status_server.hpp"

#include "app/servers/status_pages.hpp"
#include "app/servers/viewers.hpp"
#include "drivers/io/listener.hpp"
#include "drivers/waist/clock.hpp"

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/write.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using asio::error_code;
using asio::ip::tcp;

constexpr auto request_limit = 5s; // from the connection to the last header line
constexpr auto answer_limit = 10s; // to take it all
constexpr auto close_limit = 1s;   // for the client to close, so that it gets the end of the answer
constexpr std::size_t page_threads = 2;

// What clients need of the server. The pools end before the context does.
class Serving {
  public:
    explicit Serving(ServedPages pages) : pages_(std::move(pages)) {}

    const PageOf& page_of(const HttpMessage& request) const {
        return is_view(request) ? pages_.views : pages_.status;
    }
    // Where that page is made. The thread of the views is there once somebody looks.
    asio::thread_pool& pool_of(const HttpMessage& request) { return is_view(request) ? viewing() : pool_; }

    // Asks for events; they come on the thread of the context.
    void ask_live(bool wants_all) {
        asio::post(viewing(), [this, wants_all] {
            asio::post(io, [this, texts = pages_.live(wants_all)] { viewers.take_texts(texts); });
        });
    }

    void stop() {
        for (asio::thread_pool* const pool : {&pool_, view_pool_ ? &*view_pool_ : nullptr}) {
            if (pool != nullptr) {
                pool->stop();
                pool->join();
            }
        }
        io.stop();
    }

    asio::io_context io{1};
    Viewers viewers{io, [this](bool wants_all) { ask_live(wants_all); }};

  private:
    bool is_view(const HttpMessage& request) const { return pages_.views && !is_status_path(request.path); }
    asio::thread_pool& viewing() { return view_pool_ ? *view_pool_ : view_pool_.emplace(std::size_t{1}); }

    ServedPages pages_;
    asio::thread_pool pool_{page_threads};
    std::optional<asio::thread_pool> view_pool_; // thread of the context makes it
};

// One connection: a request, an answer, the end. Lives as long as an operation on it is under way; the thread
// of the context only.
class Client final : public std::enable_shared_from_this<Client> {
  public:
    Client(Accepted accepted, Serving& serving)
        : socket_(std::move(accepted.socket)), timer_(serving.io), address_(std::move(accepted.address)),
          place_(std::move(accepted.place)), serving_(serving) {}

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { finish(); }

    void start() {
        expect(request_limit);
        receive();
    }

    void close() {
        error_code ignored;
        socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
        timer_.cancel();
        finish();
    }

  private:
    // The client has its answer, or never will.
    void finish() {
        if (const auto then = std::exchange(then_, {})) {
            then();
        }
    }

    // Closes when the time is over.
    void expect(std::chrono::seconds limit) {
        timer_.expires_after(limit);
        timer_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
            const auto self = weak.lock();
            if (!cancelled && self) {
                self->close();
            }
        });
    }

    void receive() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](const error_code& error, std::size_t size) {
                                    if (error) {
                                        self->close();
                                        return;
                                    }
                                    self->go_on(self->reader_.take({self->buffer_.data(), size}));
                                });
    }

    void go_on(HttpReader::State state) {
        switch (state) {
        case HttpReader::State::Incomplete:
            receive();
            break;
        case HttpReader::State::Whole:
            place_.served(Clock::now());
            make_answer();
            break;
        case HttpReader::State::Invalid:
            answer_ = http_refusal();
            send();
            break;
        case HttpReader::State::TooLong:
            close();
            break;
        }
    }

    // The page may wait for the publisher: on another thread.
    void make_answer() {
        timer_.cancel();
        request_ = reader_.message();
        request_.from = address_;
        asio::post(serving_.pool_of(request_), [self = shared_from_this()]() mutable {
            StatusPage page = page_for(self->request_, self->serving_.page_of(self->request_));
            self->goes_on_ = page.type == event_stream && page.code == 200 && self->request_.method == "GET";
            self->answer_ = http_text(self->request_, page);
            self->then_ = std::move(page.then);
            asio::io_context& io = self->serving_.io;
            // Moved: the client ends on the thread of the context.
            asio::post(io, [self = std::move(self)] { self->answer(); });
        });
    }

    void answer() {
        if (!goes_on_) {
            send();
        } else if (serving_.viewers.is_full()) {
            answer_ = http_text(request_, {503, "text/plain", "too many watch already: try again later\n"});
            send();
        } else {
            serving_.viewers.add(std::move(socket_), std::move(place_), std::move(answer_));
        }
    }

    void send() {
        expect(answer_limit);
        asio::async_write(socket_, asio::buffer(answer_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (error) {
                                  self->close();
                                  return;
                              }
                              error_code ignored;
                              // NOLINTNEXTLINE(bugprone-unused-return-value)
                              self->socket_.shutdown(tcp::socket::shutdown_send, ignored);
                              self->expect(close_limit);
                              self->await_end();
                          });
    }

    void await_end() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (error) {
                                        self->close();
                                    } else {
                                        self->await_end();
                                    }
                                });
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    std::string address_;
    Place place_; // until a viewer has it
    Serving& serving_;
    std::array<char, 2048> buffer_{};
    HttpReader reader_{HttpReader::Kind::Request, max_http_request};
    HttpMessage request_;
    std::string answer_;
    std::function<void()> then_;
    bool goes_on_ = false;
};

} // namespace

class StatusServer::Server {
  public:
    Server(StatusListen listen, ServedPages pages, Log log)
        : address_(std::move(listen.address)), log_(std::move(log)), serving_(std::move(pages)),
          listener_(serving_.io,
                    {.address = address_,
                     .setting = "[status] listen",
                     .places = {max_clients, max_clients_per_address},
                     .trusted_proxies = std::move(listen.trusted_proxies)},
                    calls()) {
        listener_.start();
        thread_ = std::thread([this] { serving_.io.run(); });
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        serving_.stop();
        thread_.join();
    }

    std::uint16_t port() const { return port_; }

  private:
    ListenCalls calls() {
        return {.log = [this](LogLevel level, const std::string& text) { log_(level, "status", text); },
                .listening = [this](std::uint16_t port) { listening(port); },
                .accepted = [this](Accepted client) { add(std::move(client)); },
                .leave =
                    [this](Places::Id id) {
                        serving_.viewers.close(id);
                        if (const auto client = clients_[id].lock()) {
                            client->close();
                        }
                    }};
    }

    void listening(std::uint16_t port) {
        port_ = port;
        log_(LogLevel::Info, "status", "listening on http://" + to_text(Endpoint{address_.host, port}));
        if (!is_loopback(address_)) {
            log_(LogLevel::Warn, "status",
                 to_text(address_) + ": anyone who reaches this address can read the meters");
        }
    }

    void add(Accepted accepted) {
        std::erase_if(clients_, [](const auto& client) { return client.second.expired(); });
        const Places::Id id = accepted.place.id();
        const auto client = std::make_shared<Client>(std::move(accepted), serving_);
        clients_.emplace(id, client);
        client->start();
    }

    Endpoint address_;
    Log log_;
    std::atomic<std::uint16_t> port_ = 0;
    Serving serving_;
    std::map<Places::Id, std::weak_ptr<Client>> clients_;
    Listener listener_;
    std::thread thread_;
};

StatusServer::StatusServer(StatusListen listen, ServedPages pages, Log log)
    : server_(std::make_unique<Server>(std::move(listen), std::move(pages), std::move(log))) {}
StatusServer::~StatusServer() = default;

std::uint16_t StatusServer::port() const {
    return server_->port();
}

} // namespace gridbridge
