#include "drivers/modbus/line/libmodbus_transport.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/io_wait.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/io/serial_port.hpp"
#include "drivers/modbus/line/frame.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <modbus.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// The vendor allows 500 ms for an answer: a lost one may come until then.
constexpr milliseconds late_answer_limit = 500ms;
constexpr milliseconds connect_timeout = 3000ms;
constexpr std::size_t crc_bytes = 2;
// Without a good answer in between. A flood must not keep the thread busy for ever.
constexpr std::size_t most_unasked = std::size_t{64} * 1024;

struct CloseContext {
    bool owns_port = false; // else the descriptor belongs to someone else
    void operator()(modbus_t* context) const {
        if (owns_port) {
            modbus_close(context);
        }
        modbus_free(context);
    }
};
using Context = std::unique_ptr<modbus_t, CloseContext>;

LineTiming timing_of(const MeterConfig& meter) {
    const LineSettings line = line_settings(meter);
    const int parity_bits = line.parity == Parity::None ? 0 : 1;
    return {line.baud, 1 + line.data_bits + parity_bits + line.stop_bits};
}

// libmodbus opens and sets up the port and makes serial frames. Waiting and receiving are our own: its
// select() knows no stop request and no limit for a whole answer, and its raw TCP requests all carry
// transaction 0, which would let a late answer pass for a new one.
class LibmodbusTransport final : public ModbusTransport {
  public:
    explicit LibmodbusTransport(const MeterConfig& meter)
        : meter_(meter), timing_(timing_of(meter)), is_tcp_(meter.transport == Transport::Tcp),
          gap_(is_tcp_ ? microseconds(0) : silent_gap(timing_)) {}
    ~LibmodbusTransport() override { LibmodbusTransport::close(); }

    void open(const std::stop_token& stop) override {
        close();
        wait_.emplace(stop);
        if (meter_.transport == Transport::Rtu) {
            open_port();
        } else {
            socket_ = connect_tcp(meter_.host, meter_.port, connect_timeout, *wait_);
            fd_ = socket_.get();
            if (!is_tcp_) {
                context_ = make_context("rtutcp", false); // any name: it is never opened
                modbus_set_socket(context_.get(), fd_);
            }
        }
        last_byte_ = Clock::now();
        hold_until_ = {};
        unasked_ = 0;
    }

    void close() noexcept override {
        context_.reset();
        port_.reset(); // last: until libmodbus has closed its own descriptor the port is in use
        socket_ = Descriptor();
        fd_ = -1;
        wait_.reset();
    }

    std::vector<std::uint16_t> exchange(const Request& request, milliseconds timeout) override {
        if (fd_ < 0) {
            throw LinkLost("not open");
        }
        wait_for_silence();
        received_.clear();
        ++transaction_;
        const auto started = Clock::now();
        send(request);
        const Inspection found = receive(request, started, timeout);
        unasked_ = 0;
        round_trip_ = std::chrono::duration_cast<microseconds>(last_byte_ - started);
        skipped_ += is_tcp_ ? 0 : received_.size() - (found.length + crc_bytes);
        return check_answer(ByteView(received_).subspan(found.offset, found.length), request);
    }

    Clock::time_point last_byte() const override { return last_byte_; }
    microseconds round_trip() const override { return round_trip_; }
    std::uint64_t skipped_bytes() const override { return skipped_; }

  private:
    Context make_context(const char* port, bool owns_port) const {
        const LineSettings line = line_settings(meter_);
        Context context(
            modbus_new_rtu(port, line.baud, parity_letter(line.parity), line.data_bits, line.stop_bits),
            CloseContext{owns_port});
        if (!context) {
            throw LinkLost(std::string(port) + ": " + modbus_strerror(errno));
        }
        modbus_set_error_recovery(context.get(), MODBUS_ERROR_RECOVERY_NONE);
        return context;
    }

    // libmodbus opens the port a second time, which the mark of exclusive use forbids: it comes last.
    void open_port() {
        port_.emplace(meter_.path);
        context_ = make_context(meter_.path.c_str(), true);
        if (modbus_connect(context_.get()) != 0) {
            const int error = errno;
            close();
            throw LinkLost(explain_open_error(meter_.path, error));
        }
        fd_ = modbus_get_socket(context_.get());
        port_->claim();
    }

    // Before a request: the time for late answers is over, nothing is left to receive, and the line has
    // been silent for the gap. A line that babbles on is used all the same after a while.
    void wait_for_silence() {
        const auto give_up = std::max(Clock::now(), hold_until_) + 250ms;
        auto silent_at = std::max(last_byte_ + gap_, hold_until_);
        while (wait_->until(silent_at, fd_, POLLIN) == Ready::Yes) {
            skipped_ += take_bytes();
            received_.clear();
            if (Clock::now() > give_up) {
                return;
            }
            silent_at = std::max(last_byte_ + gap_, hold_until_);
        }
    }

