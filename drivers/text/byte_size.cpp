#include "drivers/text/byte_size.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <array>

namespace gridbridge {
namespace {

struct SizeUnit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 3> size_units{{{"GB", 1'000'000'000}, {"MB", 1'000'000}, {"kB", 1000}}};
constexpr std::uint64_t most_bytes = 1'000'000'000'000'000'000;

} // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
    for (const SizeUnit& unit : size_units) {
        if (!text.ends_with(unit.name)) {
            continue;
        }
        const auto number = parse_integer(trim(text.substr(0, text.size() - unit.name.size())));
        if (number && *number >= 0 && static_cast<std::uint64_t>(*number) <= most_bytes / unit.bytes) {
            return static_cast<std::uint64_t>(*number) * unit.bytes;
        }
    }
    return std::nullopt;
}

std::string byte_size_text(std::uint64_t bytes) {
    for (const SizeUnit& unit : size_units) {
        if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
            return std::to_string(bytes / unit.bytes) + " " + std::string(unit.name);
        }
    }
    return "0";
}

} // namespace gridbridge
