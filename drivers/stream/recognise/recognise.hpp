// Says what bytes are that give no telegram.
#pragma once

#include "drivers/stream/cipher/cipher_frame.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/stream/recognise/kinds.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gridbridge {

using Rejections = std::array<std::uint64_t, rejection_count>; // by Rejection

// How the bytes are read.
struct ReadAs {
    DriverKind driver = DriverKind::P1;  // one of a stream
    std::optional<CipherKeys> keys = {}; // P1
    Rejections rejected{};               // by its decoder, since its last telegram
};

// More bytes than any telegram has; further ones are not needed.
inline constexpr std::size_t recognised_bytes = 16384;

// `bytes`: what came since the last telegram, or the last recognised_bytes of it. Nothing unless the bytes
// prove the kind: a readout of the right dialect that is not at its end yet, one telegram damaged on its way
// and fewer than 16 bytes are nothing. Pure; takes no memory beyond a few copies of `bytes`.
StreamFinding recognise(std::span<const std::uint8_t> bytes, const ReadAs& read);

// The driver whose telegrams look most like the bytes, P1 if none does: for bytes whose driver nobody has
// named.
DriverKind likely_driver(std::span<const std::uint8_t> bytes);

// P1 before version 4 and push meters in ASCII are framed alike, so that both decoders take them. Only P1 has
// objects of its own channel 0-0 or of other media besides the serial number.
bool has_p1_objects(const Telegram& telegram);

} // namespace gridbridge
