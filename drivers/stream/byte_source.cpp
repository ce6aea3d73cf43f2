#include "drivers/stream/byte_source.hpp"

#include "drivers/stream/asio_io.hpp"
#include "drivers/stream/d0_source.hpp"

#include <asio/io_context.hpp>
#include <asio/serial_port.hpp>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>

namespace gridbridge {
namespace {

using asio::error_code;

std::vector<std::uint8_t> with_even_parity(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint8_t> result(bytes.begin(), bytes.end());
    for (std::uint8_t& byte : result) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    return result;
}

class SerialSource final : public ByteSource {
  public:
    SerialSource(std::string path, SerialSettings settings) : path_(std::move(path)), settings_(settings) {}
    SerialSource(const SerialSource&) = delete;
    SerialSource& operator=(const SerialSource&) = delete;
    ~SerialSource() override { close(); } // takes the exclusive mark off the port

    void open(const std::stop_token& stop) override;
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override;
    void set_speed(int baud) override;
    void close() noexcept override;
    std::string name() const override { return path_; }

  private:
    void lock();
    void configure();
    void set_format(int data_bits, Parity parity);
    void set_request_lines();

    std::string path_;
    SerialSettings settings_;
    bool parity_in_bit_7_ = false; // of what is sent
    asio::io_context io_;
    asio::serial_port port_{io_};
};

void SerialSource::open(const std::stop_token& /*stop*/) {
    close();
    error_code error;
    port_.open(path_, error);
    if (error) {
        throw LinkError(error.value() == ENOTTY ? path_ + ": is no serial port"
                                                : describe_open_error(path_, error.value()));
    }
    try {
        lock();
        configure();
    } catch (...) {
        close();
        throw;
    }
}

// TIOCEXCL does not hold against root, flock not against programs that never ask.
void SerialSource::lock() {
    const int descriptor = port_.native_handle();
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        throw LinkError(describe_open_error(path_, errno));
    }
    ioctl(descriptor, TIOCEXCL);
}

void SerialSource::configure() {
    set_speed(settings_.baud);
    parity_in_bit_7_ = settings_.seven_bit_text && settings_.data_bits == 8;
    try {
        set_format(settings_.data_bits, settings_.parity);
    } catch (const LinkError&) { // some adapters have no 7 bits
        if (!settings_.seven_bit_text) {
            throw;
        }
        set_format(8, Parity::None);
        parity_in_bit_7_ = true;
    }
    set_request_lines();
}

void SerialSource::set_format(int data_bits, Parity parity) {
    using port = asio::serial_port_base;
    constexpr std::array parities{port::parity::none, port::parity::even, port::parity::odd};
    try {
        port_.set_option(port::character_size(static_cast<unsigned>(data_bits)));
        port_.set_option(port::parity(parities.at(static_cast<std::size_t>(parity))));
        port_.set_option(
            port::stop_bits(settings_.stop_bits == 2 ? port::stop_bits::two : port::stop_bits::one));
        port_.set_option(port::flow_control(port::flow_control::none));
    } catch (const std::system_error& error) {
        throw LinkError(path_ + ": cannot set " + std::to_string(data_bits) +
                        " data bits, parity and stop bits: " + error.code().message());
    }
}

void SerialSource::set_speed(int baud) {
    error_code error;
    port_.set_option(asio::serial_port_base::baud_rate(static_cast<unsigned>(baud)), error);
    if (error) {
        throw LinkError(path_ + ": cannot set " + std::to_string(baud) + " bit/s: " + error.message());
    }
}

// A pty has no such lines; that is no error.
void SerialSource::set_request_lines() {
    const int lines = TIOCM_RTS | TIOCM_DTR;
    ioctl(port_.native_handle(), settings_.request ? TIOCMBIS : TIOCMBIC, &lines);
}

std::size_t SerialSource::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                    const std::stop_token& stop) {
    error_code error;
    const std::size_t size = read_once(io_, port_, buffer, deadline, stop, error);
    if (error == asio::error::eof || error.value() == EIO || error.value() == ENODEV ||
        error.value() == ENXIO) {
        throw LinkError(path_ + ": link lost: the adapter was unplugged or the port closed");
    }
    if (error) {
        throw LinkError(path_ + ": link lost: " + error.message());
    }
    return size;
}

void SerialSource::write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) {
    const auto sent = parity_in_bit_7_ ? with_even_parity(bytes) : std::vector(bytes.begin(), bytes.end());
    if (const error_code error = write_all(io_, port_, sent, stop)) {
        throw LinkError(path_ + ": cannot send: " + error.message());
    }
}

void SerialSource::close() noexcept {
    if (port_.is_open()) {
        ioctl(port_.native_handle(), TIOCNXCL);
        error_code ignored;
        port_.close(ignored);
    }
}

} // namespace

void ByteSource::write(std::span<const std::uint8_t> /*bytes*/, const std::stop_token& /*stop*/) {
    throw LinkError(name() + ": cannot send: it is only read");
}

SerialSettings serial_settings(const MeterConfig& meter) {
    SerialSettings settings;
    const bool d0 = meter.driver == DriverKind::D0;
    const int default_baud = d0 && meter.mode == ReadoutMode::Request ? 300 : 9600;
    settings.baud = meter.baud.value_or(meter.driver == DriverKind::P1 ? 115200 : default_baud);
    settings.data_bits = meter.data_bits.value_or(d0 ? 7 : 8);
    settings.parity = meter.parity.value_or(d0 && settings.data_bits == 7 ? Parity::Even : Parity::None);
    settings.stop_bits = meter.stop_bits.value_or(1);
    settings.request = meter.request;
    settings.seven_bit_text = d0;
    return settings;
}

namespace {

std::unique_ptr<ByteSource> make_plain_source(const MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
    case Transport::RtuOverTcp:
        return make_tcp_source(meter.host, meter.port);
    case Transport::File:
        return make_file_source(meter.path);
    default:
        return std::make_unique<SerialSource>(meter.path, serial_settings(meter));
    }
}

} // namespace

std::unique_ptr<ByteSource> make_byte_source(const MeterConfig& meter) {
    auto source = make_plain_source(meter);
    return meter.driver == DriverKind::D0 ? make_d0_source(meter, std::move(source)) : std::move(source);
}

} // namespace gridbridge
