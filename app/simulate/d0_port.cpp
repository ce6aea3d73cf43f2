#include "app/simulate/d0_port.hpp"

#include "app/simulate/pty.hpp"

#include <asio.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

bool is_readable(int descriptor, milliseconds limit) {
    pollfd ready{descriptor, POLLIN, 0};
    return ::poll(&ready, 1, static_cast<int>(limit.count())) > 0;
}

class D0Pty final : public D0Port {
  public:
    explicit D0Pty(const std::string& path) : pty_(path) {}

    std::string receive(milliseconds limit) override {
        if (!is_readable(pty_.master(), limit)) {
            return {};
        }
        std::array<char, 256> buffer{};
        const ssize_t size = ::read(pty_.master(), buffer.data(), buffer.size());
        return fits() ? std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)))
                      : std::string();
    }
    void send(std::string text) override {
        if (!fits()) {
            std::fill(text.begin(), text.end(), '\x7F');
        }
        if (::write(pty_.master(), text.data(), text.size()) < static_cast<ssize_t>(text.size())) {
            ::tcflush(pty_.master(), TCIOFLUSH); // nobody reads
        }
    }
    void set_speed(int baud) override {
        constexpr std::array<std::pair<int, speed_t>, 7> speeds{{{300, B300},
                                                                 {600, B600},
                                                                 {1200, B1200},
                                                                 {2400, B2400},
                                                                 {4800, B4800},
                                                                 {9600, B9600},
                                                                 {19200, B19200}}};
        const auto* const found = std::find_if(speeds.begin(), speeds.end(),
                                               [baud](const auto& speed) { return speed.first == baud; });
        speed_ = found == speeds.end() ? B300 : found->second;
    }
    std::string where() const override { return "serial://" + pty_.path(); }

  private:
    bool fits() const {
        termios settings{};
        return ::tcgetattr(pty_.master(), &settings) == 0 && ::cfgetospeed(&settings) == speed_;
    }

    Pty pty_;
    speed_t speed_ = B300;
};

// The newest client has the line.
class D0Tcp final : public D0Port {
  public:
    explicit D0Tcp(const StreamListen& listen)
        : acceptor_(io_, asio::ip::tcp::endpoint(asio::ip::make_address(listen.host), listen.port)),
          client_(io_) {}

    std::string receive(milliseconds limit) override {
        if (is_readable(acceptor_.native_handle(), milliseconds(0))) {
            client_ = acceptor_.accept();
        }
        if (!client_.is_open()) {
            is_readable(acceptor_.native_handle(), limit);
            return {};
        }
        if (!is_readable(client_.native_handle(), limit)) {
            return {};
        }
        std::array<char, 256> buffer{};
        asio::error_code error;
        const std::size_t size = client_.read_some(asio::buffer(buffer), error);
        close_after(error);
        return {buffer.data(), size};
    }
    void send(std::string text) override {
        asio::error_code error;
        if (client_.is_open()) {
            asio::write(client_, asio::buffer(text), error);
            close_after(error);
        }
    }
    void set_speed(int /*baud*/) override {}
    std::string where() const override {
        const auto endpoint = acceptor_.local_endpoint();
        return "tcp://" + endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
    }

  private:
    void close_after(const asio::error_code& error) {
        if (error) {
            asio::error_code ignored;
            client_.close(ignored);
        }
    }

    asio::io_context io_{1};
    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::socket client_;
};

} // namespace

std::unique_ptr<D0Port> make_d0_port(const StreamListen& listen) {
    switch (listen.kind) {
    case StreamListen::Kind::Pty:
        return std::make_unique<D0Pty>(listen.path);
    case StreamListen::Kind::Tcp:
        return std::make_unique<D0Tcp>(listen);
    case StreamListen::Kind::File:
        break;
    }
    throw std::invalid_argument("a file cannot be asked");
}

} // namespace gridbridge
