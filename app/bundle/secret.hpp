// Texts that say whose installation it is. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

enum class SecretKind : std::uint8_t {
    Number,  // of a device or a person: serial number, EAN, id; found within longer texts too
    Name,    // of a meter, a host, a user: as a whole word only
    Address, // IPv4
    DinLabel // DIN 43863-5, "1ISK0075234602": SML sends it as a number
};

struct Secret {
    std::string text;
    SecretKind kind = SecretKind::Number;

    bool operator==(const Secret&) const = default;
};

// Each once, whatever its case: capitals and small letters are taken for the same.
class SecretList {
  public:
    // A number or a name; what is an address or a DIN label is recognised as one. Left out: what has fewer
    // than two letters and digits, nothing but zeros, and words that the program itself uses ("grid"), which
    // say nothing of anybody. Octets of a DIN label in hexadecimal digits are that label, a MAC address is
    // its twelve digits.
    void add(std::string_view text, SecretKind kind);

    bool has(std::string_view text) const;
    // Short ones first.
    std::vector<Secret> by_length() const;
    std::size_t size() const { return secrets_.size(); }

  private:
    std::map<std::string, Secret, std::less<>> secrets_; // by the text in small letters
};

// "192.0.2.1"; nothing else.
bool is_ipv4(std::string_view text);
// "aa:bb:cc:dd:ee:ff", or with dashes.
bool is_mac(std::string_view text);
// Printed as on the meter.
bool is_din_label(std::string_view text);

} // namespace gridbridge
