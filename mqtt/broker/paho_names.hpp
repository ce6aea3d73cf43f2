// The addresses under which Paho reaches its hosts. Paho looks names up itself, by getaddrinfo() and while it
// holds the lock of all its clients: a name server that is silent would stop every connection for minutes. So
// names are looked up by us, with a deadline, and this getaddrinfo() answers Paho from what was found; the
// name itself stays with Paho for SNI and the check of the certificate.
#pragma once

#include <string>

namespace gridbridge {

// From now on Paho finds `host` at the numeric `address`. Any thread.
void set_paho_address(const std::string& host, const std::string& address);

// Whether the program's getaddrinfo() is the one that Paho calls: a build that hides it would lose the
// protection.
bool serves_paho_names();

} // namespace gridbridge
