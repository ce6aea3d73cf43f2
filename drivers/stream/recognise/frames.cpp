#include "drivers/stream/recognise/frames.hpp"

#include "drivers/text/crc16.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace gridbridge {
namespace {

constexpr std::uint8_t hdlc_flag = 0x7E;
constexpr std::uint8_t mbus_start = 0x68;
constexpr std::uint8_t mbus_stop = 0x16;

// Goes through the bytes; `size_at` says how long the frame is that begins at the front of a rest, 0: none.
template <typename SizeAt, typename IsGood>
FrameCount count_frames(std::span<const std::uint8_t> bytes, std::uint8_t first, SizeAt size_at,
                        IsGood is_good) {
    FrameCount count;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto rest = bytes.subspan(at);
        const std::size_t size = rest[0] == first ? size_at(rest) : 0;
        if (size == 0) {
            ++at;
            continue;
        }
        ++count.framed;
        const bool good = is_good(rest.first(size));
        count.good += good ? 1U : 0U;
        at += good ? size - 1 : 1; // two HDLC frames may share a flag
    }
    return count;
}

} // namespace

FrameCount count_hdlc(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t shortest =
        9; // between the flags: format, addresses, control, header check, one byte
    const auto size_at = [](std::span<const std::uint8_t> rest) -> std::size_t {
        if (rest.size() < 3 || (rest[1] & 0xF0U) != 0xA0U) {
            return 0;
        }
        const std::size_t length = (rest[1] & 0x07U) << 8U | rest[2];
        const bool fits = length >= shortest && length + 2 <= rest.size() && rest[length + 1] == hdlc_flag;
        return fits ? length + 2 : 0;
    };
    return count_frames(bytes, hdlc_flag, size_at, [](std::span<const std::uint8_t> frame) {
        const auto covered = frame.subspan(1, frame.size() - 4);
        const unsigned low = frame[frame.size() - 3];
        const unsigned high = frame[frame.size() - 2];
        return crc16_x25(covered) == (high << 8U | low);
    });
}

FrameCount count_mbus(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t frame_bytes = 6; // beside what the length counts
    const auto size_at = [](std::span<const std::uint8_t> rest) -> std::size_t {
        const bool begins = rest.size() >= 4 && rest[1] == rest[2] && rest[1] >= 3 && rest[3] == mbus_start;
        const std::size_t size = begins ? rest[1] + frame_bytes : 0;
        return begins && size <= rest.size() && rest[size - 1] == mbus_stop ? size : 0;
    };
    return count_frames(bytes, mbus_start, size_at, [](std::span<const std::uint8_t> frame) {
        const auto covered = frame.subspan(4, frame.size() - frame_bytes);
        const unsigned sum = std::accumulate(covered.begin(), covered.end(), 0U);
        return (sum & 0xFFU) == frame[frame.size() - 2];
    });
}

std::size_t count_sml_starts(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 8> start{0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1};
    constexpr std::array<std::uint8_t, 8> by_parity{0x1B, 0x1B, 0x1B, 0x1B, 0, 0, 0, 0};
    std::size_t count = 0;
    for (const auto& pattern : {start, by_parity}) {
        for (auto at = std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end());
             at != bytes.end();
             at = std::search(at + std::ssize(pattern), bytes.end(), pattern.begin(), pattern.end())) {
            ++count;
        }
    }
    return count;
}

bool has_sml_parts(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 5> end{0x1B, 0x1B, 0x1B, 0x1B, 0x1A};
    constexpr std::array<std::uint8_t, 4> entry{0x77, 0x07, 0x01, 0x00};
    return std::search(bytes.begin(), bytes.end(), end.begin(), end.end()) != bytes.end() ||
           std::search(bytes.begin(), bytes.end(), entry.begin(), entry.end()) != bytes.end();
}

} // namespace gridbridge
