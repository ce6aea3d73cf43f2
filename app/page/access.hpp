// Who may see the page, and who may change something through it. Pure.
#pragma once

#include "app/servers/http_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct AccessRules {
    std::vector<std::string> hosts;           // names the page is reached by, beside addresses and localhost
    std::vector<std::string> trusted_proxies; // networks behind which somebody else has checked who it is
    bool has_password = false;
};

// Whether `Host` names this machine: an address, `localhost`, or one of the rules. A name of somebody else
// that was made to point here (DNS rebinding) does not. Proxies of the rules may use any.
bool is_host_allowed(const HttpMessage& request, const AccessRules& rules);

// Comes through a trusted proxy; from a program on this machine that speaks for nobody else.
bool is_behind_proxy(const HttpMessage& request, const AccessRules& rules);
bool is_local(const HttpMessage& request);

// Why a change is refused whatever the password, with what to do; empty: it is not. Keeps out what pages of
// other sites make a browser send.
std::string why_no_change(const HttpMessage& request, const AccessRules& rules);

// The password of `Authorization: Basic`; the user's name is not looked at. Empty: none.
std::string basic_password(std::string_view header);

// In a time that does not tell how many characters are right.
bool are_equal(std::string_view given, std::string_view expected);

} // namespace gridbridge
