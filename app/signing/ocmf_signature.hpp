// Whether a signature fits. OpenSSL does the arithmetic.
#pragma once

#include "app/signing/ocmf.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// `key`: a public key as uncompressed point (04...) or as DER (SubjectPublicKeyInfo, 30...). Empty when the
// signature fits the bytes of `payload`, else what does not, for people.
std::string why_not_valid(std::string_view payload, const OcmfSignature& signature,
                          std::span<const std::uint8_t> key);

bool is_known_algorithm(std::string_view name); // OCMF 1.2, table 22
std::string known_algorithms();                 // "a, b, c"

// What about such a key does not go with the algorithm, for people, without its subject; empty: it does, or
// the algorithm is not known.
std::string why_key_not_usable(std::string_view algorithm, std::span<const std::uint8_t> key);
// The same key as DER; one that cannot be read comes back as it is.
std::vector<std::uint8_t> key_as_der(std::string_view algorithm, std::span<const std::uint8_t> key);

} // namespace gridbridge
