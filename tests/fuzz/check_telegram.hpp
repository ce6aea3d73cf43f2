// What must hold for any input.
#pragma once

#include "drivers/stream/obis/decoder.hpp"
#include "drivers/stream/obis/obis_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

namespace gridbridge::fuzz {

inline void require(bool condition, const char* what) {
    if (!condition) {
        std::fputs(what, stderr);
        std::abort();
    }
}

inline void check(const Telegram& telegram) {
    require(telegram.objects.size() <= 4096, "too many objects\n");
    for (const ObisObject& object : telegram.objects) {
        require(!object.number || std::isfinite(*object.number), "number is not finite\n");
        const int forms =
            (object.number ? 1 : 0) + (object.groups.empty() ? 0 : 1) + (object.text.empty() ? 0 : 1);
        require(forms <= 1, "more than one of number, text and groups\n");
    }
    for (const Direction direction : {Direction::Auto, Direction::Signed, Direction::Status}) {
        const Reading reading = to_reading(telegram, direction);
        for (const QuantityRow& row : quantity_table) {
            require(std::abs(reading.get(row.quantity).value_or(0.0)) <= row.largest,
                    "quantity beyond its limit\n");
        }
    }
}

struct Outcome {
    std::uint64_t raw_bytes = 0;
    StreamCounters counters;
};

template <typename Make, typename NextSize>
Outcome decode(Make make, std::size_t max_raw, std::span<const std::uint8_t> bytes, NextSize next_size) {
    Outcome outcome;
    const auto decoder = make([&](const Telegram& telegram, std::span<const std::uint8_t> raw) {
        require(raw.size() <= max_raw, "telegram over its limit\n");
        outcome.raw_bytes += raw.size();
        check(telegram);
    });
    const std::size_t total = bytes.size();
    while (!bytes.empty()) {
        const std::size_t size = std::min(std::max<std::size_t>(next_size(), 1), bytes.size());
        decoder->feed(bytes.first(size));
        bytes = bytes.subspan(size);
    }
    decoder->silence();
    decoder->reset();
    outcome.counters = decoder->counters();
    require(outcome.raw_bytes + outcome.counters.skipped_bytes <= total, "more bytes than were fed\n");
    return outcome;
}

// Whole and in pieces whose sizes come from the input; both must agree.
template <typename Make>
void feed_in_pieces(Make make, std::size_t max_raw, std::span<const std::uint8_t> bytes) {
    const Outcome whole = decode(make, max_raw, bytes, [&] { return bytes.size(); });
    std::size_t at = 0;
    const Outcome pieces = decode(make, max_raw, bytes, [&] {
        at += 2;
        return std::size_t{bytes[at % bytes.size()]} * bytes[(at + 1) % bytes.size()] / 64;
    });
    require(whole.raw_bytes == pieces.raw_bytes && whole.counters.telegrams == pieces.counters.telegrams &&
                whole.counters.rejected == pieces.counters.rejected &&
                whole.counters.skipped_bytes == pieces.counters.skipped_bytes,
            "pieces matter\n");
}

} // namespace gridbridge::fuzz
