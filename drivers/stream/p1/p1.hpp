// P1 customer port telegrams (DSMR P1 Companion Standard 2.2 to 5.0.2, eMUCS-P1, Nordic and other relatives).
#pragma once

#include "drivers/stream/obis/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gridbridge {

struct P1Options {
    // Take telegrams that declare DSMR 4 or 5 but end without a checksum: some TCP relays strip it.
    bool accept_without_crc = false;
};

// Finds telegrams by "/XXX5", "!" and the checksum (5.0.2, chapter 5.2), and searches again behind the failed
// slash when the checksum is wrong: a telegram that was cut off is followed directly by a good one. DSMR 2.2
// and 3 have no checksum: such a telegram is taken when each of its lines is well formed.
//
// The checksum is CRC-16/ARC, or CRC-16/X-25 (Holley meters in Hungary). Its kind is settled by the first
// telegram that fits exactly one, and stays with the meter: two telegrams in a row of the other kind are
// refused before it counts.
class P1Decoder final : public FramingDecoder {
  public:
    static constexpr std::size_t max_telegram = 16384; // bytes; a text message alone may take 2 kB

    explicit P1Decoder(TelegramSink sink, P1Options options = {});

    // From now on only telegrams with a checksum are taken, whatever they declare.
    void require_checksum(bool required) { require_checksum_ = required; }

  private:
    struct End;
    void drain() override;
    void drain_end() override;
    bool seek_header();
    End find_end();
    void accept(const End& end);
    std::optional<Rejection> check(const End& end);
    bool is_checksum(unsigned sent, std::span<const std::uint8_t> telegram);
    void skip_to(std::size_t position) override;
    void reject(Rejection reason);
    void reject_at(const End& end, Rejection reason);

    enum class Checksum : std::uint8_t { Unknown, Arc, X25 };

    P1Options options_;
    bool require_checksum_ = false;
    Checksum kind_ = Checksum::Unknown;
    int of_other_kind_ = 0; // telegrams in a row
    std::size_t tries_ = 0; // headers tried for the end mark at tried_mark_, within one drain()
    std::size_t tried_mark_ = 0;
    Telegram telegram_; // being read
};

} // namespace gridbridge
