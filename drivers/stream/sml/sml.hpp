// SML transport version 1 (BSI TR-03109-1 annex IV, chapter 8): frames of a byte stream as telegrams.
#pragma once

#include "drivers/stream/obis/framing.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace gridbridge {

// Escapes are matched byte by byte from the left: a lost byte must not cost more than its own frame. After a
// bad frame the search goes on behind its start sequence. The checksum is CRC-16/X-25, or Kermit (Holley
// DTZ541); the one that fitted last is tried first.
class SmlDecoder final : public FramingDecoder {
  public:
    static constexpr std::size_t max_frame = 4096; // bytes, escapes included; the largest seen is 504

    explicit SmlDecoder(TelegramSink sink);

  private:
    enum class Step : std::uint8_t { Again, NeedMore };
    void drain() override;
    bool seek_start();
    Step step();
    void restart_at(std::size_t start);
    void finish(std::size_t escape);
    std::optional<Rejection> check(std::size_t escape);
    bool is_checksum(std::span<const std::uint8_t> frame);
    std::span<const std::uint8_t> payload(std::size_t escape, std::size_t fill);
    void reject(Rejection reason);

    Telegram telegram_; // kept to reuse its memory
    std::vector<std::uint8_t> unescaped_;
    bool has_literal_escape_ = false;
    bool kermit_ = false;
};

} // namespace gridbridge
