// Where the bytes of a stream come from: serial port, TCP endpoint or file.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/meter/meter_config.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace gridbridge {

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
std::unique_ptr<Wire> make_byte_source(const MeterConfig& meter);
// The same over a given line.
std::unique_ptr<Wire> byte_source_over(const MeterConfig& meter, std::unique_ptr<Wire> line);

// The same without asking by itself: for several D0 meters on one line.
std::unique_ptr<Wire> make_line_source(const MeterConfig& meter);

std::unique_ptr<Wire> make_serial_source(std::string path, SerialSettings settings);

std::unique_ptr<Wire> make_tcp_source(std::string host, std::uint16_t port);

// Reads a regular file to its end and then what is appended to it; a FIFO or device as it comes.
std::unique_ptr<Wire> make_file_source(std::string path);

} // namespace gridbridge
