// The latest telegram of a stream meter, as people ask for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct ObisValue {
    std::string code;                  // "1-0:1.8.0"; D0: as sent where that is no code ("F.F")
    std::string value;                 // number or text as sent
    std::string unit;                  // as sent; empty: none
    std::optional<double> number = {}; // finite; nothing: the value is a text
    std::string time = {};             // the object's own time stamp as sent; empty: none
};

// Immutable once made; shared between threads.
struct TelegramCopy {
    static constexpr std::size_t max_raw = 4096; // bytes kept; what asks for it has less room
    std::vector<std::uint8_t> raw;               // the first max_raw bytes; empty unless queries are answered
    std::size_t size = 0;                        // of the whole telegram, in bytes
    std::vector<ObisValue> values;               // in the order sent; empty unless somebody wants them
    // The whole telegram as people read it; of octets their hexadecimal digits. As long as the dialect's
    // telegrams may be (twice that in digits). Empty unless the meter is configured so.
    std::string text;
};

using SharedTelegram = std::shared_ptr<const TelegramCopy>;

} // namespace gridbridge
