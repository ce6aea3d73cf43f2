// Any bytes as an answer of multicast DNS: few addresses at most, each of them one.
#include "drivers/io/link_names.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    const std::span message(data, size);
    const std::uint16_t id = size < 2 ? 0 : static_cast<std::uint16_t>(data[0] << 8U | data[1]);
    for (const std::string& address : addresses_of_link_name(message, "meter.local", id)) {
        if (address.empty() || address.find_first_not_of("0123456789abcdef:.") != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
