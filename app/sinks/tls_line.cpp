#include "app/sinks/tls_line.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/link_lost.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <chrono>
#include <string>

#include <poll.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds connect_limit(10);

[[noreturn]] void no_answer() {
    throw LinkLost("no answer in time: is the store overloaded, or url the address of something else?");
}

[[noreturn]] void broke_off() {
    throw LinkLost("the connection broke off: does the store run, and does url begin with https:// if it "
                   "wants TLS?");
}

std::string tls_reason(SSL* connection) {
    const long verified = SSL_get_verify_result(connection);
    const auto code = ERR_peek_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    if (verified != X509_V_OK) {
        return in_words_of(words_of_store,
                           explain_certificate(verified, X509_verify_cert_error_string(verified)));
    }
    return in_words_of(words_of_store,
                       explain_tls_error(reason == nullptr ? "unexpected eof while reading" : reason));
}

void load_file(int result, std::string_view key, const std::string& path) {
    ERR_clear_error();
    if (result != 1) {
        throw LinkLost(std::string(key) + " " + path + " is not a PEM file of the kind needed there");
    }
}

void load_files(SSL_CTX* context, const HttpPlace& place) {
    if (place.ca_file.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else {
        load_file(SSL_CTX_load_verify_locations(context, place.ca_file.c_str(), nullptr), "ca_file",
                  place.ca_file);
    }
    if (!place.cert_file.empty()) {
        load_file(SSL_CTX_use_certificate_chain_file(context, place.cert_file.c_str()), "cert_file",
                  place.cert_file);
        load_file(SSL_CTX_use_PrivateKey_file(context, place.key_file.c_str(), SSL_FILETYPE_PEM), "key_file",
                  place.key_file);
    }
    SSL_CTX_set_verify(context, place.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
}

void expect_host(SSL* connection, const std::string& host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) != 1) {
        SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str())); // the macro for it casts in the old style
        SSL_set1_host(connection, host.c_str());
    }
    ERR_clear_error();
}

void wait_for(int socket, short events, Clock::time_point deadline, const StopWait& wait) {
    if (wait.until(deadline, socket, events) == Ready::Deadline) {
        no_answer();
    }
}

} // namespace

void TlsLine::Free::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}
void TlsLine::Free::operator()(SSL* connection) const {
    SSL_free(connection);
}

TlsLine::TlsLine(const HttpPlace& place, Clock::time_point deadline, const StopWait& wait)
    : socket_(connect_tcp(place.at.host, place.at.port, connect_limit, wait)) {
    if (place.tls) {
        begin_tls(place, deadline, wait);
    }
}

// What `step` returns once it is more than 0, or 0 at the end of the connection.
template <typename Do>
int TlsLine::drive(Clock::time_point deadline, const StopWait& wait, Do step) {
    for (;;) {
        ERR_clear_error();
        const int result = step();
        if (result > 0) {
            return result;
        }
        const int wanted = SSL_get_error(connection_.get(), result);
        if (wanted == SSL_ERROR_ZERO_RETURN) {
            return 0;
        }
        if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
            throw LinkLost(tls_reason(connection_.get()));
        }
        const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        wait_for(socket_.get(), events, deadline, wait);
    }
}

void TlsLine::begin_tls(const HttpPlace& place, Clock::time_point deadline, const StopWait& wait) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (context_) {
        load_files(context_.get(), place);
        connection_.reset(SSL_new(context_.get()));
    }
    if (!connection_ || SSL_set_fd(connection_.get(), socket_.get()) != 1) {
        throw LinkLost("no memory for TLS");
    }
    SSL_set_mode(connection_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    expect_host(connection_.get(), place.at.host);
    if (drive(deadline, wait, [this] { return SSL_connect(connection_.get()); }) == 0) {
        broke_off();
    }
}

void TlsLine::write(std::string_view bytes, Clock::time_point deadline, const StopWait& wait) {
    while (!bytes.empty()) {
        if (connection_) {
            const int size = drive(deadline, wait, [&] {
                return SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
            });
            if (size == 0) {
                broke_off();
            }
            bytes.remove_prefix(static_cast<std::size_t>(size));
            continue;
        }
        const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno == EAGAIN || errno == EINTR) {
            wait_for(socket_.get(), POLLOUT, deadline, wait);
        } else {
            broke_off();
        }
    }
}

std::size_t TlsLine::read(std::span<char> buffer, Clock::time_point deadline, const StopWait& wait) {
    if (connection_) {
        return static_cast<std::size_t>(drive(deadline, wait, [&] {
            return SSL_read(connection_.get(), buffer.data(), static_cast<int>(buffer.size()));
        }));
    }
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size >= 0) {
            return static_cast<std::size_t>(size);
        }
        if (errno != EAGAIN && errno != EINTR) {
            broke_off();
        }
        wait_for(socket_.get(), POLLIN, deadline, wait);
    }
}

} // namespace gridbridge
