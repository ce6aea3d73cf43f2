// Why a TLS connection to a broker fails: Paho says only that it does.
#pragma once

#include "drivers/io/io_wait.hpp"
#include "mqtt/broker/paho_client.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

struct TlsLook {
    std::string problem; // why it fails, in plain words with the setting to change; empty: not because of TLS
    // Of the certificate the server has shown, when the handshake came about.
    std::string subject, issuer;
    std::optional<std::int64_t> ends_at; // s, unix time
};

// Makes a TLS connection of its own to `address` (numeric), where the host of `server` was reached, with the
// files of `options`. Takes a few seconds at most. Throws Stopped at once when stop is requested; any thread.
TlsLook look_at_tls(const BrokerOptions& options, const std::string& server, const std::string& address,
                    const StopWait& wait);

// The problem alone.
std::string why_tls_fails(const BrokerOptions& options, const std::string& server, const std::string& address,
                          const StopWait& wait);

// Whether a TLS server listens there, whatever its certificate. As above.
bool speaks_tls(const std::string& server, const std::string& address, const StopWait& wait);

} // namespace gridbridge
