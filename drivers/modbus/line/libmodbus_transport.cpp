#include "drivers/modbus/line/libmodbus_transport.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/io_wait.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/io/serial_port.hpp"
#include "drivers/modbus/line/closed_connections.hpp"
#include "drivers/modbus/line/tagged_dialogue.hpp"
#include "drivers/modbus/line/untagged_dialogue.hpp"

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

constexpr milliseconds connect_timeout = 3000ms;
// Without a good answer in between. A flood must not keep the thread busy for ever.
constexpr std::size_t most_unasked = std::size_t{64} * 1024;
// Some gateways fall silent until there is a new connection.
constexpr int silence_that_reopens = 3;

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

std::unique_ptr<Dialogue> dialogue_of(const MeterConfig& meter) {
    if (meter.transport == Transport::Tcp && meter.tolerant) {
        return std::make_unique<UntaggedDialogue>(Framing::Header, microseconds(0));
    }
    if (meter.transport == Transport::Tcp) {
        return std::make_unique<TaggedDialogue>(!meter.timeout);
    }
    return std::make_unique<UntaggedDialogue>(Framing::Checksum, silent_gap(timing_of(meter)));
}

// libmodbus opens and sets up the port and makes serial frames. Waiting and receiving are our own: its
// select() knows no stop request and no limit for a whole answer, and its raw TCP requests all carry
// transaction 0, which would let a late answer pass for a new one.
class LibmodbusTransport final : public ModbusTransport {
  public:
    explicit LibmodbusTransport(const MeterConfig& meter)
        : transport_(meter.transport), path_(meter.path), host_(meter.host), port_number_(meter.port),
          settings_(line_settings(meter)), timing_(timing_of(meter)), dialogue_(dialogue_of(meter)) {}
    ~LibmodbusTransport() override { LibmodbusTransport::close(); }

    void open(const std::stop_token& stop) override {
        close();
        wait_.emplace(stop);
        if (transport_ == Transport::Rtu) {
            open_port();
        } else {
            connect();
        }
        begin();
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
        if (is_tcp_ && silent_ >= silence_that_reopens && closings_.answers() > 0) {
            reconnect();
        }
        try {
            return ask(request, timeout);
        } catch (const LinkLost&) {
            if (transport_ == Transport::Rtu || closings_.answers() == 0) {
                throw;
            }
        }
        // A peer may close when it likes. Only one that closes before any answer is of no use.
        closings_.closed(Clock::now());
        reconnect();
        if (is_write(request)) {
            throw Timeout("the connection was closed and is open again");
        }
        return ask(request, timeout);
    }

    Clock::time_point last_byte() const override { return last_byte_; }
    microseconds round_trip() const override { return round_trip_; }
    std::uint64_t skipped_bytes() const override { return dialogue_->skipped_bytes(); }
    LineHealth health() const override {
        LineHealth health = dialogue_->health();
        health.reopened = reopened_;
        health.advice = health.advice.empty() ? closings_.advice() : health.advice;
        return health;
    }

  private:
    Context make_context(const char* port, bool owns_port) const {
        Context context(modbus_new_rtu(port, settings_.baud, parity_letter(settings_.parity),
                                       settings_.data_bits, settings_.stop_bits),
                        CloseContext{owns_port});
        if (!context) {
            throw LinkLost(std::string(port) + ": " + modbus_strerror(errno));
        }
        modbus_set_error_recovery(context.get(), MODBUS_ERROR_RECOVERY_NONE);
        return context;
    }

    // libmodbus opens the port a second time, which the mark of exclusive use forbids: it comes last.
    void open_port() {
        port_.emplace(path_);
        context_ = make_context(path_.c_str(), true);
        if (modbus_connect(context_.get()) != 0) {
            const int error = errno;
            close();
            throw LinkLost(explain_open_error(path_, error));
        }
        fd_ = modbus_get_socket(context_.get());
        port_->claim();
    }

    void connect() {
        socket_ = connect_tcp(host_, port_number_, connect_timeout, *wait_);
        fd_ = socket_.get();
        if (!is_tcp_) {
            context_ = make_context("rtutcp", false); // any name: it is never opened
            modbus_set_socket(context_.get(), fd_);
        }
    }

    void reconnect() {
        context_.reset();
        socket_ = Descriptor();
        fd_ = -1;
        connect();
        begin();
        ++reopened_;
    }

