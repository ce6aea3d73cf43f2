#include "app/bundle/secret.hpp"

#include "drivers/meter/driver_table.hpp"
#include "drivers/meter/role_table.hpp"
#include "drivers/stream/sml/sml_file.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

constexpr std::size_t mac_size = 17;
constexpr std::size_t din_octets = 20; // hexadecimal digits

// What the program's own texts consist of, keys of files above all: beside the names of drivers, models and
// roles. A meter of such a name is no more recognised by it, and a file without its keys is none.
constexpr std::array<std::string_view, 87> own_words{
    "admin",      "announced", "auto",      "baud",      "broker",    "ca",
    "class",      "code",      "counters",  "cwd",       "default",   "device",
    "devices",    "direction", "enabled",   "energy",    "error",     "evidence",
    "export",     "false",     "file",      "fuse",      "gas",       "gateway",
    "gridbridge", "gx",        "heat",      "history",   "home",      "homeassistant",
    "host",       "import",    "info",      "instance",  "instances", "interval",
    "invert",     "key",       "localhost", "meter",     "meters",    "modbus",
    "mode",       "model",     "mqtt",      "name",      "none",      "null",
    "obis",       "off",       "on",        "parity",    "phases",    "pi",
    "place",      "position",  "power",     "published", "pv",        "raw",
    "readings",   "request",   "role",      "root",      "rtu",       "serial",
    "server",     "servers",   "service",   "settings",  "severity",  "share",
    "state",      "status",    "tcp",       "text",      "timeout",   "true",
    "unit",       "unknown",   "uri",       "value",     "venus",     "version",
    "voltage",    "warning",   "written"};

bool is_own_word(std::string_view text) {
    const auto is_it = [text](const auto& row) { return row.name == text; };
    return std::find(own_words.begin(), own_words.end(), text) != own_words.end() ||
           std::find(model_names.begin(), model_names.end(), text) != model_names.end() ||
           std::any_of(role_table.begin(), role_table.end(), is_it) ||
           std::any_of(driver_table.begin(), driver_table.end(), is_it);
}

bool says_something(std::string_view text) {
    const auto counts = [](char c) { return is_alphanumeric(c) || static_cast<unsigned char>(c) > 0x7F; };
    return std::count_if(text.begin(), text.end(), counts) >= 2 &&
           std::any_of(text.begin(), text.end(), [&](char c) { return counts(c) && c != '0'; });
}

bool is_loopback_address(std::string_view text) {
    return text.starts_with("127.") || text == "0.0.0.0" || text == "255.255.255.255";
}

bool all_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_hex_digit);
}

} // namespace

bool is_ipv4(std::string_view text) {
    const auto parts = split(text, '.');
    return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
               const bool digits = std::all_of(part.begin(), part.end(), is_digit);
               return digits && !part.empty() && part.size() <= 3 && parse_integer(part).value_or(256) < 256;
           });
}

bool is_mac(std::string_view text) {
    if (text.size() != mac_size || (text[2] != ':' && text[2] != '-')) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i % 3 == 2 ? text[i] != text[2] : !is_hex_digit(text[i])) {
            return false;
        }
    }
    return true;
}

bool is_din_label(std::string_view text) {
    constexpr std::size_t head = 6; // medium, three letters, two digits of hexadecimals
    constexpr std::size_t least = head + 8;
    if (text.size() < least || text.size() > least + 2 || text[0] != '1' || !all_hex(text.substr(4, 2))) {
        return false;
    }
    const std::string_view number = text.substr(head);
    const bool is_long = number.size() > 8;
    return std::all_of(text.begin() + 1, text.begin() + 4, is_letter) &&
           std::all_of(number.begin(), number.end(), is_digit) && !(is_long && number[0] == '0') &&
           parse_integer(number).value_or(0) <= 0xFFFFFFFFLL;
}

void SecretList::add(std::string_view text, SecretKind kind) {
    std::string kept(trim(text));
    if (is_mac(kept)) {
        const char mark = kept[2];
        std::erase(kept, mark);
        kind = SecretKind::Number;
    }
    if (kept.size() == din_octets && all_hex(kept)) {
        const std::string printed = sml_serial(lower_case(kept)).text;
        kept = is_din_label(printed) ? printed : kept;
    }
    if (is_ipv4(kept)) {
        kind = SecretKind::Address;
    } else if (is_din_label(kept)) {
        kind = SecretKind::DinLabel;
    }
    const std::string key = lower_case(kept);
    const bool is_ours = kind == SecretKind::Address ? is_loopback_address(kept) : is_own_word(key);
    if (says_something(kept) && !is_ours) {
        const auto [known, is_new] = secrets_.try_emplace(key, Secret{kept, kind});
        if (!is_new && known->second.kind == SecretKind::Name) {
            known->second.kind = kind; // a number is looked for in more places
        }
    }
}

bool SecretList::has(std::string_view text) const {
    return secrets_.find(lower_case(text)) != secrets_.end();
}

std::vector<Secret> SecretList::by_length() const {
    std::vector<Secret> list;
    list.reserve(secrets_.size());
    for (const auto& [key, secret] : secrets_) {
        list.push_back(secret);
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const Secret& a, const Secret& b) { return a.text.size() < b.text.size(); });
    return list;
}

} // namespace gridbridge
