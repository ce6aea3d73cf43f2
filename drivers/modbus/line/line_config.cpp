#include "drivers/modbus/line/line_transport.hpp"

#include <algorithm>

namespace gridbridge {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

std::string connection_text(const MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
        return "Modbus TCP " + meter.host;
    case Transport::RtuOverTcp:
        return "Modbus RTU over TCP " + meter.host + ':' + std::to_string(meter.port);
    default:
        break;
    }
    return meter.path;
}

milliseconds response_timeout(const MeterConfig& meter) {
    // Before identification every meter on Modbus TCP may be an EM24 Ethernet.
    constexpr milliseconds shortest_on_tcp = 500ms;
    const DriverRow& row = driver_row(meter.driver);
    const milliseconds usual = meter.transport == Transport::Rtu   ? row.rtu_timeout
                               : meter.transport == Transport::Tcp ? row.tcp_timeout
                                                                   : 1000ms;
    const milliseconds chosen = meter.timeout.value_or(usual);
    return meter.transport == Transport::Tcp ? std::max(chosen, shortest_on_tcp) : chosen;
}

} // namespace gridbridge
