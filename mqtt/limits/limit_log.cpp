#include "mqtt/limits/limit_log.hpp"

#include "drivers/text/hex.hpp"

#include <openssl/evp.h>

#include <array>
#include <span>
#include <stdexcept>

namespace gridbridge {
namespace {

constexpr std::string_view hash_member = R"(,"hash":")";
constexpr std::string_view line_end = "\"}";
constexpr std::size_t hash_size = 64;

std::string sha256_hex(std::string_view text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available: install an OpenSSL library that has it");
    }
    return hex_text(std::span(digest).first(size));
}

std::string numbered(std::string_view object, const LimitLogHead& head) {
    return R"({"seq":)" + std::to_string(head.lines + 1) + "," +
           std::string(object.substr(1, object.size() - 2)) + R"(,"previous":")" + head.hash + "\"";
}

} // namespace

std::string chained_line(std::string_view object, LimitLogHead& head) {
    const std::string text = numbered(object, head);
    head = {head.lines + 1, sha256_hex(text)};
    return text + std::string(hash_member) + head.hash + std::string(line_end) + "\n";
}

std::string why_not_chained(std::string_view line, LimitLogHead& head) {
    const std::size_t tail = hash_member.size() + hash_size + line_end.size();
    if (line.size() <= tail || line.size() >= longest_limit_line || !line.ends_with(line_end) ||
        line.substr(line.size() - tail, hash_member.size()) != hash_member) {
        return "it is no line of a limit log";
    }
    const std::string_view text = line.substr(0, line.size() - tail);
    const std::string_view hash = line.substr(text.size() + hash_member.size(), hash_size);
    if (sha256_hex(text) != hash) {
        return "it was changed: its hash does not fit its text";
    }
    if (!text.starts_with(R"({"seq":)" + std::to_string(head.lines + 1) + ",") ||
        !text.ends_with(R"(,"previous":")" + head.hash + "\"")) {
        return "it does not follow on the line before: one was left out, put in or moved";
    }
    head = {head.lines + 1, std::string(hash)};
    return {};
}

} // namespace gridbridge
