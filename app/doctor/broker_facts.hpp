// What was seen of a broker, and what is wrong with it. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/status/access_check.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// What became of the message that was published on a branch of topics.
struct BranchFacts {
    AccessBranch branch;
    bool came_back = false;
    std::optional<bool> may_publish; // nothing: the broker does not tell
};

// As far as the examination came: what follows a failure has its default.
struct BrokerFacts {
    std::string server; // "mqtt://host:1883"
    std::string username, portal_id;
    std::chrono::seconds keepalive{30};
    std::optional<std::int64_t> unix_now; // s; nothing: the clock is not set
    bool was_examined = true;             // false: the time was over before it began

    std::string host;
    std::chrono::milliseconds lookup{}; // how long its name took
    bool has_address = false;
    std::string address;   // numeric, where it took the connection; empty: nowhere
    int connect_error = 0; // errno value without an address

    std::string tls_problem; // empty: none, or no TLS
    std::string certificate, issuer;
    std::optional<std::int64_t> certificate_ends; // s, unix time

    bool is_accepted = false;
    std::string refusal;                // why not, for people; empty: no answer came
    std::string other_service;          // what listens there instead of a broker; empty: not known
    std::chrono::milliseconds waited{}; // for being accepted

    std::string lost; // why the connection ended while branches were tried; empty: it did not
    std::vector<BranchFacts> branches;
    std::optional<std::chrono::milliseconds>
        slow_pairs; // between two small messages sent at once, the median

    std::string own_service_id;  // empty: not known
    std::string live_service_id; // of the service that is connected under our portal id; empty: none
};

std::vector<Finding> broker_findings(const BrokerFacts& facts);

// In one line, what is well.
std::string broker_note(const BrokerFacts& facts);

// A clock before the year in which this program began is not set. `unix_now`: s.
bool is_clock_set(std::int64_t unix_now);
std::vector<Finding> clock_findings(std::int64_t unix_now);

// The branches with messages of our own only: no service is there that would send the others, and nobody must
// take what a doctor sends for news of one.
std::vector<AccessBranch> harmless_branches(std::vector<AccessBranch> branches);

} // namespace gridbridge
