// Whether a signature fits. OpenSSL does the arithmetic.
#pragma once

#include "app/signing/ocmf.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// `key`: a public key as uncompressed point (04...) or as DER (SubjectPublicKeyInfo, 30...). Empty when the
// signature fits the bytes of `payload`, else what does not, for people.
std::string why_not_valid(std::string_view payload, const OcmfSignature& signature,
                          std::span<const std::uint8_t> key);

} // namespace gridbridge
