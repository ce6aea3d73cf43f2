#include "app/config/portal_id.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>
#include <vector>

namespace gridbridge {
namespace {

std::string hex_digits_of(const std::string& mac) {
    std::string digits;
    std::copy_if(mac.begin(), mac.end(), std::back_inserter(digits), is_hex_digit);
    return digits;
}

std::string random_id() {
    std::random_device random;
    std::string id;
    for (int i = 0; i < 12; ++i) {
        id += hex_char(random());
    }
    return id;
}

} // namespace

std::string derive_portal_id() {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> interfaces;
    for (const auto& entry : fs::directory_iterator("/sys/class/net", error)) {
        if (fs::exists(entry.path() / "device", error)) { // only hardware has one
            interfaces.push_back(entry.path());
        }
    }
    std::sort(interfaces.begin(), interfaces.end());
    for (const fs::path& interface : interfaces) {
        std::string mac;
        std::getline(std::ifstream(interface / "address"), mac);
        std::string id = hex_digits_of(mac);
        if (id.size() == 12 && id != "000000000000") {
            return id;
        }
    }
    return random_id();
}

} // namespace gridbridge
