#include "drivers/stream/source/byte_source.hpp"

#include "drivers/stream/source/d0_source.hpp"

#include <utility>

namespace gridbridge {

SerialSettings serial_settings(const MeterConfig& meter) {
    SerialSettings settings;
    const LineSettings line = line_settings(meter);
    settings.baud = line.baud;
    settings.data_bits = line.data_bits;
    settings.parity = line.parity;
    settings.stop_bits = line.stop_bits;
    settings.request = meter.request;
    settings.seven_bit_text = driver_row(meter.driver).is_asked;
    return settings;
}

std::unique_ptr<Wire> make_line_source(const MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
    case Transport::RtuOverTcp:
        return make_tcp_source(meter.host, meter.port);
    case Transport::File:
        return make_file_source(meter.path);
    default:
        return make_serial_source(meter.path, serial_settings(meter));
    }
}

std::unique_ptr<Wire> byte_source_over(const MeterConfig& meter, std::unique_ptr<Wire> line) {
    return driver_row(meter.driver).is_asked ? make_d0_source(meter, std::move(line)) : std::move(line);
}

std::unique_ptr<Wire> make_byte_source(const MeterConfig& meter) {
    return byte_source_over(meter, make_line_source(meter));
}

} // namespace gridbridge
