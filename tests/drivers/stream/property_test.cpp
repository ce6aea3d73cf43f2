// However a stream is cut into pieces, the same comes out; whatever stands between telegrams, nothing breaks.
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

using Random = std::mt19937;

Bytes noise(Random& random) {
    // Bytes that mean something to the framers are frequent.
    static constexpr std::string_view marks = "/!()*\r\nABC5\x1B\x1B\x1B\x1B\x01\x01\x01\x01\x1A\x02\x03\x06";
    Bytes bytes(random() % 300);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random() % 2 == 0 ? marks[random() % marks.size()]
                                                           : static_cast<char>(random()));
    }
    return bytes;
}

void damage(Bytes& bytes, Random& random) {
    const auto at = [&] { return bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size()); };
    switch (random() % 4) {
    case 0:
        bytes.erase(at());
        break;
    case 1:
        bytes.insert(at(), static_cast<std::uint8_t>(random()));
        break;
    case 2:
        bytes.erase(at(), bytes.end());
        break;
    default:
        break;
    }
}

struct Stream {
    Bytes bytes;
    std::size_t telegrams = 0; // not damaged
};

template <typename Encode>
Stream make_stream(Random& random, Encode encode) {
    Stream stream;
    for (int i = 0; i < 8; ++i) {
        Bytes telegram = encode(static_cast<double>(random() % 100000));
        const Bytes whole = telegram;
        if (random() % 2 == 0) {
            damage(telegram, random);
        }
        stream.telegrams += telegram == whole ? 1U : 0U;
        stream.bytes.insert(stream.bytes.end(), telegram.begin(), telegram.end());
        if (random() % 3 == 0) {
            const Bytes between = noise(random);
            stream.bytes.insert(stream.bytes.end(), between.begin(), between.end());
        }
    }
    return stream;
}

void expect_same(const Decoded& first, const Decoded& second) {
    ASSERT_EQ(first.raw, second.raw);
    ASSERT_EQ(first.counters.telegrams, second.counters.telegrams);
    ASSERT_EQ(first.counters.rejected, second.counters.rejected);
    ASSERT_EQ(first.counters.skipped_bytes, second.counters.skipped_bytes);
}

template <typename Encode>
void check_streams(const MakeDecoder& make, Encode encode) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const Stream stream = make_stream(random, encode);
        const Decoded whole = decode_whole(make, stream.bytes);
        expect_same(whole, decode(make, stream.bytes, [] { return std::size_t{1}; }));
        expect_same(whole, decode(make, stream.bytes, [&] { return std::size_t{random() % 400}; }));
        // Noise may swallow the telegram it runs into, never more.
        EXPECT_LE(whole.telegrams.size(), 8U);
        EXPECT_GE(whole.telegrams.size() + 4, stream.telegrams);
    }
}

TEST(Property, P1PiecesDoNotMatter) {
    check_streams(make_p1, [](double seconds) { return bytes_of(p1_telegram(simulate_values(seconds))); });
}

TEST(Property, SmlPiecesDoNotMatter) {
    check_streams(make_sml, [](double seconds) { return sml_telegram(simulate_values(seconds)); });
}

TEST(Property, D0PiecesDoNotMatter) {
    check_streams(make_d0, [](double seconds) { return bytes_of(d0_telegram(simulate_values(seconds))); });
    check_streams(make_d0, [](double seconds) {
        return bytes_of(d0_telegram(simulate_values(seconds), {.has_checksum = true, .short_ids = true}));
    });
}

TEST(Property, EndlessNoiseIsCountedAndForgotten) {
    Random random(7);
    for (const auto& make : {make_p1, make_sml, make_d0}) {
        const auto decoder = make([](const Telegram&, std::span<const std::uint8_t>) { FAIL(); });
        std::uint64_t fed = 0;
        for (int i = 0; i < 2000; ++i) {
            Bytes piece = noise(random);
            decoder->feed(piece);
            fed += piece.size();
        }
        EXPECT_LE(decoder->counters().skipped_bytes, fed);
        EXPECT_GT(decoder->counters().skipped_bytes, fed / 2);
    }
}

} // namespace
} // namespace gridbridge::test
