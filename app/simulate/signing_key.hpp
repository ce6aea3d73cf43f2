// The key pair of a simulated meter. OpenSSL does the arithmetic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// On brainpoolP256r1 or brainpoolP384r1; signs with ECDSA over SHA-256. The constructors throw
// std::runtime_error.
class SigningKey {
  public:
    explicit SigningKey(int bits);               // a new one: 256 or 384
    explicit SigningKey(const std::string& pem); // PKCS#8, not encrypted
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    ~SigningKey();

    std::string pem() const;
    int bits() const;
    std::vector<std::uint8_t> point() const;                     // uncompressed: 04, X, Y
    std::vector<std::uint8_t> der() const;                       // SubjectPublicKeyInfo
    std::vector<std::uint8_t> sign(std::string_view text) const; // DER
    // r and s side by side, each as long as a coordinate.
    std::vector<std::uint8_t> sign_raw(std::string_view text) const;

  private:
    struct Pair;
    std::unique_ptr<Pair> pair_;
};

} // namespace gridbridge
