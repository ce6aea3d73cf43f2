// Encrypted P1 telegrams: Luxembourg Smarty (E-Meter P1 Specification 1.1.3, chapter 3.2.5), Austrian
// Sagemcom T210-D-r.
#pragma once

#include "drivers/stream/cipher/cipher.hpp"
#include "drivers/stream/obis/framing.hpp"
#include "drivers/stream/p1/p1.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gridbridge {

// Head of a general-glo-ciphering message: DB, 08, system title, BER length, security control, counter.
struct CipherHead {
    static constexpr std::size_t max_size = 18;
    std::size_t size = 0;        // bytes before the cipher text, 16..18
    std::size_t cipher_text = 0; // bytes of it
    std::size_t frame() const;   // bytes of the whole frame, with its tag
};

enum class HeadState : std::uint8_t { Good, Incomplete, NoHead };

// Reads the head at the front of `bytes`. Incomplete: so far it may be one. NoHead: also a length that no
// telegram has.
HeadState read_cipher_head(std::span<const std::uint8_t> bytes, CipherHead& head);

// A length as BER encodes it.
struct BerLength {
    std::size_t size = 0; // bytes of the field; 0: bytes are missing
    std::size_t value = 0;
};

// At the front of `bytes`: short form, or one or two bytes behind 81 or 82; nothing for any other form.
std::optional<BerLength> read_ber_length(std::span<const std::uint8_t> bytes);

// Public and the same for all (E-Meter P1 Specification 1.1.3, Luxmetering).
inline constexpr CipherKey luxembourg_authentication{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                     0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};

struct CipherKeys {
    CipherKey encryption{};
    std::optional<CipherKey> authentication; // nothing: the public one of Luxembourg is tried
};

// Searches frames by their head and again from the following byte when one does not decipher: its first bytes
// also occur in cipher text. The telegram inside goes through P1Decoder. With an authentication key the tag
// must fit; without one either the tag made with the public key of Luxembourg or the telegram's own checksum.
// The raw bytes handed over are those of the encrypted frame.
class CipherDecoder final : public FramingDecoder {
  public:
    static constexpr std::size_t max_frame = CipherHead::max_size + P1Decoder::max_telegram + 12;

    CipherDecoder(TelegramSink sink, const CipherKeys& keys, P1Options options = {});

  private:
    void drain() override;
    bool seek_head();
    bool begins_a_telegram();
    void finish_frame();
    bool decipher_frame(std::span<const std::uint8_t> frame, const CipherKey* authentication);
    bool take_plain_text(bool needs_checksum);
    void reject(Rejection reason);

    CipherKeys keys_;
    CipherHead head_;
    bool promising_ = false; // the first block of the frame at at_ deciphers to a header
    std::vector<std::uint8_t> plain_;
    Telegram telegram_; // found by inner_
    std::size_t found_ = 0;
    P1Decoder inner_;
};

} // namespace gridbridge
