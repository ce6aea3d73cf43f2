#include "app/page/access.hpp"

#include "drivers/text/base64.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/network.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::uint16_t any_port = 80;

// "[::1]:8480" is "::1"; what is no host is empty.
std::string host_of(std::string_view header) {
    const auto endpoint = parse_endpoint(header, any_port);
    return endpoint ? lower_case(endpoint->host) : std::string();
}

std::string_view behind_scheme(std::string_view origin) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) {
            return origin.substr(scheme.size());
        }
    }
    return {};
}

bool is_same_site(const HttpMessage& request, bool behind_proxy) {
    const std::string origin = lower_case(behind_scheme(request.header("origin")));
    return !origin.empty() && (origin == lower_case(request.header("host")) ||
                               (behind_proxy && origin == lower_case(request.header("x-forwarded-host"))));
}

} // namespace

bool is_behind_proxy(const HttpMessage& request, const AccessRules& rules) {
    return is_within(request.from, rules.trusted_proxies);
}

// A proxy on this machine speaks for others, and says so.
bool is_local(const HttpMessage& request) {
    return is_loopback({request.from, 0}) && request.header("x-forwarded-for").empty() &&
           request.header("forwarded").empty();
}

bool is_host_allowed(const HttpMessage& request, const AccessRules& rules) {
    if (is_behind_proxy(request, rules)) {
        return true;
    }
    const std::string host = host_of(request.header("host"));
    return !host.empty() && (host == "localhost" || is_network(host) ||
                             std::any_of(rules.hosts.begin(), rules.hosts.end(),
                                         [&](const std::string& name) { return lower_case(name) == host; }));
}

std::string why_no_change(const HttpMessage& request, const AccessRules& rules) {
    const bool behind_proxy = is_behind_proxy(request, rules);
    if (!is_same_site(request, behind_proxy)) {
        return "Origin is not this page: changes are taken from the page itself only";
    }
    std::string type = lower_case(request.header("content-type"));
    type.resize(std::min(type.find(';'), type.size()));
    if (trim(type) != "application/json") {
        return "Content-Type must be application/json";
    }
    if (!rules.has_password && !behind_proxy) {
        return "nothing can be changed here: set [status] password_file to a file with a password, and "
               "reload";
    }
    return {};
}

std::string basic_password(std::string_view header) {
    constexpr std::string_view scheme = "basic ";
    if (lower_case(header.substr(0, scheme.size())) != scheme) {
        return {};
    }
    const auto bytes = bytes_of_base64(header.substr(std::min(scheme.size(), header.size())));
    const std::string login = bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
    const std::size_t colon = login.find(':');
    return colon == std::string::npos ? std::string() : login.substr(colon + 1);
}

bool are_equal(std::string_view given, std::string_view expected) {
    unsigned differences = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = i < expected.size() ? expected[i] : '\0';
        differences |= static_cast<unsigned>(static_cast<unsigned char>(given[i] ^ other));
    }
    return differences == 0;
}

} // namespace gridbridge
