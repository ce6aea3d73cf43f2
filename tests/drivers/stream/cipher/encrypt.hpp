// Encrypted frames as a meter makes them, straight on OpenSSL.
#pragma once

#include "drivers/stream/cipher/cipher.hpp"
#include "tests/drivers/stream/support.hpp"

#include <openssl/evp.h>

namespace gridbridge::test {

inline Bytes from_hex(std::string_view hex) {
    Bytes bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

// general-glo-ciphering with the counter `counter`; 12 bytes of tag.
inline Bytes encrypted(std::span<const std::uint8_t> text, const CipherKey& key,
                       const CipherKey& authentication, std::uint8_t counter = 1) {
    Bytes frame = from_hex("db08534147677000010282");
    const std::size_t length = 17 + text.size();
    frame.push_back(static_cast<std::uint8_t>(length >> 8U));
    frame.push_back(static_cast<std::uint8_t>(length));
    for (const std::uint8_t byte : Bytes{0x30, 0, 0, 0, counter}) {
        frame.push_back(byte);
    }
    Bytes iv = from_hex("5341476770000102000000");
    iv.push_back(counter);
    Bytes aad{0x30};
    aad.insert(aad.end(), authentication.begin(), authentication.end());
    Bytes cipher(text.size());
    Bytes tag(12);
    int size = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, key.data(), iv.data());
    EVP_EncryptUpdate(context, nullptr, &size, aad.data(), static_cast<int>(aad.size()));
    EVP_EncryptUpdate(context, cipher.data(), &size, text.data(), static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(context, tag.data(), &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 12, tag.data());
    EVP_CIPHER_CTX_free(context);
    frame.insert(frame.end(), cipher.begin(), cipher.end());
    frame.insert(frame.end(), tag.begin(), tag.end());
    return frame;
}

} // namespace gridbridge::test
