// The oldest TLS version this process speaks.
#pragma once

#include <string>

namespace gridbridge {

// "1.0" to "1.3". For every TLS connection made from now on, Paho's too, whatever the system's openssl.cnf
// says; below 1.2 the security level is lowered as well, without which OpenSSL 3 refuses those. Any thread.
void set_tls_floor(const std::string& version);

} // namespace gridbridge
