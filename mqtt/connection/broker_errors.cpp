#include "mqtt/connection/broker_errors.hpp"

#include "drivers/text/link_name.hpp"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace gridbridge {
namespace {

struct Refusal {
    int code;
    std::string_view text;
};

constexpr std::string_view bad_login =
    "user name or password refused: check [mqtt] username and password_file";
constexpr std::string_view not_allowed = "not authorised: check [mqtt] username and password_file, the "
                                         "broker's access rules, or on a GX the MQTT setting "
                                         "and security profile";
constexpr std::string_view bad_certificate = "the broker lets nobody in with the name in our certificate "
                                             "([mqtt] cert_file): make that user known to it, or "
                                             "enroll this gateway again";
constexpr std::string_view bad_client_id = "client id refused: set [mqtt] client_id";
constexpr std::string_view bad_version = "protocol version refused: set [mqtt] version to 3.1.1 or 5";

constexpr std::array<Refusal, 5> connack311{{{1, bad_version},
                                             {2, bad_client_id},
                                             {3, "broker says it is unavailable"},
                                             {4, bad_login},
                                             {5, not_allowed}}};
constexpr std::array<Refusal, 8> connack5{{{0x84, bad_version},
                                           {0x85, bad_client_id},
                                           {0x86, bad_login},
                                           {0x87, not_allowed},
                                           {0x88, "broker says it is unavailable"},
                                           {0x89, "broker is busy"},
                                           {0x8A, "banned by the broker"},
                                           {0x9F, "broker limits the connection rate"}}};

constexpr std::array<Refusal, 6> disconnect5{
    {{0x87, not_allowed},
     {0x8B, "the broker shuts down"},
     {0x8D, "the broker heard nothing for too long: the machine or the network is overloaded"},
     {0x8E, "another client with the same client id has connected: set [mqtt] client_id"},
     {0x95, "a message was too large for the broker"},
     {0x98, "the broker's administrator closed the connection"}}};

struct TlsError {
    std::string_view part; // of OpenSSL's text
    std::string_view text;
};

constexpr std::string_view too_old = "the broker speaks only an older TLS than [mqtt] tls_min allows: renew "
                                     "the broker, or set tls_min to what it speaks";

constexpr std::array<TlsError, 9> tls_errors{
    {{"unsupported protocol", too_old},
     {"protocol version", too_old},
     {"unexpected eof",
      "the broker closed the connection in the TLS handshake: check that this is its TLS port"},
     {"wrong version number", "the broker does not speak TLS on this port: check port, or use mqtt://"},
     {"unknown ca", "the broker does not trust our certificate: check [mqtt] cert_file"},
     {"certificate required", "the broker wants a client certificate: set [mqtt] cert_file and key_file"},
     {"handshake failure", "the broker refused the TLS handshake: it may want a client certificate, [mqtt] "
                           "cert_file and key_file"},
     {"key values mismatch", "[mqtt] key_file does not belong to cert_file"},
     {"No such file", "a TLS file cannot be read: check [mqtt] ca_file, cert_file and key_file"}}};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

} // namespace

std::string in_words_of(const ServerWords& words, std::string text) {
    replace_all(text, "[mqtt] servers", words.servers);
    replace_all(text, "[mqtt] ", words.section);
    replace_all(text, "mqtt://", words.plain);
    replace_all(text, "broker", words.peer);
    return text;
}

std::string explain_tls_error(std::string_view line) {
    for (const TlsError& known : tls_errors) {
        if (line.find(known.part) != std::string_view::npos) {
            return std::string(known.text);
        }
    }
    return "TLS: " + std::string(line.substr(0, line.find_last_not_of(" \r\n") + 1));
}

std::string explain_certificate(long verdict, const std::string& text) {
    constexpr long not_yet_valid = 9; // X509_V_ERR_CERT_NOT_YET_VALID
    constexpr long has_expired = 10;
    constexpr long hostname_mismatch = 62; // and 64 for addresses
    constexpr long address_mismatch = 64;
    std::string fix = "set [mqtt] ca_file to the CA that signed it";
    if (verdict == not_yet_valid || verdict == has_expired) {
        fix = "check the clock of this machine, then renew the certificate";
    } else if (verdict == hostname_mismatch || verdict == address_mismatch) {
        fix = "name the host in [mqtt] servers as the certificate does";
    }
    return "the broker's certificate is not trusted (" + text + "): " + fix;
}

std::string explain_loss(int reason_code) {
    for (const Refusal& refusal : disconnect5) {
        if (refusal.code == reason_code) {
            return std::string(refusal.text);
        }
    }
    return "connection closed by the broker or the network";
}

std::string explain_early_end() {
    return "dropped before the subscription was answered: the broker's access rules may forbid it to our "
           "user ([mqtt] username), or another client has our client id";
}

std::string explain_unknown_host(const std::string& host) {
    if (is_link_name(host)) {
        return "host " + host + " not found: " + std::string(link_name_unknown);
    }
    return "host " + host + " not found: check [mqtt] servers and the name server of this machine";
}

std::string explain_unreachable(int error) {
    switch (error) {
    case ECONNREFUSED:
        return "connection refused: is the broker running, and is the port in [mqtt] servers right?";
    case ETIMEDOUT:
        return "no answer: is the broker's machine on, and does a firewall let us through?";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "no route: is the broker's machine on, and in a network that this machine reaches?";
    default:
        return "no connection (" + std::generic_category().message(error) + "): check [mqtt] servers";
    }
}

std::string suspect_take_over(const std::string& client_id) {
    return "each connection ends soon after it was made: probably another program connects with the client "
           "id \"" +
           client_id +
           "\"; if that is a gridbridge too, give each a portal_id of its own, else set [mqtt] client_id, or "
           "stop the other one";
}

std::string explain_refusal(int return_code, int reason_code, LoginBy login) {
    const auto said = [login](const Refusal& refusal) {
        const bool is_about_us = refusal.text == bad_login || refusal.text == not_allowed;
        return std::string(is_about_us && login == LoginBy::Certificate ? bad_certificate : refusal.text);
    };
    for (const Refusal& refusal : connack5) {
        if (refusal.code == reason_code) {
            return said(refusal);
        }
    }
    for (const Refusal& refusal : connack311) {
        if (refusal.code == return_code) {
            return said(refusal);
        }
    }
    if (return_code == -1) {
        return "no connection: is the broker running, and are host, port and TLS right?";
    }
    return "refused (client code " + std::to_string(return_code) + ")";
}

bool is_login_refusal(std::string_view text) {
    return text == bad_login || text == not_allowed || text == bad_certificate || text == bad_client_id;
}

} // namespace gridbridge
