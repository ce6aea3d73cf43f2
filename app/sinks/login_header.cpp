#include "app/sinks/login_header.hpp"

#include <openssl/evp.h>

#include <cstddef>

namespace gridbridge {

std::string token_header(const std::string& token, std::string_view target) {
    if (token.empty()) {
        return {};
    }
    return (target.find("/api/v2/") == std::string_view::npos ? "Bearer " : "Token ") + token;
}

std::string basic_header(const std::string& username, const std::string& password) {
    const std::string login = username + ":" + password;
    std::string encoded((login.size() + 2) / 3 * 4 + 1, '\0'); // with the zero that OpenSSL adds
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(login.data()), static_cast<int>(login.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

} // namespace gridbridge