    void send(const Request& request) {
        bool sent = false;
        if (is_tcp_) {
            const Bytes frame = tcp_request(request, transaction_);
            sent = ::send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL) == std::ssize(frame);
        } else {
            const Bytes raw = raw_request(request);
            sent = modbus_send_raw_request(context_.get(), raw.data(), static_cast<int>(raw.size())) > 0;
        }
        if (!sent) {
            throw LinkLost("cannot send");
        }
    }

    Inspection receive(const Request& request, Clock::time_point started, milliseconds timeout) {
        const auto request_end =
            started + (is_tcp_ ? microseconds(0) : wire_time(timing_, serial_request_length(request)));
        auto deadline = request_end + timeout;
        while (true) {
            if (wait_->until(deadline, fd_, POLLIN) == Ready::Deadline) {
                hold_until_ = started + late_answer_limit;
                if (received_.empty()) {
                    throw Timeout("no answer");
                }
                throw BadReply("incomplete answer");
            }
            const bool first = received_.empty();
            take_bytes();
            // Bytes that waited while this process slept, or that follow one another without end.
            if (last_byte_ > deadline) {
                hold_until_ = started + late_answer_limit;
                throw Timeout("the answer came after its time");
            }
            if (first && !is_tcp_) { // the answer itself may take longer than the meter's timeout
                deadline = last_byte_ + wire_time(timing_, serial_answer_length(request)) + timeout;
            }
            const Inspection found = inspect(request);
            if (found.state == Inspection::State::Complete) {
                return found;
            }
            if (found.state == Inspection::State::Bad) {
                throw BadReply(found.reason);
            }
        }
    }

    // Removes answers to older requests.
    Inspection inspect(const Request& request) {
        if (!is_tcp_) {
            return inspect_serial(received_, request);
        }
        Inspection found = inspect_tcp(received_, request, transaction_);
        while (found.state == Inspection::State::Stale) {
            received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(found.length));
            skipped_ += found.length;
            found = inspect_tcp(received_, request, transaction_);
        }
        return found;
    }

    // Appends what has arrived; returns the number of bytes.
    std::size_t take_bytes() {
        std::array<std::uint8_t, 512> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
        const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return 0;
        }
        if (count <= 0) {
            throw LinkLost(meter_.transport == Transport::Rtu ? meter_.path + " is gone"
                                                              : "connection closed by the other side");
        }
        last_byte_ = Clock::now();
        unasked_ += static_cast<std::size_t>(count);
        if (unasked_ > most_unasked) {
            throw LinkLost("more data came than was asked for: another device answers, or an old connection "
                           "is replayed");
        }
        received_.insert(received_.end(), buffer.begin(), buffer.begin() + count);
        return static_cast<std::size_t>(count);
    }

    const MeterConfig meter_;
    const LineTiming timing_;
    const bool is_tcp_;
    const microseconds gap_;

    std::optional<StopWait> wait_;
    std::optional<SerialPort> port_;
    Descriptor socket_;
    Context context_;
    int fd_ = -1; // of context_ or socket_
    Bytes received_;
    std::uint16_t transaction_ = 0;
    Clock::time_point last_byte_{};
    Clock::time_point hold_until_{};
    microseconds round_trip_{0};
    std::uint64_t skipped_ = 0;
    std::size_t unasked_ = 0; // bytes since the last good answer
};

} // namespace

std::unique_ptr<ModbusTransport> make_libmodbus_transport(const MeterConfig& meter) {
    return std::make_unique<LibmodbusTransport>(meter);
}

std::string connection_text(const MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
        return "Modbus TCP " + meter.host;
    case Transport::RtuOverTcp:
        return "Modbus RTU over TCP " + meter.host + ':' + std::to_string(meter.port);
    case Transport::Rtu:
    case Transport::Serial:
    case Transport::File:
        break;
    }
    return meter.path;
}

milliseconds response_timeout(const MeterConfig& meter) {
    const DriverRow& row = driver_row(meter.driver);
    const milliseconds usual = meter.transport == Transport::Rtu   ? row.rtu_timeout
                               : meter.transport == Transport::Tcp ? row.tcp_timeout
                                                                   : 1000ms;
    const milliseconds chosen = meter.timeout.value_or(usual);
    return meter.transport == Transport::Tcp ? std::max(chosen, late_answer_limit) : chosen;
}

} // namespace gridbridge
