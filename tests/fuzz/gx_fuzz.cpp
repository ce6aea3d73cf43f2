// Any bytes as what a client of the served EM24 Ethernet sends.
#include "app/gx/em24_slave.hpp"
#include "app/simulate/modbus_slave.hpp"

#include <cstdlib>

namespace {

using namespace gridbridge;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

Reading some_reading(std::uint8_t seed) {
    Reading reading;
    reading.received = Clock::time_point{std::chrono::hours(1)};
    for (const QuantityRow& row : quantity_table) {
        if ((index_of(row.quantity) + seed) % 7 != 0) {
            reading.set(row.quantity, 1e4 * seed - 1e6);
        }
    }
    reading.set(Quantity::Power, 1.0);
    return reading;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::uint8_t seed = size > 0 ? data[0] : std::uint8_t{0};
    const Reading reading = some_reading(seed);
    Em24Slave slave("1.2.3");
    slave.take("serial", reading, std::chrono::seconds(1), reading.received);
    std::span<const std::uint8_t> rest(data, size);
    std::size_t consumed = 0;
    while (const auto request = take_request(rest, SlaveFraming::Tcp, consumed)) {
        require(consumed > 0 && consumed <= rest.size());
        rest = rest.subspan(consumed);
        const auto pdu = slave.answer(request->unit, request->pdu, reading.received);
        require(pdu.size() >= 2 && pdu.size() <= 253);
        require((pdu[0] & 0x7F) == (request->pdu[0] & 0x7F));
        require(framed(*request, pdu, SlaveFraming::Tcp).size() == pdu.size() + 7);
    }
    return 0;
}
