#include "app/sinks/boot.hpp"

#include "drivers/text/fnv.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace gridbridge {

std::uint64_t this_boot() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return std::max<std::uint64_t>(fnv1a<std::uint64_t>(id), 1);
}

} // namespace gridbridge
