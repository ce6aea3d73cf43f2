#include "drivers/resolve.hpp"
#include "drivers/stream/asio_io.hpp"
#include "drivers/stream/byte_source.hpp"

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <utility>
#include <vector>

#include <netinet/tcp.h>

namespace gridbridge {
namespace {

using asio::error_code;

class TcpSource final : public ByteSource {
  public:
    TcpSource(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

    void open(const std::stop_token& stop) override;
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override;
    void close() noexcept override;
    std::string name() const override {
        const bool is_ipv6 = host_.find(':') != std::string::npos;
        return "TCP " + (is_ipv6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
    }

  private:
    void set_keepalive();

    std::string host_;
    std::uint16_t port_;
    asio::io_context io_;
    asio::ip::tcp::socket socket_{io_};
};

void TcpSource::open(const std::stop_token& stop) {
    constexpr std::chrono::seconds patience(4);
    close();
    const auto deadline = Clock::now() + patience;
    std::vector<asio::ip::tcp::endpoint> endpoints;
    for (const std::string& address : resolve_host(host_, deadline, stop)) {
        endpoints.emplace_back(asio::ip::make_address(address), port_);
    }
    if (stop.stop_requested()) {
        return;
    }
    if (endpoints.empty()) {
        throw LinkError(host_ + ": name not found: is it right, and does the network have a name server?");
    }
    error_code error = asio::error::timed_out;
    asio::async_connect(socket_, endpoints, [&](const error_code& result, const auto&) { error = result; });
    run_until(io_, deadline, stop, [this] { close(); });
    if (stop.stop_requested()) {
        close();
        return;
    }
    if (error) {
        close();
        const bool late = error == asio::error::operation_aborted || error == asio::error::timed_out;
        throw LinkError(name() + (late ? ": no answer: is it switched on and reachable from here?"
                                       : ": cannot connect: " + error.message()));
    }
    set_keepalive();
}

// A peer that vanished without a word is noticed within about 25 s.
void TcpSource::set_keepalive() {
    error_code ignored;
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    for (const auto& [option, value] :
         {std::pair(TCP_KEEPIDLE, 10), std::pair(TCP_KEEPINTVL, 5), std::pair(TCP_KEEPCNT, 3)}) {
        setsockopt(socket_.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
    }
}

std::size_t TcpSource::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                 const std::stop_token& stop) {
    error_code error;
    const std::size_t size = read_once(io_, socket_, buffer, deadline, stop, error);
    if (error) {
        throw LinkError(name() + (error == asio::error::eof
                                      ? ": link lost: the other side closed the connection"
                                      : ": link lost: " + error.message()));
    }
    return size;
}

void TcpSource::write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) {
    if (const error_code error = write_all(io_, socket_, bytes, stop)) {
        throw LinkError(name() + ": cannot send: " + error.message());
    }
}

void TcpSource::close() noexcept {
    error_code ignored;
    socket_.close(ignored);
}

} // namespace

std::unique_ptr<ByteSource> make_tcp_source(std::string host, std::uint16_t port) {
    return std::make_unique<TcpSource>(std::move(host), port);
}

} // namespace gridbridge
