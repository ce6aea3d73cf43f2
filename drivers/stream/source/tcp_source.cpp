#include "drivers/io/connect.hpp"
#include "drivers/io/stoppable_io.hpp"
#include "drivers/stream/source/byte_source.hpp"

#include <chrono>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds connect_limit(4);
constexpr std::chrono::seconds tcp_write_limit(5);

class TcpSource final : public Wire {
  public:
    TcpSource(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

    void open(const std::stop_token& stop) override;
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override;
    void close() noexcept override { socket_.reset(); }
    std::string name() const override {
        const bool is_ipv6 = host_.find(':') != std::string::npos;
        return "TCP " + (is_ipv6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
    }

  private:
    std::string host_;
    std::uint16_t port_;
    Descriptor socket_;
    StoppableIo io_;
};

void TcpSource::open(const std::stop_token& stop) {
    close();
    try {
        socket_ = connect_tcp(host_, port_, connect_limit, StopWait(stop));
    } catch (const Stopped&) { // without a link, as promised
    }
}

std::size_t TcpSource::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                 const std::stop_token& stop) {
    const IoResult result = io_.read(socket_.get(), buffer, deadline, stop);
    if (result.has_ended) {
        throw LinkLost(name() + ": link lost: the other side closed the connection");
    }
    if (result.error != 0) {
        throw LinkLost(name() + ": link lost: " + std::generic_category().message(result.error));
    }
    return result.size;
}

void TcpSource::write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) {
    const IoResult result = io_.write(socket_.get(), bytes, Clock::now() + tcp_write_limit, stop);
    if (result.error != 0) {
        throw LinkLost(name() + ": cannot send: " + std::generic_category().message(result.error));
    }
}

} // namespace

std::unique_ptr<Wire> make_tcp_source(std::string host, std::uint16_t port) {
    return std::make_unique<TcpSource>(std::move(host), port);
}

} // namespace gridbridge
