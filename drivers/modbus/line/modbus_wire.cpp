#include "drivers/modbus/line/modbus_wire.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/io_wait.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/io/serial_port.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include <modbus.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_timeout = 3000ms;
constexpr std::size_t checksum_bytes = 2;

// Waiting and receiving are our own: the select() of libmodbus knows no stop request and no limit for a whole
// answer.
class DescriptorWire : public Wire {
  public:
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        try {
            while (waiting(stop).until(deadline, descriptor(), POLLIN) == Ready::Yes) {
                const ssize_t count = ::read(descriptor(), buffer.data(), buffer.size());
                if (count > 0) {
                    return static_cast<std::size_t>(count);
                }
                if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
                    throw LinkLost(name() + " is gone");
                }
            }
        } catch (const Stopped&) { // 0, as promised
        }
        return 0;
    }

  protected:
    void wait_no_more() noexcept { wait_.reset(); }

    const StopWait& waiting(const std::stop_token& stop) {
        if (!wait_ || wait_->stop() != stop) {
            wait_.emplace(stop);
        }
        return *wait_;
    }

  private:
    virtual int descriptor() const = 0;

    std::optional<StopWait> wait_; // while it is open: callers pass the same token over and over
};

struct CloseContext {
    void operator()(modbus_t* context) const {
        modbus_close(context);
        modbus_free(context);
    }
};

// libmodbus opens and sets up the port, and sends.
class PortWire final : public DescriptorWire {
  public:
    explicit PortWire(const MeterConfig& meter) : path_(meter.path), settings_(line_settings(meter)) {}

    // libmodbus opens the port a second time, which the mark of exclusive use forbids: it comes last.
    void open(const std::stop_token& /*stop*/) override {
        close();
        port_.emplace(path_);
        context_.reset(modbus_new_rtu(path_.c_str(), settings_.baud, parity_letter(settings_.parity),
                                      settings_.data_bits, settings_.stop_bits));
        if (!context_) {
            throw LinkLost(path_ + ": " + modbus_strerror(errno));
        }
        modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
        if (modbus_connect(context_.get()) != 0) {
            const int error = errno;
            close();
            throw LinkLost(explain_open_error(path_, error));
        }
        port_->claim();
    }

    // It makes the checksum itself.
    void write(std::span<const std::uint8_t> frame, const std::stop_token& /*stop*/) override {
        const std::vector<std::uint8_t> raw(frame.begin(), frame.end() - checksum_bytes);
        if (modbus_send_raw_request(context_.get(), raw.data(), static_cast<int>(raw.size())) <= 0) {
            throw LinkLost("cannot send");
        }
    }

    void close() noexcept override {
        context_.reset();
        port_.reset(); // last: until libmodbus has closed its own descriptor the port is in use
        wait_no_more();
    }

    std::string name() const override { return path_; }

  private:
    int descriptor() const override { return modbus_get_socket(context_.get()); }

    std::string path_;
    LineSettings settings_;
    std::optional<SerialPort> port_;
    std::unique_ptr<modbus_t, CloseContext> context_;
};

class SocketWire final : public DescriptorWire {
  public:
    SocketWire(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

    void open(const std::stop_token& stop) override {
        close();
        try {
            socket_ = connect_tcp(host_, port_, connect_timeout, waiting(stop));
        } catch (const Stopped&) { // without a link, as promised
        }
    }

    void write(std::span<const std::uint8_t> frame, const std::stop_token& /*stop*/) override {
        if (::send(descriptor(), frame.data(), frame.size(), MSG_NOSIGNAL) != std::ssize(frame)) {
            throw LinkLost("cannot send");
        }
    }

    void close() noexcept override {
        socket_.reset();
        wait_no_more();
    }

    std::string name() const override { return host_ + ':' + std::to_string(port_); }

  private:
    int descriptor() const override { return socket_.get(); }

    std::string host_;
    std::uint16_t port_;
    Descriptor socket_;
};

} // namespace

std::unique_ptr<Wire> make_modbus_wire(const MeterConfig& meter) {
    if (meter.transport == Transport::Rtu) {
        return std::make_unique<PortWire>(meter);
    }
    return std::make_unique<SocketWire>(meter.host, meter.port);
}

} // namespace gridbridge
