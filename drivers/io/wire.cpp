#include "drivers/io/wire.hpp"

namespace gridbridge {

void Wire::write(std::span<const std::uint8_t> /*bytes*/, const std::stop_token& /*stop*/) {
    throw LinkLost(name() + ": cannot send: it is only read");
}

} // namespace gridbridge
