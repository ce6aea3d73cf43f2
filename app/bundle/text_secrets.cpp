#include "app/bundle/text_secrets.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/network.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/settings/settings.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

bool is_host_character(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
}

bool is_digit_character(char c) {
    return is_digit(c);
}

std::string_view until(std::string_view text, std::string_view ends) {
    return text.substr(0, text.find_first_of(ends));
}

template <typename Belongs>
std::string_view run_of(std::string_view text, Belongs belongs) {
    const auto end = std::find_if_not(text.begin(), text.end(), belongs);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

template <typename Use>
void for_each(std::string_view text, std::string_view mark, Use use) {
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        use(text.substr(at + mark.size()));
    }
}

void add_host(std::string_view host, SecretList& found) {
    host = host.substr(0, host.find_last_not_of('.') + 1);
    if (host != "localhost") {
        found.add(host, SecretKind::Name);
    }
}

void find_uris(std::string_view text, SecretList& found) {
    for_each(text, "://", [&](std::string_view rest) {
        std::string_view authority = until(rest, "/ \t\r\n\"'<>,;)]}?#|");
        if (rest.starts_with('[')) { // IPv6 has none of these but the bracket
            authority = until(rest, "/ \t\r\n\"'<>,;)}?#|");
        }
        if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
            const std::string_view user = authority.substr(0, at);
            const auto colon = std::min(user.find(':'), user.size());
            for (const std::string_view part :
                 {user.substr(0, colon), user.substr(std::min(colon + 1, user.size()))}) {
                found.add(percent_decoded(part), SecretKind::Name);
            }
            authority.remove_prefix(at + 1);
        }
        const bool is_v6 = authority.starts_with('[');
        add_host(is_v6 ? until(authority.substr(1), "]") : run_of(authority, is_host_character), found);
    });
}

void add_colons(std::string_view token, SecretList& found) {
    constexpr std::size_t longest_v6 = 45;
    token = token.substr(0, token.find_last_not_of('.') + 1);
    token = token.ends_with(':') && !token.ends_with("::") ? token.substr(0, token.size() - 1) : token;
    if (is_mac(token)) {
        found.add(token, SecretKind::Number);
    } else if (std::count(token.begin(), token.end(), ':') >= 2 && token.size() <= longest_v6 &&
               token != "::1" && token != "::" && is_network(token)) {
        found.add(token, SecretKind::Name);
    }
}

void find_addresses(std::string_view text, SecretList& found) {
    const auto belongs = [](char c) { return is_hex_digit(c) || c == ':' || c == '.' || c == '-'; };
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view token = run_of(text.substr(at), belongs);
        const bool begins_word = at == 0 || !is_alphanumeric(text[at - 1]);
        if (!token.empty() && begins_word) {
            add_colons(token, found);
            for (const std::string_view part : split(token, ':')) {
                const std::string_view digits = run_of(part, [](char c) { return is_digit(c) || c == '.'; });
                const std::string_view address = digits.substr(0, digits.find_last_not_of('.') + 1);
                if (is_ipv4(address)) {
                    found.add(address, SecretKind::Address);
                }
            }
        }
        at += std::max<std::size_t>(token.size(), 1);
    }
}

constexpr std::array<std::string_view, 9> home_networks{
    ".local", ".lan", ".home", ".fritz.box", ".internal", ".intranet", ".home.arpa", ".localdomain", ".box"};

void find_local_hosts(std::string_view text, SecretList& found) {
    for (std::size_t at = 0; at < text.size();) {
        std::string_view token = run_of(text.substr(at), is_host_character);
        const std::size_t size = token.size();
        token = token.substr(0, token.find_last_not_of("._-") + 1);
        const std::string small = lower_case(token);
        const bool is_local =
            std::any_of(home_networks.begin(), home_networks.end(), [&](std::string_view name) {
                return small.size() > name.size() && small.ends_with(name);
            });
        if (is_local) {
            add_host(token, found);
        }
        at += std::max<std::size_t>(size, 1);
    }
}

// "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_AB0JQ12X-if00-port0".
void find_paths(std::string_view text, SecretList& found) {
    for_each(text, "/serial/by-id/", [&](std::string_view rest) {
        std::string_view name = until(rest, " \t\r\n\"'?:,;)/");
        name = name.substr(0, name.find("-if"));
        const auto last = name.rfind('_');
        found.add(last == std::string_view::npos ? name : name.substr(last + 1), SecretKind::Number);
    });
    for_each(text, "/home/",
             [&](std::string_view rest) { found.add(until(rest, "/ \t\r\n\"':,;)"), SecretKind::Name); });
}

