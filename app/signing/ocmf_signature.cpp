#include "app/signing/ocmf_signature.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/x509.h>

namespace gridbridge {
namespace {

struct FreeSignature {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
    void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeSignature>;

// OCMF 1.2, table 22; the two brainpool curves also as RFC 5639 spells them.
struct Algorithm {
    std::string_view name;
    const char* curve; // as OpenSSL calls it
    std::size_t bytes; // of r, s and a coordinate
};
constexpr std::array<Algorithm, 9> algorithms{{{"ECDSA-brainpoolP384r1-SHA256", "brainpoolP384r1", 48},
                                               {"ECDSA-brainpool384r1-SHA256", "brainpoolP384r1", 48},
                                               {"ECDSA-brainpoolP256r1-SHA256", "brainpoolP256r1", 32},
                                               {"ECDSA-brainpool256r1-SHA256", "brainpoolP256r1", 32},
                                               {"ECDSA-secp256r1-SHA256", "prime256v1", 32},
                                               {"ECDSA-secp384r1-SHA256", "secp384r1", 48},
                                               {"ECDSA-secp256k1-SHA256", "secp256k1", 32},
                                               {"ECDSA-secp192r1-SHA256", "prime192v1", 24},
                                               {"ECDSA-secp192k1-SHA256", "secp192k1", 24}}};

const Algorithm* find_algorithm(std::string_view name) {
    const auto* const found = std::find_if(algorithms.begin(), algorithms.end(),
                                           [&](const Algorithm& known) { return known.name == name; });
    return found == algorithms.end() ? nullptr : found;
}

constexpr std::uint8_t der_sequence = 0x30;
constexpr std::uint8_t uncompressed = 0x04;

Key key_of_point(std::span<const std::uint8_t> point, const char* curve) {
    const std::unique_ptr<EVP_PKEY_CTX, FreeSignature> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    std::string group = curve;
    std::vector<std::uint8_t> bytes(point.begin(), point.end());
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
        OSSL_PARAM_construct_end()};
    EVP_PKEY* key = nullptr;
    if (context && EVP_PKEY_fromdata_init(context.get()) == 1) {
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data());
    }
    return Key(key);
}

Key key_of_der(std::span<const std::uint8_t> der) {
    const unsigned char* at = der.data();
    return Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
}

Key key_of(std::span<const std::uint8_t> bytes, const char* curve) {
    if (!bytes.empty() && bytes.front() == uncompressed) {
        return key_of_point(bytes, curve);
    }
    return !bytes.empty() && bytes.front() == der_sequence ? key_of_der(bytes) : Key();
}

// Empty: of no curve with a name.
std::string curve_of(EVP_PKEY* key) {
    std::array<char, 64> name{};
    std::size_t size = 0;
    const bool has_name = EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1;
    return has_name ? std::string(name.data(), size) : std::string();
}

// Some systems build OpenSSL with few curves.
bool has_curve(const char* curve) {
    const std::unique_ptr<EC_GROUP, FreeSignature> group(EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve)));
    return group != nullptr;
}

// DER as it is; r and s of fixed length are made DER.
std::vector<std::uint8_t> der_of(const std::vector<std::uint8_t>& signature, std::size_t bytes) {
    if (signature.size() != 2 * bytes) {
        return signature;
    }
    const std::unique_ptr<ECDSA_SIG, FreeSignature> pair(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(signature.data(), static_cast<int>(bytes), nullptr);
    BIGNUM* s = BN_bin2bn(signature.data() + bytes, static_cast<int>(bytes), nullptr);
    ECDSA_SIG_set0(pair.get(), r, s);
    unsigned char* made = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &made);
    std::vector<std::uint8_t> der(made, made + std::max(size, 0));
    OPENSSL_free(made);
    return der;
}

std::string curve_is_missing(const char* curve) {
    return "OpenSSL on this system does not have the curve " + std::string(curve) +
           ": verify on one that has it";
}

} // namespace

std::string known_algorithms() {
    std::string names;
    for (const Algorithm& algorithm : algorithms) {
        names += (names.empty() ? "" : ", ") + std::string(algorithm.name);
    }
    return names;
}

bool is_known_algorithm(std::string_view name) {
    return find_algorithm(name) != nullptr;
}

std::string why_key_not_usable(std::string_view algorithm_name, std::span<const std::uint8_t> bytes) {
    const Algorithm* const algorithm = find_algorithm(algorithm_name);
    if (algorithm == nullptr) {
        return {};
    }
    const std::string curve = algorithm->curve;
    if (!has_curve(algorithm->curve)) {
        return "cannot be used: " + curve_is_missing(algorithm->curve);
    }
    const Key key = key_of(bytes, algorithm->curve);
    ERR_clear_error();
    if (key) {
        const std::string actual = curve_of(key.get());
        return actual == curve ? "" : "is on the curve " + actual + ", the record was signed on " + curve;
    }
    const std::size_t point_size = 1 + 2 * algorithm->bytes;
    if (!bytes.empty() && bytes.front() == uncompressed) {
        return bytes.size() == point_size ? "is no point of the curve " + curve
                                          : "has " + std::to_string(bytes.size()) + " bytes, a point of " +
                                                curve + " has " + std::to_string(point_size);
    }
    return !bytes.empty() && bytes.front() == der_sequence
               ? "is DER that cannot be read as a public key: it was cut off, or is a key of another kind"
               : "begins neither with 04, a point, nor with 30, DER";
}

std::vector<std::uint8_t> key_as_der(std::string_view algorithm_name, std::span<const std::uint8_t> bytes) {
    const Algorithm* const algorithm = find_algorithm(algorithm_name);
    const Key key = algorithm != nullptr ? key_of(bytes, algorithm->curve) : Key();
    unsigned char* made = nullptr;
    const int size = key ? i2d_PUBKEY(key.get(), &made) : 0;
    ERR_clear_error();
    if (size <= 0) {
        return {bytes.begin(), bytes.end()};
    }
    std::vector<std::uint8_t> der(made, made + size);
    OPENSSL_free(made);
    return der;
}

std::string why_not_valid(std::string_view payload, const OcmfSignature& signature,
                          std::span<const std::uint8_t> key_bytes) {
    const Algorithm* const algorithm = find_algorithm(signature.algorithm);
    if (algorithm == nullptr) {
        return "its algorithm " + in_quotes(signature.algorithm) + " is not known; known are " +
               known_algorithms();
    }
    if (!has_curve(algorithm->curve)) {
        return curve_is_missing(algorithm->curve);
    }
    const Key key = key_of(key_bytes, algorithm->curve);
    if (!key || curve_of(key.get()) != algorithm->curve) {
        ERR_clear_error();
        return "the key is not a public key on the curve " + std::string(algorithm->curve);
    }
    const std::unique_ptr<EVP_MD_CTX, FreeSignature> context(EVP_MD_CTX_new());
    const std::vector<std::uint8_t> der = der_of(signature.data, algorithm->bytes);
    const bool fits =
        context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), der.data(), der.size(),
                         reinterpret_cast<const unsigned char*>(payload.data()), payload.size()) == 1;
    ERR_clear_error();
    return fits ? std::string() : "the record, or its key, is not what the meter signed";
}

} // namespace gridbridge
