#include "mqtt/tls_probe.hpp"

#include "drivers/resolve.hpp"
#include "drivers/stop_wait.hpp"
#include "drivers/text.hpp"
#include "mqtt/broker_errors.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace gridbridge {
namespace {

constexpr std::string_view scheme = "mqtts://";
constexpr const char* closed_in_handshake = "unexpected eof while reading"; // as OpenSSL calls it
constexpr std::uint16_t secure_port = 8883;                                 // IANA secure-mqtt
constexpr std::chrono::seconds step_limit(1);
constexpr std::chrono::milliseconds nap(10);
constexpr int alert_polls = 30; // TLS 1.3: a client that is not accepted learns it after the handshake

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* chain) const { BIO_free_all(chain); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Chain = std::unique_ptr<BIO, Free>;

std::string first_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? std::string() : explain_tls_error(reason);
}

// Empty, or which file is no good.
std::string load_files(SSL_CTX* context, const BrokerOptions& options) {
    const auto bad = [](std::string_view key, const std::string& path) {
        ERR_clear_error();
        return "[mqtt] " + std::string(key) + " " + path + " is no PEM file that fits its purpose";
    };
    if (options.ca_file.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
        return bad("ca_file", options.ca_file);
    }
    if (!options.cert_file.empty() &&
        SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
        return bad("cert_file", options.cert_file);
    }
    if (!options.key_file.empty() &&
        SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return bad("key_file", options.key_file);
    }
    return {};
}

void expect_name(SSL* connection, const std::string& host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) != 1) {
        SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str())); // the macro for it casts in the old style
        SSL_set1_host(connection, host.c_str());
    }
    ERR_clear_error();
}

std::string verdict(SSL* connection) {
    const long verified = SSL_get_verify_result(connection);
    ERR_clear_error();
    return explain_certificate(verified, X509_verify_cert_error_string(verified));
}

// The server's alert that follows the handshake, if one comes.
std::string late_alert(BIO* chain, const std::stop_token& stop) {
    std::array<char, 16> byte{};
    for (int i = 0; i < alert_polls; ++i) {
        if (BIO_read(chain, byte.data(), static_cast<int>(byte.size())) > 0 || !BIO_should_retry(chain)) {
            break;
        }
        if (!wait_until(Clock::now() + nap, stop)) {
            break;
        }
    }
    return first_error();
}

// Connection and handshake. False also when stopped or too late.
bool connects(BIO* chain, const std::stop_token& stop) {
    const auto deadline = Clock::now() + step_limit;
    while (BIO_do_connect(chain) != 1) {
        // A connection still under way leaves an error behind too; the last one counts.
        if (!BIO_should_retry(chain) || Clock::now() > deadline || !wait_until(Clock::now() + nap, stop)) {
            return false;
        }
        ERR_clear_error();
    }
    return true;
}

} // namespace

std::string why_tls_fails(const BrokerOptions& options, const std::string& server,
                          const std::stop_token& stop) {
    const auto endpoint = parse_endpoint(server.substr(scheme.size()), secure_port);
    const Context context(SSL_CTX_new(TLS_client_method()));
    if (!endpoint || !context) {
        return {};
    }
    if (std::string bad = load_files(context.get(), options); !bad.empty()) {
        return bad;
    }
    const auto addresses = resolve_host(endpoint->host, Clock::now() + step_limit, stop);
    if (addresses.empty()) {
        return "no address for host " + endpoint->host + ": check [mqtt] servers and the name service";
    }
    SSL_CTX_set_verify(context.get(), options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    const Chain chain(BIO_new_ssl_connect(context.get()));
    SSL* connection = nullptr;
    BIO_get_ssl(chain.get(), &connection);
    std::string address = addresses.front(); // OpenSSL's macros cast const away
    std::string port = std::to_string(endpoint->port);
    BIO_set_conn_hostname(chain.get(), address.data());
    BIO_set_conn_port(chain.get(), port.data());
    BIO_set_nbio(chain.get(), 1);
    expect_name(connection, endpoint->host);
    ERR_clear_error();
    if (!connects(chain.get(), stop)) {
        if (SSL_get_verify_result(connection) != X509_V_OK) {
            return verdict(connection);
        }
        if (SSL_in_before(connection) != 0) {
            return {};
        }
        // A server that does not speak TLS may reset the connection; OpenSSL has no reason for that.
        const std::string reason = first_error();
        return reason.empty() && BIO_should_retry(chain.get()) == 0 ? explain_tls_error(closed_in_handshake)
                                                                    : reason;
    }
    return late_alert(chain.get(), stop);
}

} // namespace gridbridge
