#include "app/simulate/signing_key.hpp"

#include <array>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace gridbridge {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* memory) const { BIO_free(memory); }
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string("OpenSSL cannot ") + what);
    }
}

} // namespace

struct SigningKey::Pair {
    std::unique_ptr<EVP_PKEY, FreeKey> key;
};

SigningKey::SigningKey(int bits) : pair_(std::make_unique<Pair>()) {
    const char* const curve = bits == 256 ? "brainpoolP256r1" : "brainpoolP384r1";
    pair_->key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    require(pair_->key != nullptr, "make a key");
}

SigningKey::SigningKey(const std::string& pem) : pair_(std::make_unique<Pair>()) {
    const std::unique_ptr<BIO, FreeKey> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    pair_->key.reset(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    require(pair_->key != nullptr, "read the key");
}

SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

std::string SigningKey::pem() const {
    const std::unique_ptr<BIO, FreeKey> memory(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PKCS8PrivateKey(memory.get(), pair_->key.get(), nullptr, nullptr, 0, nullptr,
                                          nullptr) == 1,
            "write the key");
    std::string text(4096, '\0');
    const int size = BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
    text.resize(static_cast<std::size_t>(size > 0 ? size : 0));
    return text;
}

int SigningKey::bits() const {
    return EVP_PKEY_get_bits(pair_->key.get());
}

std::vector<std::uint8_t> SigningKey::point() const {
    std::array<unsigned char, 200> bytes{};
    std::size_t size = 0;
    require(EVP_PKEY_get_octet_string_param(pair_->key.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes.data(),
                                            bytes.size(), &size) == 1,
            "tell the public key");
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::vector<std::uint8_t> SigningKey::der() const {
    unsigned char* made = nullptr;
    const int size = i2d_PUBKEY(pair_->key.get(), &made);
    require(size > 0, "tell the public key");
    std::vector<std::uint8_t> der(made, made + size);
    OPENSSL_free(made);
    return der;
}

std::vector<std::uint8_t> SigningKey::sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, FreeKey> context(EVP_MD_CTX_new());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::vector<std::uint8_t> signature(200);
    std::size_t size = signature.size();
    require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair_->key.get()) == 1 &&
                EVP_DigestSign(context.get(), signature.data(), &size, bytes, text.size()) == 1,
            "sign");
    signature.resize(size);
    return signature;
}

std::vector<std::uint8_t> SigningKey::sign_raw(std::string_view text) const {
    const std::vector<std::uint8_t> der = sign(text);
    const unsigned char* at = der.data();
    const std::unique_ptr<ECDSA_SIG, FreeKey> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    require(pair != nullptr, "read its own signature");
    const auto length = static_cast<std::size_t>(bits()) / 8;
    std::vector<std::uint8_t> raw(2 * length);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), static_cast<int>(length));
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + length, static_cast<int>(length));
    return raw;
}

} // namespace gridbridge
