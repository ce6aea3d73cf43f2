// What listens where a broker was expected.
#pragma once

#include "drivers/io/io_wait.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

// A sentence with the fix: a TLS port, a web server, something else that talks. Empty when an MQTT broker
// answers or nothing can be said. Connects anew to `address` (numeric), waits some seconds at most; throws
// Stopped at once when stop is requested. Any thread. For mqtt:// only; why_tls_fails() is for the other.
std::string what_else_listens(const std::string& server, const std::string& address, const StopWait& wait);

// The same of the first bytes of an answer to an MQTT CONNECT and an empty line. Pure.
std::string explain_answer(std::string_view answer);

} // namespace gridbridge
