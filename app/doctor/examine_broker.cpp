#include "app/doctor/examine_broker.hpp"

#include "app/doctor/broker_talk.hpp"
#include "drivers/io/link_lost.hpp"
#include "drivers/io/resolve.hpp"
#include "mqtt/broker/other_service.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/broker/tls_probe.hpp"

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto lookup_limit = 5s;
constexpr auto connecting_limit = 4s;

// False: it is not reached, and the facts say why.
bool reach(const std::string& server, BrokerFacts& facts, const StopWait& wait) {
    const Endpoint endpoint = broker_endpoint(server);
    facts.host = endpoint.host;
    const auto began = Clock::now();
    const auto addresses = resolve_host(endpoint.host, began + lookup_limit, wait.stop());
    facts.lookup = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    facts.has_address = !addresses.empty();
    if (!facts.has_address) {
        return false;
    }
    facts.address = first_to_connect(addresses, endpoint.port, Clock::now() + connecting_limit, wait,
                                     facts.connect_error);
    return !facts.address.empty();
}

void look_at_certificate(const BrokerOptions& options, const std::string& server, BrokerFacts& facts,
                         const StopWait& wait) {
    const TlsLook look = look_at_tls(options, server, facts.address, wait);
    facts.tls_problem = look.problem;
    facts.certificate = look.subject;
    facts.issuer = look.issuer;
    facts.certificate_ends = look.ends_at;
}

} // namespace

void examine_broker(const BrokerOptions& options, const std::vector<AccessBranch>& branches,
                    BrokerFacts& facts, const std::stop_token& stop) {
    const std::string& server = options.servers.front();
    const bool is_secure = server.starts_with(secure_scheme);
    try {
        const StopWait wait(stop);
        if (!reach(server, facts, wait)) {
            return;
        }
        if (is_secure) {
            look_at_certificate(options, server, facts, wait);
        }
        if (!facts.tls_problem.empty()) {
            return;
        }
        talk_to_broker(options, branches, facts, stop);
        if (!is_secure && !facts.is_accepted && facts.refusal.empty()) {
            facts.other_service = what_else_listens(server, facts.address, wait);
        }
    } catch (const Stopped&) { // what was seen counts
    }
}

} // namespace gridbridge
