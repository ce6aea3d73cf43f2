#include "app/bundle/tar.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::size_t name_size = 100;

// Fields of the header: where they begin, and their size without the NUL behind a number.
struct Field {
    std::size_t at = 0, size = 0;
};
constexpr Field mode_field{100, 7}, owner_field{108, 7}, group_field{116, 7}, length_field{124, 11},
    changed_field{136, 11}, sum_field{148, 6};
constexpr std::size_t sum_end = 154; // NUL, blank
constexpr std::size_t type_at = 156;
constexpr std::size_t magic_at = 257;

using Block = std::array<std::uint8_t, block_size>;

void put_octal(Block& block, Field field, std::uint64_t number) {
    for (std::size_t i = field.size; i-- > 0; number >>= 3U) {
        block.at(field.at + i) = static_cast<std::uint8_t>('0' + (number & 7U));
    }
}

Block header_of(const TarEntry& entry, std::int64_t time) {
    constexpr std::string_view magic{"ustar\0"
                                     "00",
                                     8};
    Block block{};
    std::copy(entry.name.begin(), entry.name.end(), block.begin());
    put_octal(block, mode_field, 0644);
    put_octal(block, owner_field, 0);
    put_octal(block, group_field, 0);
    put_octal(block, length_field, entry.bytes.size());
    put_octal(block, changed_field, static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0)));
    block.at(type_at) = '0';
    std::copy(magic.begin(), magic.end(), block.begin() + magic_at);
    std::fill(block.begin() + sum_field.at, block.begin() + sum_end + 2, std::uint8_t{' '});
    put_octal(block, sum_field, std::accumulate(block.begin(), block.end(), std::uint64_t{0}));
    block.at(sum_end) = 0;
    return block;
}

} // namespace

Bytes tar_of(const std::vector<TarEntry>& entries, std::int64_t time) {
    Bytes out;
    for (const TarEntry& entry : entries) {
        if (entry.name.empty() || entry.name.size() > name_size) {
            throw std::invalid_argument("\"" + entry.name +
                                        "\": the name of a file in an archive has 1 to 100 bytes");
        }
        const Block header = header_of(entry, time);
        out.insert(out.end(), header.begin(), header.end());
        out.insert(out.end(), entry.bytes.begin(), entry.bytes.end());
        out.resize((out.size() + block_size - 1) / block_size * block_size);
    }
    out.resize(out.size() + 2 * block_size);
    return out;
}

} // namespace gridbridge
