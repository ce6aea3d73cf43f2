#include "drivers/io/link_names.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <arpa/inet.h>

namespace gridbridge {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 253;
constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_aaaa = 28;
constexpr std::uint16_t class_internet = 1;
constexpr std::uint16_t class_mask =
    0x7fff;                             // the bit above says that others of this name are to be forgotten
constexpr std::size_t record_head = 10; // type, class, time to live, length

std::string_view without_dot(std::string_view host) {
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

void append(std::vector<std::uint8_t>& bytes, std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xffU));
}

// The labels of a name, or none when one is too long or empty.
std::vector<std::uint8_t> labels_of(std::string_view host) {
    std::vector<std::uint8_t> bytes;
    for (const std::string_view label : split(without_dot(host), '.')) {
        if (label.empty() || label.size() > longest_label) {
            return {};
        }
        bytes.push_back(static_cast<std::uint8_t>(label.size()));
        bytes.insert(bytes.end(), label.begin(), label.end());
    }
    bytes.push_back(0);
    return bytes;
}

class Reader {
  public:
    explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

    bool has(std::size_t count) const { return count <= message_.size() - at_; }
    void skip(std::size_t count) { at_ += count; }
    std::span<const std::uint8_t> next(std::size_t count) const { return message_.subspan(at_, count); }
    std::uint16_t word(std::size_t offset) const {
        return static_cast<std::uint16_t>(message_[at_ + offset] << 8U | message_[at_ + offset + 1]);
    }

    // Passes over a name. Nothing when it is cut off, or refers to what is not before it.
    std::optional<std::string> name() {
        std::string text;
        std::size_t at = at_;
        std::size_t limit = message_.size();
        bool jumped = false;
        while (at < limit) {
            const std::size_t length = message_[at];
            if (length == 0) {
                at_ = jumped ? at_ : at + 1;
                return text;
            }
            if ((length & 0xc0U) == 0xc0U) { // each reference goes further back, so it comes to an end
                const std::size_t target =
                    at + 1 < message_.size() ? (length & 0x3fU) << 8U | message_[at + 1] : limit;
                if (!jumped) {
                    at_ = at + 2;
                    jumped = true;
                }
                if (target >= at || target < header_size) {
                    return std::nullopt;
                }
                limit = at;
                at = target;
                continue;
            }
            if (length > longest_label || at + 1 + length > limit ||
                text.size() + 1 + length > longest_name) {
                return std::nullopt;
            }
            text += text.empty() ? "" : ".";
            text.append(message_.begin() + static_cast<std::ptrdiff_t>(at + 1),
                        message_.begin() + static_cast<std::ptrdiff_t>(at + 1 + length));
            at += 1 + length;
        }
        return std::nullopt;
    }

  private:
    std::span<const std::uint8_t> message_;
    std::size_t at_ = 0; // never beyond the end
};

std::string address_text(int family, std::span<const std::uint8_t> bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr ? std::string()
                                                                                  : text.data();
}

struct Addresses {
    std::vector<std::string> v4;
    std::vector<std::string> v6;

    void take(std::uint16_t type, std::span<const std::uint8_t> data) {
        if (type == type_a && data.size() == 4) {
            v4.push_back(address_text(AF_INET, data));
        } else if (type == type_aaaa && data.size() == 16 &&
                   !(data[0] == 0xfe && (data[1] & 0xc0U) == 0x80U)) {
            v6.push_back(address_text(AF_INET6, data));
        }
    }
};

// False: the message is cut off.
bool take_record(Reader& reader, std::string_view host, Addresses& found) {
    const auto name = reader.name();
    if (!name || !reader.has(record_head)) {
        return false;
    }
    const std::uint16_t type = reader.word(0);
    const bool counts = (reader.word(2) & class_mask) == class_internet &&
                        (reader.word(4) != 0 || reader.word(6) != 0) && lower_case(*name) == host;
    const std::size_t length = reader.word(8);
    reader.skip(record_head);
    if (!reader.has(length)) {
        return false;
    }
    if (counts) {
        found.take(type, reader.next(length));
    }
    reader.skip(length);
    return true;
}

} // namespace

std::vector<std::uint8_t> link_name_question(std::string_view host, std::uint16_t id) {
    const auto labels = labels_of(host);
    if (labels.empty() || labels.size() > longest_name + 2) {
        return {};
    }
    std::vector<std::uint8_t> question;
    for (const std::uint16_t word :
         {id, std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}}) {
        append(question, word);
    }
    for (const std::uint16_t type : {type_a, type_aaaa}) {
        question.insert(question.end(), labels.begin(), labels.end());
        append(question, type);
        append(question, class_internet);
    }
    return question;
}

std::vector<std::string> addresses_of_link_name(std::span<const std::uint8_t> message, std::string_view host,
                                                std::uint16_t id) {
    constexpr std::uint16_t response = 0x8000;
    constexpr std::uint16_t error_code = 0x000f;
    Reader reader(message);
    if (!reader.has(header_size) || reader.word(0) != id || (reader.word(2) & response) == 0 ||
        (reader.word(2) & error_code) != 0) {
        return {};
    }
    const unsigned questions = reader.word(4);
    const unsigned records = 0U + reader.word(6) + reader.word(8) + reader.word(10);
    reader.skip(header_size);
    for (unsigned i = 0; i < questions; ++i) {
        if (!reader.name() || !reader.has(4)) {
            return {};
        }
        reader.skip(4);
    }
    const std::string name = lower_case(without_dot(host));
    Addresses found;
    for (unsigned i = 0; i < records && take_record(reader, name, found); ++i) {
    }
    found.v4.insert(found.v4.end(), found.v6.begin(), found.v6.end());
    return found.v4;
}

} // namespace gridbridge
