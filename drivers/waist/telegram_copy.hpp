// The latest telegram of a stream meter, as people ask for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

struct ObisValue {
    std::string code;  // "1-0:1.8.0"
    std::string value; // number or text as sent
    std::string unit;  // as sent; empty: none
};

// Immutable once made; shared between threads.
struct TelegramCopy {
    static constexpr std::size_t max_raw = 4096; // bytes kept; what asks for it has less room
    std::vector<std::uint8_t> raw;               // the first max_raw bytes
    std::size_t size = 0;                        // of the whole telegram, in bytes
    std::vector<ObisValue> values;               // in the order sent
};

using SharedTelegram = std::shared_ptr<const TelegramCopy>;

} // namespace gridbridge
