// Why a TLS connection to a broker fails: Paho says only that it does.
#pragma once

#include "drivers/io/io_wait.hpp"
#include "mqtt/broker/paho_client.hpp"

#include <string>

namespace gridbridge {

// Makes a TLS connection of its own to `address` (numeric), where the host of `server` was reached, with the
// files of `options`, and gives the reason it fails in plain words with the setting to change; empty when it
// does not fail, or not because of TLS. Takes a few seconds at most. Throws Stopped at once when stop is
// requested; any thread.
std::string why_tls_fails(const BrokerOptions& options, const std::string& server, const std::string& address,
                          const StopWait& wait);

// Whether a TLS server listens there, whatever its certificate. As above.
bool speaks_tls(const std::string& server, const std::string& address, const StopWait& wait);

} // namespace gridbridge
