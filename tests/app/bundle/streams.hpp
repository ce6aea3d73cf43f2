// Streams of meters, and what their own decoders make of them.
#pragma once

#include "app/bundle/sml_secrets.hpp"
#include "app/bundle/telegram_secrets.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "drivers/stream/obis/decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gridbridge {

inline Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}
inline std::string text_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

inline Patterns patterns_for(const SecretPlaces& places, const std::vector<std::string>& known = {}) {
    SecretList list;
    for (const SecretPlace& place : places) {
        list.add(place.secret, SecretKind::Number);
    }
    for (const std::string& secret : known) {
        list.add(secret, SecretKind::Number);
    }
    BundleKey key{};
    key.fill(5);
    return Patterns(replacements_for(list, key));
}

inline Bytes anonymous(WireDialect dialect, const Bytes& stream, const std::vector<std::string>& known = {}) {
    if (dialect == WireDialect::Sml) {
        return anonymous_sml(stream, patterns_for(places_in_sml(stream), known));
    }
    return anonymous_telegrams(dialect, stream, patterns_for(places_in_telegrams(dialect, stream), known));
}

struct Decoded {
    std::vector<Telegram> telegrams;
    StreamCounters counters;
};
template <typename Decoder>
Decoded decoded(const Bytes& stream) {
    Decoded out;
    Decoder decoder(
        [&](const Telegram& telegram, std::span<const std::uint8_t>) { out.telegrams.push_back(telegram); });
    decoder.feed(stream);
    out.counters = decoder.counters();
    return out;
}

template <typename Decoder>
void expect_same_reading(const Bytes& before, const Bytes& after) {
    const Decoded was = decoded<Decoder>(before);
    const Decoded is = decoded<Decoder>(after);
    EXPECT_EQ(before.size(), after.size());
    ASSERT_EQ(was.telegrams.size(), is.telegrams.size());
    EXPECT_EQ(was.counters.rejected, is.counters.rejected);
    EXPECT_EQ(was.counters.skipped_bytes, is.counters.skipped_bytes);
    for (std::size_t i = 0; i < was.telegrams.size(); ++i) {
        EXPECT_EQ(was.telegrams[i].serial.empty(), is.telegrams[i].serial.empty());
        EXPECT_TRUE(was.telegrams[i].serial.empty() || was.telegrams[i].serial != is.telegrams[i].serial);
        ASSERT_EQ(was.telegrams[i].objects.size(), is.telegrams[i].objects.size());
        for (std::size_t n = 0; n < was.telegrams[i].objects.size(); ++n) {
            EXPECT_EQ(was.telegrams[i].objects[n].number, is.telegrams[i].objects[n].number);
        }
    }
}

inline Bytes p1(double seconds, const P1Meter& meter = {}) {
    return bytes_of(p1_telegram(simulate_values(seconds), meter));
}

inline void add(Bytes& stream, const Bytes& more) {
    stream.insert(stream.end(), more.begin(), more.end());
}

} // namespace gridbridge
