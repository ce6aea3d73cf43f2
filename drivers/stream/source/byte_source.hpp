// Where the bytes of a stream come from: serial port, TCP endpoint or file.
#pragma once

#include "drivers/io/link_lost.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace gridbridge {

// Used by one thread. Every wait ends at once when stop is requested. A closed source can be opened again.
class ByteSource {
  public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    // Returns within 5 s. Throws LinkLost. Returns without a link when stop was requested.
    virtual void open(const std::stop_token& stop) = 0;

    // Waits for the first byte. Returns the number of bytes read; 0 when the deadline passed or stop was
    // requested. Throws LinkLost when the link is lost.
    virtual std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                  const std::stop_token& stop) = 0;

    // Sends all bytes, or as many as went within 5 s. Throws LinkLost when the link is lost or cannot send.
    virtual void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop);

    // Changes the speed of an open serial line, in bit/s; a source without one ignores it. Throws LinkLost.
    virtual void set_speed(int /*baud*/) {}

    virtual void close() noexcept = 0;

    // "/dev/ttyUSB0", "TCP 192.0.2.10:3240"
    virtual std::string name() const = 0;

    // Whether reopening may bring back a link that has gone silent. Not so for a file: it would be read
    // again.
    virtual bool reopen_when_silent() const { return true; }
};

// Serial settings of a meter: what the configuration says, else the default of its driver.
struct SerialSettings {
    int baud = 0; // bit/s
    int data_bits = 8;
    Parity parity = Parity::None;
    int stop_bits = 1;
    bool request = true;         // assert RTS and DTR: data request of P1, supply of some optical heads
    bool seven_bit_text = false; // D0: a port that cannot do 7E1 is set to 8N1, with the parity in bit 7

    bool operator==(const SerialSettings&) const = default;
};
SerialSettings serial_settings(const MeterConfig& meter);

// By `meter.transport`: Serial, Tcp or File. The source of a D0 meter asks for readouts by itself.
std::unique_ptr<ByteSource> make_byte_source(const MeterConfig& meter);

// The same without asking by itself: for several D0 meters on one line.
std::unique_ptr<ByteSource> make_line_source(const MeterConfig& meter);

std::unique_ptr<ByteSource> make_serial_source(std::string path, SerialSettings settings);

std::unique_ptr<ByteSource> make_tcp_source(std::string host, std::uint16_t port);

// Reads a regular file to its end and then what is appended to it; a FIFO or device as it comes.
std::unique_ptr<ByteSource> make_file_source(std::string path);

} // namespace gridbridge
