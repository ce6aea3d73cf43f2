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
#include <openssl/params.h>
#include <openssl/x509.h>

namespace gridbridge {
namespace {

struct FreeSignature {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeSignature>;

// OCMF 1.2, table 22, without the curves that nobody signs with; the two brainpool curves also as RFC 5639
// spells them.
struct Algorithm {
    std::string_view name;
    const char* curve;
    std::size_t bytes; // of r, s and a coordinate
};
constexpr std::array<Algorithm, 6> algorithms{{{"ECDSA-brainpoolP384r1-SHA256", "brainpoolP384r1", 48},
                                               {"ECDSA-brainpool384r1-SHA256", "brainpoolP384r1", 48},
                                               {"ECDSA-brainpoolP256r1-SHA256", "brainpoolP256r1", 32},
                                               {"ECDSA-brainpool256r1-SHA256", "brainpoolP256r1", 32},
                                               {"ECDSA-secp256r1-SHA256", "prime256v1", 32},
                                               {"ECDSA-secp384r1-SHA256", "secp384r1", 48}}};

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

bool is_on(EVP_PKEY* key, const char* curve) {
    std::array<char, 64> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
           std::string_view(name.data(), size) == curve;
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

std::string known_algorithms() {
    std::string names;
    for (const Algorithm& algorithm : algorithms) {
        names += (names.empty() ? "" : ", ") + std::string(algorithm.name);
    }
    return names;
}

} // namespace

std::string why_not_valid(std::string_view payload, const OcmfSignature& signature,
                          std::span<const std::uint8_t> key_bytes) {
    const auto* const algorithm =
        std::find_if(algorithms.begin(), algorithms.end(),
                     [&](const Algorithm& known) { return known.name == signature.algorithm; });
    if (algorithm == algorithms.end()) {
        return "its algorithm " + in_quotes(signature.algorithm) + " is not known; known are " +
               known_algorithms();
    }
    Key key;
    if (!key_bytes.empty() && key_bytes.front() == uncompressed) {
        key = key_of_point(key_bytes, algorithm->curve);
    } else if (!key_bytes.empty() && key_bytes.front() == der_sequence) {
        key = key_of_der(key_bytes);
    }
    if (!key || !is_on(key.get(), algorithm->curve)) {
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