    void begin() {
        last_byte_ = Clock::now();
        dialogue_->restart(last_byte_);
        closings_.opened();
        unasked_ = 0;
        silent_ = 0;
    }

    std::vector<std::uint16_t> ask(const Request& request, milliseconds timeout) {
        wait_for_silence(request);
        const auto started = Clock::now();
        dialogue_->asked(request, timeout, started);
        send(request);
        try {
            auto words = receive(request, started);
            answered(started);
            return words;
        } catch (const ExceptionReply&) {
            answered(started);
            throw;
        } catch (const Timeout&) {
            ++silent_;
            throw;
        }
    }

    void answered(Clock::time_point started) {
        unasked_ = 0;
        silent_ = 0;
        closings_.answered(last_byte_);
        round_trip_ = std::chrono::duration_cast<microseconds>(last_byte_ - started);
    }

    void wait_for_silence(const Request& request) {
        const auto began = Clock::now();
        while (wait_->until(dialogue_->may_ask_at(request), fd_, POLLIN) == Ready::Yes) {
            const std::size_t count = take_bytes();
            dialogue_->overheard(ByteView(buffer_).first(count), last_byte_);
            if (Clock::now() > dialogue_->asks_anyway_at(request, began)) {
                return;
            }
        }
    }

    void send(const Request& request) {
        bool sent = false;
        if (is_tcp_) {
            const Bytes frame = dialogue_->frame();
            sent = ::send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL) == std::ssize(frame);
        } else {
            const Bytes raw = raw_request(request);
            sent = modbus_send_raw_request(context_.get(), raw.data(), static_cast<int>(raw.size())) > 0;
        }
        if (!sent) {
            throw LinkLost("cannot send");
        }
    }

    std::vector<std::uint16_t> receive(const Request& request, Clock::time_point started) {
        const auto request_end =
            started + (is_tcp_ ? microseconds(0) : wire_time(timing_, serial_request_length(request)));
        std::optional<Clock::time_point> first_byte;
        while (true) {
            auto deadline = request_end + dialogue_->patience();
            if (first_byte && !is_tcp_) { // the answer itself may take longer than the meter's timeout
                deadline =
                    *first_byte + wire_time(timing_, serial_answer_length(request)) + dialogue_->patience();
            }
            // Also where bytes follow one another without end, or this process slept.
            if (wait_->until(deadline, fd_, POLLIN) == Ready::Deadline || Clock::now() > deadline) {
                dialogue_->give_up(Clock::now());
            }
            const std::size_t count = take_bytes();
            first_byte = count > 0 && !first_byte ? last_byte_ : first_byte;
            if (auto words = dialogue_->received(ByteView(buffer_).first(count), last_byte_)) {
                return *words;
            }
        }
    }

    // What has arrived is in buffer_; returns the number of bytes.
    std::size_t take_bytes() {
        const ssize_t count = ::read(fd_, buffer_.data(), buffer_.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return 0;
        }
        if (count <= 0) {
            throw LinkLost(transport_ == Transport::Rtu ? path_ + " is gone" : closings_.reason());
        }
        last_byte_ = Clock::now();
        unasked_ += static_cast<std::size_t>(count);
        if (unasked_ > most_unasked) {
            throw LinkLost("more data came than was asked for: another device answers, or an old connection "
                           "is replayed");
        }
        return static_cast<std::size_t>(count);
    }

    const Transport transport_;
    const std::string path_, host_; // of a serial port, of TCP
    const std::uint16_t port_number_;
    const LineSettings settings_;
    const LineTiming timing_;
    const bool is_tcp_ = transport_ == Transport::Tcp;
    const std::unique_ptr<Dialogue> dialogue_;

    std::optional<StopWait> wait_;
    std::optional<SerialPort> port_;
    Descriptor socket_;
    Context context_;
    int fd_ = -1; // of context_ or socket_
    std::array<std::uint8_t, 512> buffer_{};
    ClosedConnections closings_;
    std::uint64_t reopened_ = 0;
    int silent_ = 0; // requests in a row without an answer
    Clock::time_point last_byte_{};
    microseconds round_trip_{0};
    std::size_t unasked_ = 0; // bytes since the last good answer
};

} // namespace

std::unique_ptr<ModbusTransport> make_libmodbus_transport(const MeterConfig& meter) {
    return std::make_unique<LibmodbusTransport>(meter);
}

} // namespace gridbridge