struct MemberRow {
    std::string_view name; // in small letters
    SecretKind kind;
};
constexpr std::array member_rows{
    MemberRow{"name", SecretKind::Name},
    MemberRow{"customname", SecretKind::Name},
    MemberRow{"custom_name", SecretKind::Name},
    MemberRow{"user", SecretKind::Name},
    MemberRow{"username", SecretKind::Name},
    MemberRow{"password", SecretKind::Name},
    MemberRow{"host", SecretKind::Name},
    MemberRow{"hostname", SecretKind::Name},
    MemberRow{"client_id", SecretKind::Name},
    MemberRow{"evse_id", SecretKind::Name},
    MemberRow{"tariff_text", SecretKind::Name},
    MemberRow{"identification_data", SecretKind::Name},
    MemberRow{"transaction_id", SecretKind::Name},
    MemberRow{"serial", SecretKind::Number},
    MemberRow{"serial_number", SecretKind::Number},
    MemberRow{"former_serial", SecretKind::Number},
    MemberRow{"meter", SecretKind::Number},
    MemberRow{"address", SecretKind::Number},
    MemberRow{"ean", SecretKind::Number},
    MemberRow{"server_id", SecretKind::Number},
    MemberRow{"portal", SecretKind::Number},
    MemberRow{"portal_id", SecretKind::Number},
    MemberRow{"service_id", SecretKind::Number},
    MemberRow{"device_ids", SecretKind::Number},
    MemberRow{"deviceids", SecretKind::Number},
};

// What is escaped in it is taken as the character itself.
std::string quoted(std::string_view text) {
    std::string value;
    for (std::size_t at = 1; at < text.size() && text[at] != text[0]; ++at) {
        if (text[at] == '\\' && text[0] == '"' && at + 1 < text.size()) {
            ++at;
        }
        value += text[at];
    }
    return value;
}

// `text` begins behind the name of a member.
std::string value_behind(std::string_view text) {
    text.remove_prefix(text.starts_with('"') ? 1 : 0);
    text.remove_prefix(run_of(text, [](char c) { return c == ' ' || c == '\t'; }).size());
    if (!text.starts_with(':') && !text.starts_with('=')) {
        return {};
    }
    text.remove_prefix(1);
    text.remove_prefix(run_of(text, [](char c) { return c == ' ' || c == '\t' || c == '\n'; }).size());
    constexpr std::size_t least_digits = 5; // of a serial number that is written as a number
    const std::string_view digits = run_of(text, is_digit_character);
    return text.starts_with('"') || text.starts_with('\'') ? quoted(text)
           : digits.size() >= least_digits                 ? std::string(digits)
                                                           : std::string();
}

void find_members(std::string_view text, SecretList& found) {
    const auto belongs = [](char c) { return is_alphanumeric(c) || c == '_'; };
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view word = run_of(text.substr(at), belongs);
        const auto* const row =
            std::find_if(member_rows.begin(), member_rows.end(), [&](const MemberRow& known) {
                return known.name.size() == word.size() && known.name == lower_case(word);
            });
        at += std::max<std::size_t>(word.size(), 1);
        if (row == member_rows.end()) {
            continue;
        }
        const std::string value = value_behind(text.substr(at));
        if (value.find("://") == std::string::npos) { // a URI has its own secrets
            for (const std::string_view part : split(value, row->name.starts_with("device") ? ',' : '\0')) {
                found.add(part, row->kind);
            }
        }
    }
}

} // namespace

void find_in_text(std::string_view text, SecretList& found) {
    find_uris(text, found);
    find_addresses(text, found);
    find_local_hosts(text, found);
    find_paths(text, found);
    find_members(text, found);
}

void add_device(std::string_view id, SecretList& found) {
    constexpr std::string_view second_service = "_S";
    constexpr std::string_view first_part = "cgwacs_"; // of every device, and of nobody
    id.remove_prefix(id.starts_with(first_part) ? first_part.size() : 0);
    id.remove_suffix(id.ends_with(second_service) ? second_service.size() : 0);
    found.add(id, SecretKind::Number);
}

void find_in_settings(std::string_view json, SecretList& found) {
    find_in_text(json, found);
    const auto settings = Settings::from_json(json);
    if (!settings) {
        return;
    }
    found.add(settings->portal_id(), SecretKind::Number);
    found.add(settings->service_id(), SecretKind::Number);
    for (const std::string_view id : split(settings->device_ids(), ',')) {
        add_device(id, found);
    }
    for (const Settings::Published& published : settings->published()) {
        found.add(published.portal_id, SecretKind::Number);
    }
    for (const auto& [id, device] : settings->devices()) {
        add_device(id, found);
    }
}

void find_in_head(std::string_view text, SecretList& found) {
    find_in_text(text, found);
    if (const auto json = text.find("\n{"); json != std::string_view::npos) {
        find_in_settings(text.substr(json + 1), found);
    }
}

} // namespace gridbridge
