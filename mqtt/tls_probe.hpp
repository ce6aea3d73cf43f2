// Why a TLS connection to a broker fails: Paho says only that it does.
#pragma once

#include "mqtt/paho_client.hpp"

#include <stop_token>
#include <string>

namespace gridbridge {

// Makes a TLS connection of its own with the files of `options`, and gives the reason it fails in plain words
// with the setting to change; empty when it does not fail, or not because of TLS. Takes a few seconds at
// most, and ends at once when stop is requested; any thread.
std::string why_tls_fails(const BrokerOptions& options, const std::string& server,
                          const std::stop_token& stop);

} // namespace gridbridge
