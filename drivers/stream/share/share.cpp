#include "drivers/stream/share/share.hpp"

#include "drivers/io/listener.hpp"
#include "drivers/stream/share/share_queue.hpp"
#include "drivers/text/endpoint.hpp"

#include <asio/post.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

using asio::error_code;
using asio::ip::tcp;

constexpr std::size_t max_handed_over = 256; // pieces the share's thread has not looked at yet
constexpr int send_buffer = 16384;           // bytes; what waits in the kernel can no longer be left out
constexpr Places::Limits places{Share::max_clients, Share::max_clients_per_address};

// One connection. Lives as long as an operation on it is under way. Share's thread only.
class Client : public std::enable_shared_from_this<Client> {
  public:
    Client(Accepted accepted, unsigned patience)
        : socket_(std::move(accepted.socket)), place_(std::move(accepted.place)), queue_(patience) {
        error_code ignored;
        socket_.set_option(asio::socket_base::send_buffer_size(send_buffer), ignored);
        socket_.set_option(asio::socket_base::keep_alive(true), ignored);
        const auto peer = socket_.remote_endpoint(ignored);
        name_ = ignored ? "client" : to_text(Endpoint{peer.address().to_string(), peer.port()});
    }

    const std::string& name() const { return name_; }
    Places::Id id() const { return place_.id(); }
    bool is_open() const { return socket_.is_open(); }
    const ShareQueue& queue() const { return queue_; }

    bool push(const SharedBytes& piece) {
        const bool taken = queue_.push(piece);
        if (!sending_) {
            send();
        }
        return taken;
    }

    // A client may close its sending side and still listen: only an error ends it.
    void discard_input() {
        socket_.async_read_some(asio::buffer(discarded_),
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (!error) {
                                        self->discard_input();
                                    } else if (error != asio::error::eof) {
                                        self->close();
                                    }
                                });
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

  private:
    void send() {
        sending_ = !queue_.empty() && socket_.is_open();
        if (!sending_) {
            return;
        }
        asio::async_write(socket_, asio::buffer(*queue_.front()),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (error) {
                                  self->close();
                                  return;
                              }
                              self->queue_.pop();
                              self->place_.served(Clock::now());
                              self->send();
                          });
    }

    tcp::socket socket_;
    Place place_;
    ShareQueue queue_;
    std::string name_;
    std::array<char, 1024> discarded_{};
    bool sending_ = false;
};

} // namespace

class Share::Server {
  public:
    Server(ShareOptions options, Log log) : options_(std::move(options)), log_(std::move(log)) {
        listener_.start();
        thread_ = std::thread([this] { io_.run(); });
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        io_.stop();
        thread_.join();
    }

    bool raw() const { return options_.raw; }
    std::uint16_t port() const { return port_; }
    std::size_t clients() const { return clients_now_; }
    std::uint64_t missed() const { return missed_; }
    std::uint64_t disconnected() const { return disconnected_; }

    void hand_over(std::span<const std::uint8_t> bytes) {
        if (clients_now_ == 0) {
            return;
        }
        if (handed_over_ >= max_handed_over) {
            missed_ += clients_now_;
            return;
        }
        ++handed_over_;
        auto piece = std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
        asio::post(io_, [this, piece = std::move(piece)] {
            --handed_over_;
            send(piece);
        });
    }

  private:
    void log(LogLevel level, const std::string& text) const { log_(level, options_.who, "share " + text); }

    ListenCalls calls() {
        return {.log = [this](LogLevel level, const std::string& text) { log(level, text); },
                .listening = [this](std::uint16_t port) { listening(port); },
                .accepted = [this](Accepted client) { add(std::move(client)); },
                .leave = [this](Places::Id id) { close(id); }};
    }

    void listening(std::uint16_t port) {
        port_ = port;
        log(LogLevel::Info, "listening on " + to_text(Endpoint{options_.listen.host, port_}) +
                                (options_.raw ? ", every byte as received" : ""));
        if (!is_loopback(options_.listen)) {
            log(LogLevel::Warn,
                to_text(options_.listen) + ": anyone who reaches this address can read the meter");
        }
    }

    void add(Accepted accepted) {
        clients_.push_back(std::make_shared<Client>(std::move(accepted), options_.raw ? 1 : patience));
        clients_now_ = clients_.size();
        clients_.back()->discard_input();
        log(LogLevel::Debug, clients_.back()->name() + " connected");
    }

    void close(Places::Id id) {
        for (const auto& client : clients_) {
            if (client->id() == id) {
                client->close();
            }
        }
        forget_closed();
    }

    void send(const SharedBytes& piece) {
        for (const auto& client : clients_) {
            if (client->is_open() && !client->push(piece)) {
                ++missed_;
                give_up_if_behind(*client);
            }
        }
        forget_closed();
    }

    void give_up_if_behind(Client& client) {
        if (!client.queue().stays_behind()) {
            return;
        }
        ++disconnected_;
        log(LogLevel::Warn, client.name() + " disconnected: it does not keep up and missed " +
                                std::to_string(client.queue().missed()) +
                                (options_.raw ? " piece(s)" : " telegrams"));
        client.close();
    }

    void forget_closed() {
        std::erase_if(clients_, [](const auto& client) { return !client->is_open(); });
        clients_now_ = clients_.size();
    }

    ShareOptions options_;
    Log log_;
    std::atomic<std::size_t> clients_now_ = 0;
    std::atomic<std::size_t> handed_over_ = 0;
    std::atomic<std::uint64_t> missed_ = 0;
    std::atomic<std::uint64_t> disconnected_ = 0;
    std::atomic<std::uint16_t> port_ = 0;
    asio::io_context io_{1};
    Listener listener_{io_, {.address = options_.listen, .setting = "share", .places = places}, calls()};
    std::vector<std::shared_ptr<Client>> clients_;
    std::thread thread_;
};

Share::Share(ShareOptions options, Log log)
    : server_(std::make_unique<Server>(std::move(options), std::move(log))) {}
Share::~Share() = default;

void Share::received(std::span<const std::uint8_t> bytes) {
    if (server_->raw()) {
        server_->hand_over(bytes);
    }
}

void Share::accepted(std::span<const std::uint8_t> telegram) {
    if (!server_->raw()) {
        server_->hand_over(telegram);
    }
}

std::uint16_t Share::port() const {
    return server_->port();
}
std::size_t Share::clients() const {
    return server_->clients();
}
std::uint64_t Share::missed() const {
    return server_->missed();
}
std::uint64_t Share::disconnected() const {
    return server_->disconnected();
}

std::unique_ptr<Share> make_share(const MeterConfig& meter, const Log& log) {
    const auto listen = parse_listen(meter.share);
    return listen ? std::make_unique<Share>(ShareOptions{*listen, meter.share_raw, meter.uri}, log) : nullptr;
}

} // namespace gridbridge
