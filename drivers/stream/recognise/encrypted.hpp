// Encrypted streams: of whom, and whether the keys are right. Pure.
#pragma once

#include "drivers/stream/cipher/cipher_frame.hpp"
#include "drivers/stream/recognise/kinds.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace gridbridge {

// Messages of general-glo-ciphering (DB 08): Encrypted without a key, else what the keys make of them, or
// StreamKind::Nothing when none of them is whole yet. Nothing at all when there are none.
std::optional<StreamKind> judge_encrypted(std::span<const std::uint8_t> bytes,
                                          const std::optional<CipherKeys>& keys);

// A P1 header with something else than lines behind it: what Elgama meters in Poland send (a security header
// without tag and system title), or twice a block that looks random.
bool has_provider_cipher(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
