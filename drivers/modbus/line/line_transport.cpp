#include "drivers/modbus/line/line_transport.hpp"

#include "drivers/modbus/line/closed_connections.hpp"
#include "drivers/modbus/line/modbus_wire.hpp"
#include "drivers/modbus/line/tagged_dialogue.hpp"
#include "drivers/modbus/line/untagged_dialogue.hpp"

#include <array>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Without a good answer in between. A flood must not keep the thread busy for ever.
constexpr std::size_t most_unasked = std::size_t{64} * 1024;
// Some gateways fall silent until there is a new connection.
constexpr int silence_that_reopens = 3;

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

class LineTransport final : public ModbusTransport {
  public:
    LineTransport(const MeterConfig& meter, std::unique_ptr<Wire> wire)
        : timing_(timing_of(meter)), is_tcp_(meter.transport == Transport::Tcp),
          is_port_(meter.transport == Transport::Rtu), dialogue_(dialogue_of(meter)), wire_(std::move(wire)) {
    }

    void open(const std::stop_token& stop) override {
        close();
        stop_ = stop;
        connect();
    }

    void close() noexcept override {
        wire_->close();
        is_open_ = false;
    }

    std::vector<std::uint16_t> exchange(const Request& request, milliseconds timeout) override {
        if (!is_open_) {
            throw LinkLost("not open");
        }
        if (is_tcp_ && silent_ >= silence_that_reopens && closings_.answers() > 0) {
            reconnect();
        }
        try {
            return ask(request, timeout);
        } catch (const LinkLost&) {
            if (is_port_ || closings_.answers() == 0) {
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
    Clock::duration possible_lateness() const override { return dialogue_->possible_lateness(); }
    std::uint64_t skipped_bytes() const override { return dialogue_->skipped_bytes(); }
    LineHealth health() const override {
        LineHealth health = dialogue_->health();
        health.reopened = reopened_;
        health.advice = health.advice.empty() ? closings_.advice() : health.advice;
        return health;
    }

  private:
    void connect() {
        wire_->open(stop_);
        if (stop_.stop_requested()) {
            throw Stopped();
        }
        is_open_ = true;
        last_byte_ = Clock::now();
        dialogue_->restart(last_byte_);
        closings_.opened();
        unasked_ = 0;
        silent_ = 0;
    }

    void reconnect() {
        close();
        connect();
        ++reopened_;
    }

    std::vector<std::uint16_t> ask(const Request& request, milliseconds timeout) {
        wait_for_silence(request);
        const auto started = Clock::now();
        dialogue_->asked(request, timeout, started);
        wire_->write(dialogue_->frame(), stop_);
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
        while (const std::size_t count = take_bytes(dialogue_->may_ask_at(request))) {
            dialogue_->overheard(ByteView(buffer_).first(count), last_byte_);
            if (Clock::now() > dialogue_->asks_anyway_at(request, began)) {
                return;
            }
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
            const std::size_t count = Clock::now() > deadline ? 0 : take_bytes(deadline);
            const auto bytes = ByteView(buffer_).first(count);
            // Also where bytes follow one another without end, or this process slept.
            if (count == 0 || last_byte_ > deadline) {
                give_up(bytes);
            }
            first_byte = first_byte ? first_byte : last_byte_;
            if (auto words = dialogue_->received(bytes, last_byte_)) {
                return *words;
            }
        }
    }

    // Throws Timeout or BadReply. What came too late is nobody's answer.
    void give_up(ByteView late) {
        try {
            dialogue_->give_up(Clock::now());
        } catch (const std::runtime_error&) {
            if (!late.empty()) {
                dialogue_->overheard(late, last_byte_);
            }
            throw;
        }
    }

    // What has arrived until the deadline is in buffer_; returns the number of bytes. Throws Stopped.
    std::size_t take_bytes(Clock::time_point deadline) {
        const std::size_t count = read(deadline);
        if (count == 0) {
            if (stop_.stop_requested()) {
                throw Stopped();
            }
            return 0;
        }
        last_byte_ = Clock::now();
        unasked_ += count;
        if (unasked_ > most_unasked) {
            throw LinkLost("more data came than was asked for: another device answers, or an old connection "
                           "is replayed");
        }
        return count;
    }

    std::size_t read(Clock::time_point deadline) {
        if (is_port_) {
            return wire_->read_some(buffer_, deadline, stop_);
        }
        try {
            return wire_->read_some(buffer_, deadline, stop_);
        } catch (const LinkLost&) {
            throw LinkLost(closings_.reason());
        }
    }

    const LineTiming timing_;
    const bool is_tcp_;
    const bool is_port_;
    const std::unique_ptr<Dialogue> dialogue_;
    const std::unique_ptr<Wire> wire_;

    std::stop_token stop_;
    bool is_open_ = false;
    std::array<std::uint8_t, 512> buffer_{};
    ClosedConnections closings_;
    std::uint64_t reopened_ = 0;
    int silent_ = 0; // requests in a row without an answer
    Clock::time_point last_byte_{};
    microseconds round_trip_{0};
    std::size_t unasked_ = 0; // bytes since the last good answer
};

} // namespace

std::unique_ptr<ModbusTransport> line_transport_on(const MeterConfig& meter, std::unique_ptr<Wire> wire) {
    return std::make_unique<LineTransport>(meter, std::move(wire));
}

std::unique_ptr<ModbusTransport> make_line_transport(const MeterConfig& meter) {
    return line_transport_on(meter, make_modbus_wire(meter));
}

} // namespace gridbridge
