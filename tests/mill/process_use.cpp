#include "tests/mill/process_use.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gridbridge::mill {
namespace {

// A sanitizer keeps what was freed.
#ifdef __clang__
constexpr bool counts_memory = !__has_feature(address_sanitizer);
#else
constexpr bool counts_memory = true;
#endif

} // namespace

Use use_of(int pid) {
    Use use;
    const std::string folder = "/proc/" + std::to_string(pid);
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:") || line.starts_with("VmSwap:")) { // machines swap what idles
            use.kilobytes += std::strtol(line.c_str() + line.find(':') + 1, nullptr, 10);
        }
    }
    std::error_code ignored;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder + "/fd", ignored)) {
        ++use.descriptors;
    }
    return use;
}

std::string to_text(const Use& use) {
    return std::to_string(use.kilobytes) + " kB and " + std::to_string(use.descriptors) + " descriptors";
}

bool has_grown(const Use& before, const Use& now) {
    constexpr long more_memory = 3000;    // kB: allocators keep pages
    constexpr long more_descriptors = 12; // connections that are being made
    return (counts_memory && now.kilobytes > before.kilobytes + more_memory) ||
           now.descriptors > before.descriptors + more_descriptors;
}

} // namespace gridbridge::mill
