#include "drivers/stream/recognise/line_ends.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

namespace gridbridge {
namespace {

constexpr std::uint8_t cr = '\r';
constexpr std::uint8_t lf = '\n';
constexpr std::uint8_t stx = 2;
constexpr std::uint8_t etx = 3;

using Bytes = std::vector<std::uint8_t>;
using Mend = Bytes (*)(std::span<const std::uint8_t> bytes);

// CR was taken away, or doubled: each LF with the CR in front of it is a line end.
Bytes mend_lf(std::span<const std::uint8_t> bytes) {
    Bytes result;
    for (const std::uint8_t byte : bytes) {
        if (byte == lf) {
            while (!result.empty() && result.back() == cr) {
                result.pop_back();
            }
            result.push_back(cr);
        }
        result.push_back(byte);
    }
    return result;
}

// CR became LF: each pair of LF is a line end.
Bytes mend_pairs(std::span<const std::uint8_t> bytes) {
    Bytes result(bytes.begin(), bytes.end());
    for (std::size_t at = 0; at + 1 < result.size(); ++at) {
        if (result[at] == lf && result[at + 1] == lf) {
            result[at] = cr;
            ++at;
        }
    }
    return result;
}

// LF was taken away from all.
Bytes mend_cr(std::span<const std::uint8_t> bytes) {
    Bytes result;
    if (std::find(bytes.begin(), bytes.end(), lf) != bytes.end()) {
        return {bytes.begin(), bytes.end()};
    }
    for (const std::uint8_t byte : bytes) {
        result.push_back(byte);
        if (byte == cr) {
            result.push_back(lf);
        }
    }
    return result;
}

constexpr std::array<Mend, 3> mends{mend_lf, mend_pairs, mend_cr};

bool fits_p1(std::span<const std::uint8_t> telegram, unsigned sent) {
    return crc16_arc(telegram) == sent || crc16_x25(telegram) == sent;
}

// `readout`: from the byte behind STX to ETX.
bool fits_d0(std::span<const std::uint8_t> readout, unsigned sent) {
    const unsigned sum = std::accumulate(readout.begin(), readout.end(), 0U,
                                         [](unsigned left, unsigned right) { return left ^ right; });
    return (sum & 0x7FU) == (sent & 0x7FU);
}

template <typename Fits>
bool fits_mended(std::span<const std::uint8_t> bytes, unsigned sent, Fits fits) {
    return !fits(bytes, sent) && std::any_of(mends.begin(), mends.end(), [&](Mend mend) {
        const Bytes mended = mend(bytes);
        return !std::equal(mended.begin(), mended.end(), bytes.begin(), bytes.end()) && fits(mended, sent);
    });
}

// The four digits behind the mark at the front of `bytes`.
std::optional<unsigned> read_crc(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t digits = 4;
    if (bytes.size() < 1 + digits) {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const std::uint8_t byte : bytes.subspan(1, digits)) {
        const auto digit = hex_digit(static_cast<char>(byte));
        if (!digit) {
            return std::nullopt;
        }
        value = value << 4U | static_cast<unsigned>(*digit);
    }
    return value;
}

constexpr std::size_t nowhere = std::dynamic_extent;

bool begins_telegram(std::span<const std::uint8_t> bytes) {
    return bytes.size() > 4 && bytes[0] == '/' &&
           std::all_of(bytes.begin() + 1, bytes.begin() + 4, is_letter);
}

} // namespace

std::size_t count_changed_line_ends_of_p1(std::span<const std::uint8_t> bytes) {
    std::size_t count = 0;
    std::size_t slash = nowhere; // of the telegram that `at` may be in
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (begins_telegram(bytes.subspan(at))) {
            slash = at;
        }
        const auto sent = slash != nowhere && bytes[at] == '!' ? read_crc(bytes.subspan(at)) : std::nullopt;
        if (sent) {
            count += fits_mended(bytes.subspan(slash, at + 1 - slash), *sent, fits_p1) ? 1U : 0U;
            slash = nowhere;
        }
    }
    return count;
}

std::size_t count_changed_line_ends_of_d0(std::span<const std::uint8_t> received) {
    Bytes bytes(received.begin(), received.end()); // without the parity
    for (std::uint8_t& byte : bytes) {
        byte &= 0x7FU;
    }
    std::size_t count = 0;
    std::size_t data = nowhere; // behind STX
    for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
        if (bytes[at] == stx) {
            data = at + 1;
        } else if (bytes[at] == etx && data != nowhere) {
            count +=
                fits_mended(std::span(bytes).subspan(data, at + 1 - data), bytes[at + 1], fits_d0) ? 1U : 0U;
            data = nowhere;
        }
    }
    return count;
}

} // namespace gridbridge
