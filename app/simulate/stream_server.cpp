#include "app/simulate/stream_server.hpp"

#include "app/simulate/pty.hpp"
#include "drivers/io/listener.hpp"
#include "drivers/text/endpoint.hpp"

#include <asio.hpp>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <list>
#include <memory>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

using asio::ip::tcp;
using SharedBytes = std::shared_ptr<const std::vector<std::uint8_t>>;

// Where telegrams go.
class Output {
  public:
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    virtual ~Output() = default;
    virtual void send(const SharedBytes& telegram) = 0;
    virtual std::string where() const = 0;
};

class PtyOutput : public Output {
  public:
    explicit PtyOutput(const std::string& link) : pty_(link) { ::fcntl(pty_.master(), F_SETFL, O_NONBLOCK); }
    void send(const SharedBytes& telegram) override {
        // Nobody reads: the line's buffer is emptied, so that the next reader starts with a fresh telegram.
        if (::write(pty_.master(), telegram->data(), telegram->size()) <
            static_cast<ssize_t>(telegram->size())) {
            ::tcflush(pty_.master(), TCIOFLUSH);
        }
    }
    std::string where() const override { return "serial://" + pty_.path(); }

  private:
    Pty pty_;
};

class FileOutput : public Output {
  public:
    explicit FileOutput(std::string path)
        : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::app) {
        if (!file_) {
            throw std::system_error(errno, std::generic_category(), path_);
        }
    }
    void send(const SharedBytes& telegram) override {
        for (const std::uint8_t byte : *telegram) {
            file_.put(static_cast<char>(byte));
        }
        file_.flush();
    }
    std::string where() const override { return "file://" + path_; }

  private:
    std::string path_;
    std::ofstream file_;
};

class TcpOutput : public Output {
  public:
    TcpOutput(asio::io_context& io, const StreamListen& listen)
        : listener_(io, {{listen.host, listen.port}, {}}, calls()) {
        listener_.start_or_throw();
    }
    void send(const SharedBytes& telegram) override {
        for (auto client = clients_.begin(); client != clients_.end();) {
            const auto current = client++;
            if (!current->busy) {
                write(current, telegram);
            }
        }
    }
    std::string where() const override {
        const auto endpoint = listener_.endpoint();
        const std::string host = endpoint.address().to_string();
        return "tcp://" + (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
               std::to_string(endpoint.port());
    }

  private:
    struct Client {
        tcp::socket socket;
        bool busy = false; // the last telegram is still on its way
    };

    ListenCalls calls() {
        return {.log = [](LogLevel, const std::string&) {},
                .accepted = [this](Accepted client) { clients_.push_back({std::move(client.socket)}); }};
    }
    void write(std::list<Client>::iterator client, const SharedBytes& telegram) {
        client->busy = true;
        asio::async_write(client->socket, asio::buffer(*telegram),
                          [this, client, telegram](const std::error_code& error, std::size_t) {
                              client->busy = false;
                              if (error && error != asio::error::operation_aborted) {
                                  clients_.erase(client);
                              }
                          });
    }

    Listener listener_;
    std::list<Client> clients_; // iterators stay valid while a write is under way
};

std::unique_ptr<Output> make_output(asio::io_context& io, const StreamListen& listen) {
    switch (listen.kind) {
    case StreamListen::Kind::Pty:
        return std::make_unique<PtyOutput>(listen.path);
    case StreamListen::Kind::File:
        return std::make_unique<FileOutput>(listen.path);
    case StreamListen::Kind::Tcp:
        break;
    }
    return std::make_unique<TcpOutput>(io, listen);
}

class Sender {
  public:
    Sender(asio::io_context& io, const StreamOptions& options, Output& output)
        : options_(options), output_(output), timer_(io) {}

    void start() {
        started_ = std::chrono::steady_clock::now();
        next_ = started_;
        send();
    }

  private:
    void send() {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started_;
        output_.send(std::make_shared<const std::vector<std::uint8_t>>(options_.telegram(seconds.count())));
        next_ += options_.period;
        timer_.expires_at(next_);
        timer_.async_wait([this](const std::error_code& error) {
            if (!error) {
                send();
            }
        });
    }

    const StreamOptions& options_;
    Output& output_;
    asio::steady_timer timer_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point next_;
};

} // namespace

std::optional<StreamListen> parse_stream_listen(std::string_view uri) {
    constexpr std::string_view serial = "serial://";
    constexpr std::string_view file = "file://";
    constexpr std::string_view tcp_scheme = "tcp://";
    if (uri.starts_with(serial)) {
        return StreamListen{StreamListen::Kind::Pty, std::string(uri.substr(serial.size())), {}, 0};
    }
    if (uri.starts_with(file) && uri.size() > file.size()) {
        return StreamListen{StreamListen::Kind::File, std::string(uri.substr(file.size())), {}, 0};
    }
    if (!uri.starts_with(tcp_scheme)) {
        return std::nullopt;
    }
    const std::string_view where = uri.substr(tcp_scheme.size());
    if (where.ends_with(":0")) {
        return StreamListen{StreamListen::Kind::Tcp, {}, std::string(where.substr(0, where.size() - 2)), 0};
    }
    const auto endpoint = parse_endpoint(where, 0);
    return endpoint ? std::optional(StreamListen{StreamListen::Kind::Tcp, {}, endpoint->host, endpoint->port})
                    : std::nullopt;
}

int serve_stream(const StreamOptions& options, const std::stop_token& stop) {
    constexpr int io_error = 74;
    try {
        asio::io_context io(1);
        const auto output = make_output(io, options.listen);
        const std::stop_callback on_stop(stop, [&io] { io.stop(); });
        options.print_line("listening on " + output->where());
        Sender sender(io, options, *output);
        sender.start();
        io.run();
        return 0;
    } catch (const std::exception& error) {
        options.print_line(std::string("error: ") + error.what());
        return io_error;
    }
}

} // namespace gridbridge
