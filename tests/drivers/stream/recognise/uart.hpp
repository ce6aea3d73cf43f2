// A serial line bit by bit: what a receiver makes of it at another speed or polarity.
#pragma once

#include "tests/drivers/stream/support.hpp"

#include <cstddef>
#include <vector>

namespace gridbridge::test {

// Levels of the line, `samples` per bit; idle is high.
class UartLine {
  public:
    explicit UartLine(std::size_t samples) : samples_(samples) { idle(20); }

    void idle(std::size_t bits) { hold(true, bits); }
    void send(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) {
            hold(false, 1);
            for (unsigned bit = 0; bit < 8; ++bit) {
                hold((byte >> bit & 1U) != 0, 1);
            }
            hold(true, 1);
        }
    }
    void invert() { levels_.flip(); }

    // An 8N1 receiver with `samples` per bit of its own. Bytes without a stop bit are dropped, as most
    // drivers do, or handed on.
    Bytes receive(std::size_t samples, bool keep_framing_errors = false) const {
        Bytes bytes;
        std::size_t at = 1;
        while (at + 10 * samples < levels_.size()) {
            if (!levels_[at - 1] || levels_[at]) { // no falling edge
                ++at;
                continue;
            }
            unsigned value = 0;
            for (std::size_t bit = 0; bit < 8; ++bit) {
                value |= (levels_[at + (bit + 1) * samples + samples / 2] ? 1U : 0U) << bit;
            }
            const bool stop = levels_[at + 9 * samples + samples / 2];
            if (stop || keep_framing_errors) {
                bytes.push_back(static_cast<std::uint8_t>(value));
            }
            at += 9 * samples + samples / 2;
        }
        return bytes;
    }

  private:
    void hold(bool level, std::size_t bits) { levels_.insert(levels_.end(), bits * samples_, level); }

    std::size_t samples_;
    std::vector<bool> levels_;
};

} // namespace gridbridge::test
