// Helpers of the stream tests.
#pragma once

#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/obis/decoder.hpp"
#include "drivers/stream/p1/p1.hpp"
#include "drivers/stream/sml/sml.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

inline Bytes read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What a decoder made of a stream.
struct Decoded {
    std::vector<Telegram> telegrams;
    std::vector<Bytes> raw;
    StreamCounters counters;

    std::uint64_t rejected(Rejection reason) const {
        return counters.rejected[static_cast<std::size_t>(reason)];
    }
};

using MakeDecoder = std::function<std::unique_ptr<StreamDecoder>(TelegramSink)>;

inline std::unique_ptr<StreamDecoder> make_p1(TelegramSink sink) {
    return std::make_unique<P1Decoder>(std::move(sink));
}
inline std::unique_ptr<StreamDecoder> make_sml(TelegramSink sink) {
    return std::make_unique<SmlDecoder>(std::move(sink));
}
inline std::unique_ptr<StreamDecoder> make_d0(TelegramSink sink) {
    return std::make_unique<D0Decoder>(std::move(sink));
}

// `next_size` says how many bytes the next piece has.
inline Decoded decode(const MakeDecoder& make, std::span<const std::uint8_t> bytes,
                      const std::function<std::size_t()>& next_size) {
    Decoded decoded;
    const auto decoder = make([&](const Telegram& telegram, std::span<const std::uint8_t> raw) {
        decoded.telegrams.push_back(telegram);
        decoded.raw.emplace_back(raw.begin(), raw.end());
    });
    while (!bytes.empty()) {
        const std::size_t size = std::min(std::max<std::size_t>(next_size(), 1), bytes.size());
        decoder->feed(bytes.first(size));
        bytes = bytes.subspan(size);
    }
    decoder->end_of_stream();
    decoded.counters = decoder->counters();
    return decoded;
}

inline Decoded decode_whole(const MakeDecoder& make, std::span<const std::uint8_t> bytes) {
    return decode(make, bytes, [&] { return bytes.size(); });
}

inline const ObisObject* find(const Telegram& telegram, std::string_view code) {
    const auto wanted = parse_obis(code);
    for (const ObisObject& object : telegram.objects) {
        if (object.id.empty() ? object.code == wanted : object.id == code) {
            return &object;
        }
    }
    return nullptr;
}

} // namespace gridbridge::test
