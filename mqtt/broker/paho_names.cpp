#include "mqtt/broker/paho_names.hpp"

#include <map>
#include <mutex>

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

namespace gridbridge {
namespace {

struct KnownHosts {
    std::mutex mutex;
    std::map<std::string, std::string> addresses; // guarded by mutex
};

// Never destroyed: Paho's threads may ask until the very end.
KnownHosts& known_hosts() {
    static auto* const hosts = new KnownHosts;
    return *hosts;
}

using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

Lookup system_lookup() {
    static const auto lookup = reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return lookup;
}

// How Socket_new() of Paho C 1.3 asks, and nobody else in this program.
bool asks_like_paho(const char* host, const char* service, const addrinfo* hints) {
    return host != nullptr && service == nullptr && hints != nullptr && hints->ai_protocol == IPPROTO_TCP &&
           (hints->ai_flags & ~AI_ADDRCONFIG) == 0 && hints->ai_family == AF_UNSPEC;
}

std::string known_address(const char* host) {
    KnownHosts& hosts = known_hosts();
    const std::lock_guard lock(hosts.mutex);
    const auto known = hosts.addresses.find(host);
    return known == hosts.addresses.end() ? std::string() : known->second;
}

int look_up(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    if (!asks_like_paho(host, service, hints)) {
        return system_lookup()(host, service, hints, found);
    }
    const std::string known = known_address(host);
    addrinfo numeric = *hints; // an address needs no name server, and no interface of its family to be up yet
    numeric.ai_flags = AI_NUMERICHOST;
    return system_lookup()(known.empty() ? host : known.c_str(), nullptr, &numeric, found);
}

} // namespace

void set_paho_address(const std::string& host, const std::string& address) {
    KnownHosts& hosts = known_hosts();
    const std::lock_guard lock(hosts.mutex);
    hosts.addresses[host] = address;
}

bool serves_paho_names() {
    return ::dlsym(RTLD_DEFAULT, "getaddrinfo") == reinterpret_cast<void*>(&::getaddrinfo);
}

} // namespace gridbridge

// Takes the place of the C library's for the whole program; all but Paho get that one's answer.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* host, const char* service,
                                                                  const addrinfo* hints, addrinfo** found) {
    return gridbridge::look_up(host, service, hints, found);
}
