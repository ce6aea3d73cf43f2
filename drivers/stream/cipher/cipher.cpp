#include "drivers/stream/cipher/cipher.hpp"

#include "drivers/text/hex.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <memory>

namespace gridbridge {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

int size_of(std::span<const std::uint8_t> bytes) {
    return static_cast<int>(bytes.size());
}

} // namespace

std::optional<CipherKey> parse_cipher_key(std::string_view hex) {
    CipherKey key{};
    const auto bytes = bytes_of_hex(hex);
    if (!bytes || bytes->size() != key.size()) {
        return std::nullopt;
    }
    std::copy(bytes->begin(), bytes->end(), key.begin());
    return key;
}

bool decipher(const CipherKey& key, const Ciphered& message, std::vector<std::uint8_t>& plain) {
    plain.resize(message.cipher_text.size());
    const Context context(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool deciphered =
        context != nullptr &&
        EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, nullptr, nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_IVLEN, size_of(message.iv), nullptr) == 1 &&
        EVP_DecryptInit_ex(context.get(), nullptr, nullptr, key.data(), message.iv.data()) == 1 &&
        (message.additional_data.empty() ||
         EVP_DecryptUpdate(context.get(), nullptr, &size, message.additional_data.data(),
                           size_of(message.additional_data)) == 1) &&
        EVP_DecryptUpdate(context.get(), plain.data(), &size, message.cipher_text.data(),
                          size_of(message.cipher_text)) == 1;
    if (!deciphered || message.tag.empty()) {
        return deciphered;
    }
    std::vector<std::uint8_t> tag(message.tag.begin(), message.tag.end()); // OpenSSL takes it as not const
    std::array<std::uint8_t, 16> rest{};
    return EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, size_of(tag), tag.data()) == 1 &&
           EVP_DecryptFinal_ex(context.get(), rest.data(), &size) == 1;
}

} // namespace gridbridge
