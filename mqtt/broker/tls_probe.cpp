#include "mqtt/broker/tls_probe.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/resolve.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/text/endpoint.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include <poll.h>

namespace gridbridge {
namespace {

constexpr const char* closed_in_handshake = "unexpected eof while reading"; // as OpenSSL calls it
constexpr std::chrono::seconds probe_limit(1);
constexpr std::chrono::seconds handshake_limit(2);
constexpr std::chrono::milliseconds
    alert_limit(300); // TLS 1.3: who is not accepted learns it after the handshake

struct FreeTls {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, FreeTls>;
using Connection = std::unique_ptr<SSL, FreeTls>;

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
        return "[mqtt] " + std::string(key) + " " + path + " is not a PEM file of the kind needed there";
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

// Does `step` (1: done, else what SSL_get_error() is asked) until it is done, fails, or `deadline` has
// passed.
enum class Step : unsigned char { Done, Failed, Late };
template <typename Do>
Step drive(SSL* connection, Clock::time_point deadline, const StopWait& wait, Do step) {
    for (;;) {
        ERR_clear_error();
        const int result = step();
        if (result == 1) {
            return Step::Done;
        }
        const int wanted = SSL_get_error(connection, result);
        if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
            return Step::Failed;
        }
        const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        if (wait.until(deadline, SSL_get_fd(connection), events) == Ready::Deadline) {
            return Step::Late;
        }
    }
}

// The server's alert that follows the handshake, if one comes.
std::string late_alert(SSL* connection, const StopWait& wait) {
    std::array<char, 16> byte{};
    const auto read = [&] {
        return SSL_read(connection, byte.data(), static_cast<int>(byte.size())) > 0 ? 1 : -1;
    };
    return drive(connection, Clock::now() + alert_limit, wait, read) == Step::Failed ? first_error()
                                                                                     : std::string();
}

// A connection and the handshake on it.
class Attempt {
  public:
    Attempt(SSL_CTX* context, const Endpoint& endpoint, const std::string& address, const StopWait& wait)
        : socket_(connect_to_first(std::array{address}, endpoint.port, Clock::now() + probe_limit, wait,
                                   error_)) {
        if (!socket_.is_open()) {
            return;
        }
        error_ = 0;
        connection_.reset(SSL_new(context));
        if (!connection_ || SSL_set_fd(connection_.get(), socket_.get()) != 1) {
            connection_.reset();
            return;
        }
        expect_name(connection_.get(), endpoint.host);
        handshake_ = drive(connection_.get(), Clock::now() + handshake_limit, wait,
                           [&] { return SSL_connect(connection_.get()); });
    }

    int error() const { return error_; }                  // of connecting; 0: connected
    SSL* connection() const { return connection_.get(); } // null: none could be made
    Step handshake() const { return handshake_; }

  private:
    int error_ = 0; // before the socket, which sets it
    Descriptor socket_;
    Connection connection_;
    Step handshake_ = Step::Failed;
};

// Empty: the handshake came about, and the server had nothing against us afterwards.
std::string handshake_problem(const Attempt& attempt, const StopWait& wait) {
    SSL* const connection = attempt.connection();
    if (attempt.handshake() == Step::Done) {
        return late_alert(connection, wait);
    }
    if (SSL_get_verify_result(connection) != X509_V_OK) {
        return verdict(connection);
    }
    if (attempt.handshake() == Step::Late) {
        return "the port takes connections but does not answer a TLS handshake: check that this is the "
               "broker's TLS "
               "port, or use mqtt://";
    }
    // A server that does not speak TLS may reset the connection; OpenSSL has no reason for that.
    const std::string reason = first_error();
    return reason.empty() ? explain_tls_error(closed_in_handshake) : reason;
}

std::string one_line(const X509_NAME* name) {
    std::array<char, 256> text{};
    X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
    return text.data();
}

void take_certificate(SSL* connection, TlsLook& look) {
    X509* const certificate = SSL_get1_peer_certificate(connection);
    if (certificate == nullptr) {
        return;
    }
    look.subject = one_line(X509_get_subject_name(certificate));
    look.issuer = one_line(X509_get_issuer_name(certificate));
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) {
        look.ends_at = ::timegm(&end);
    }
    X509_free(certificate);
}

} // namespace

TlsLook look_at_tls(const BrokerOptions& options, const std::string& server, const std::string& address,
                    const StopWait& wait) {
    TlsLook look;
    const Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) {
        return look;
    }
    look.problem = load_files(context.get(), options);
    if (!look.problem.empty()) {
        return look;
    }
    SSL_CTX_set_verify(context.get(), options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    const Attempt attempt(context.get(), broker_endpoint(server), address, wait);
    if (attempt.error() != 0) {
        look.problem = explain_unreachable(attempt.error());
    } else if (attempt.connection() != nullptr) {
        take_certificate(attempt.connection(), look);
        look.problem = handshake_problem(attempt, wait);
    }
    return look;
}

std::string why_tls_fails(const BrokerOptions& options, const std::string& server, const std::string& address,
                          const StopWait& wait) {
    return look_at_tls(options, server, address, wait).problem;
}

bool speaks_tls(const std::string& server, const std::string& address, const StopWait& wait) {
    const Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) {
        return false;
    }
    const Attempt attempt(context.get(), broker_endpoint(server), address, wait);
    if (attempt.connection() != nullptr && attempt.handshake() == Step::Done) {
        return true;
    }
    const auto code = ERR_get_error(); // an alert is an answer in TLS
    ERR_clear_error();
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
}

} // namespace gridbridge
