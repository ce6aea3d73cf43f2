#include "app/bundle/replacements.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace gridbridge {
namespace {

constexpr int most_attempts = 2000;

// Numbers that nobody can tell without the key.
class Dice {
  public:
    Dice(const BundleKey& key, std::string_view text, int attempt)
        : key_(key), seed_(std::string(text) + '\0' + std::to_string(attempt) + '\0') {}

    unsigned below(unsigned end) {
        if (at_ + 2 > bytes_.size()) {
            refill();
        }
        const unsigned number = unsigned{bytes_[at_]} << 8U | bytes_[at_ + 1];
        at_ += 2;
        return number % end;
    }

  private:
    void refill() {
        const std::string message = seed_ + std::to_string(block_++);
        unsigned size = 0;
        HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes_.data(), &size);
        at_ = 0;
    }

    const BundleKey& key_;
    std::string seed_;
    std::array<std::uint8_t, 32> bytes_{};
    std::size_t at_ = bytes_.size();
    int block_ = 0;
};

bool has_only_hex_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_hex_digit(c) || (!is_alphanumeric(c) && static_cast<unsigned char>(c) < 0x80);
    });
}

char other_digit(Dice& dice) {
    return static_cast<char>('0' + dice.below(10));
}
char other_letter(char c, bool is_hex, Dice& dice) {
    const unsigned letters = is_hex ? 6 : 26;
    return static_cast<char>((c >= 'a' ? 'a' : 'A') + static_cast<int>(dice.below(letters)));
}

// UTF-8: the character that begins at `at` becomes another of as many bytes.
void other_character(std::string& text, std::size_t at, Dice& dice) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        ++end;
    }
    for (std::size_t i = at + 1; i < end; ++i) {
        const bool is_second_of_more = i == at + 1 && lead >= 0xE0;
        const unsigned least = is_second_of_more && (lead == 0xED || lead == 0xF4) ? 0x80 : 0xA0;
        const unsigned choices = is_second_of_more && lead == 0xF4 ? 0x10 : 0x20;
        text[i] = static_cast<char>(least + dice.below(choices));
    }
}

// `is_fixed`: characters that stay.
std::string other_text(std::string text, const std::vector<bool>& is_fixed, Dice& dice) {
    const bool is_hex = has_only_hex_digits(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (is_fixed[i]) {
            continue;
        }
        if (i == 0 && text[i] >= '1' && text[i] <= '9') { // no number may begin with a zero in TOML
            text[i] = static_cast<char>('1' + dice.below(9));
        } else if (is_digit(text[i])) {
            text[i] = other_digit(dice);
        } else if (is_letter(text[i])) {
            text[i] = other_letter(text[i], is_hex, dice);
        } else if (byte >= 0xC2) {
            other_character(text, i, dice);
        }
    }
    return text;
}

std::string other_address(std::string_view text, Dice& dice) {
    std::string address;
    for (const std::string_view part : split(text, '.')) {
        const unsigned least = part.size() == 1 ? 0 : part.size() == 2 ? 10 : 100;
        const unsigned end = part.size() == 1 ? 10 : part.size() == 2 ? 100 : 256;
        std::string number = std::to_string(least + dice.below(end - least));
        address += (address.empty() ? "" : ".") + number;
    }
    return address;
}

// Which numbers of a DZG count wrongly is told by their first two digits; a number of more than eight begins
// as it did, so that it stays one of 32 bit.
std::string other_din_label(std::string text, Dice& dice) {
    constexpr std::size_t number_at = 6;
    const bool keeps_range = lower_case(text.substr(1, 3)) == "dzg" || text.size() > number_at + 8;
    for (std::size_t i = number_at + (keeps_range ? 2 : 0); i < text.size(); ++i) {
        text[i] = other_digit(dice);
    }
    return text;
}

class Assignment {
  public:
    Assignment(const SecretList& secrets, const BundleKey& key) : secrets_(secrets.by_length()), key_(key) {
        for (const Secret& secret : secrets_) {
            originals_.insert(lower_case(secret.text));
        }
    }

    std::vector<Replacement> run() {
        for (const Secret& secret : secrets_) {
            Replacement next{secret.text, {}, secret.kind};
            for (int attempt = 0; attempt < most_attempts && next.text.empty(); ++attempt) {
                Dice dice(key_, lower_case(secret.text), attempt);
                std::string text = candidate(secret, dice);
                next.text = is_good(secret.text, text) ? text : std::string();
                last_ = std::move(text);
            }
            next.text = next.text.empty() ? last_ : next.text;
            used_.insert(lower_case(next.text));
            done_.push_back(std::move(next));
        }
        return std::move(done_);
    }

  private:
    std::string candidate(const Secret& secret, Dice& dice) const {
        switch (secret.kind) {
        case SecretKind::Address:
            return other_address(secret.text, dice);
        case SecretKind::DinLabel:
            return other_din_label(secret.text, dice);
        default:
            break;
        }
        std::string text = secret.text;
        std::vector<bool> is_fixed(text.size());
        put_known(text, is_fixed);
        return other_text(std::move(text), is_fixed, dice);
    }

    // Secrets within the longer one, the longest first.
    void put_known(std::string& text, std::vector<bool>& is_fixed) const {
        const std::string small = lower_case(text);
        std::for_each(done_.rbegin(), done_.rend(), [&](const Replacement& known) {
            const std::string inner = lower_case(known.original);
            for (std::size_t at = small.find(inner); at != std::string::npos;
                 at = small.find(inner, at + 1)) {
                if (is_word(small, at, inner.size())) {
                    put(known, at, text, is_fixed);
                }
            }
        });
    }
    static bool is_word(const std::string& text, std::size_t at, std::size_t size) {
        const bool begins = at == 0 || !is_alphanumeric(text[at - 1]);
        return begins && (at + size >= text.size() || !is_alphanumeric(text[at + size]));
    }
    static void put(const Replacement& known, std::size_t at, std::string& text,
                    std::vector<bool>& is_fixed) {
        const auto from = is_fixed.begin() + static_cast<std::ptrdiff_t>(at);
        const auto to = from + static_cast<std::ptrdiff_t>(known.text.size());
        if (std::find(from, to, true) == to) {
            text.replace(at, known.text.size(), known.text);
            std::fill(from, to, true);
        }
    }

    bool is_good(const std::string& original, const std::string& text) const {
        constexpr std::size_t long_enough = 4; // shorter ones are in nearly everything
        const std::string small = lower_case(text);
        const bool is_free = originals_.count(small) == 0 && used_.count(small) == 0;
        const bool holds_none = std::none_of(originals_.begin(), originals_.end(), [&](const auto& secret) {
            return secret.size() >= long_enough && small.find(secret) != std::string::npos;
        });
        const bool has_value = small.find_first_not_of("0 .:-") != std::string::npos;
        const bool same_label =
            (label_of_text(text).text == text) == (label_of_text(original).text == original);
        const bool same_type =
            parse_number(text).has_value() == parse_number(original).has_value(); // in TOML
        return is_free && holds_none && has_value && same_label && same_type;
    }

    std::vector<Secret> secrets_;
    const BundleKey& key_;
    std::set<std::string, std::less<>> originals_, used_; // in small letters
    std::vector<Replacement> done_;
    std::string last_;
};

} // namespace

std::vector<Replacement> replacements_for(const SecretList& secrets, const BundleKey& key) {
    return Assignment(secrets, key).run();
}

} // namespace gridbridge
