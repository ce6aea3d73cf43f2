#include "app/doctor/broker_facts.hpp"

#include "drivers/text/utc.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr std::int64_t warned_days = 30;
constexpr std::chrono::seconds long_keepalive{60};
constexpr std::int64_t first_of_2024 = 1704067200;
constexpr int proven_late = 4; // a busy machine is late too, now and then

std::string ms_text(std::chrono::milliseconds time) {
    return std::to_string(time.count()) + " ms";
}

Finding of_broker(FindingCode code, const BrokerFacts& facts, const std::string& text, std::string evidence) {
    return make_finding(code, {}, facts.server + ": " + text, std::move(evidence));
}

std::optional<Finding> certificate_finding(const BrokerFacts& facts) {
    if (!facts.certificate_ends || !facts.unix_now) {
        return std::nullopt;
    }
    const std::int64_t days = (*facts.certificate_ends - *facts.unix_now) / seconds_per_day;
    if (days > warned_days) {
        return std::nullopt;
    }
    const std::string when = days < 0 ? "has ended" : "ends in " + std::to_string(days) + " days";
    return of_broker(FindingCode::BrokerCertificate, facts, "its certificate " + when,
                     "valid until " + utc_text(*facts.certificate_ends, UtcForm::Date) + ", certificate " +
                         facts.certificate + ", issued by " + facts.issuer);
}

// Why we do not get in; nothing: we do.
std::optional<Finding> way_in(const BrokerFacts& facts) {
    if (!facts.has_address) {
        return of_broker(FindingCode::BrokerName, facts, explain_unknown_host(facts.host),
                         "no address within " + ms_text(facts.lookup));
    }
    if (facts.address.empty()) {
        return of_broker(FindingCode::BrokerUnreachable, facts, explain_unreachable(facts.connect_error),
                         "no TCP connection");
    }
    if (!facts.tls_problem.empty()) {
        return of_broker(FindingCode::BrokerTls, facts, facts.tls_problem,
                         "TCP connects to " + facts.address + ", the TLS handshake fails");
    }
    if (facts.is_accepted) {
        return std::nullopt;
    }
    const std::string waited = "TCP connects to " + facts.address + ", after " + ms_text(facts.waited);
    if (!facts.other_service.empty()) {
        return of_broker(FindingCode::BrokerUnreachable, facts, facts.other_service, waited + " no MQTT");
    }
    if (facts.refusal.empty()) {
        return of_broker(FindingCode::BrokerFrozen, facts, "it takes connections and does not answer",
                         waited + " no answer to CONNECT");
    }
    const bool is_login = is_login_refusal(facts.refusal);
    const std::string user = facts.username.empty() ? "without a user name" : "as user " + facts.username;
    return of_broker(is_login ? FindingCode::BrokerLogin : FindingCode::BrokerUnreachable, facts,
                     facts.refusal, waited + " refused, " + user);
}

Finding branch_finding(const BranchFacts& facts, const BrokerFacts& broker) {
    const AccessVerdict verdict = judge_access(facts.branch, facts.may_publish);
    const std::string answer = !facts.may_publish   ? "the broker does not tell whether we may publish there"
                               : *facts.may_publish ? "publishing there is allowed, so reading is not"
                                                    : "publishing there is refused";
    Finding finding = of_broker(FindingCode::AccessDenied, broker,
                                verdict.problem.empty() ? verdict.remark : verdict.problem,
                                "a message to " + facts.branch.probe.topic + " did not come back; " + answer +
                                    (broker.username.empty() ? "" : ", user " + broker.username));
    if (verdict.problem.empty()) {
        finding.severity = Severity::Info;
        finding.action = "Nothing has to be done.";
    }
    return finding;
}

std::vector<Finding> conversation_findings(const BrokerFacts& facts) {
    std::vector<Finding> findings;
    if (!facts.lost.empty()) {
        findings.push_back(of_broker(FindingCode::AccessDenied, facts, facts.lost,
                                     "the connection ended while topics were tried"));
        return findings;
    }
    for (const BranchFacts& branch : facts.branches) {
        if (!branch.came_back) {
            findings.push_back(branch_finding(branch, facts));
        }
    }
    if (!facts.live_service_id.empty() && !facts.own_service_id.empty() &&
        facts.live_service_id != facts.own_service_id) {
        findings.push_back(
            of_broker(FindingCode::OtherService, facts,
                      "another gridbridge runs under the portal id " + facts.portal_id,
                      "service id " + facts.live_service_id + " is online, ours is " + facts.own_service_id));
    }
    if (facts.late_bursts >= proven_late) {
        findings.push_back(of_broker(
            FindingCode::BrokerDelay, facts, "of several small messages one comes late",
            std::to_string(facts.late_bursts) + " of " + std::to_string(facts.bursts) +
                " times a message came " + ms_text(facts.late_by) + " after the one before, sent at once"));
    }
    return findings;
}

} // namespace

std::vector<Finding> broker_findings(const BrokerFacts& facts) {
    std::vector<Finding> findings;
    if (facts.keepalive > long_keepalive) {
        findings.push_back(
            make_finding(FindingCode::KeepaliveLong, {}, "A broker that stands still is noticed late",
                         "[mqtt] keepalive is " + std::to_string(facts.keepalive.count()) + " s"));
    }
    if (auto certificate = certificate_finding(facts)) {
        findings.push_back(std::move(*certificate));
    }
    if (auto problem = way_in(facts)) {
        findings.push_back(std::move(*problem));
        return findings;
    }
    auto of_talk = conversation_findings(facts);
    std::move(of_talk.begin(), of_talk.end(), std::back_inserter(findings));
    return findings;
}

std::string broker_note(const BrokerFacts& facts) {
    if (!facts.is_accepted) {
        return {};
    }
    const bool is_tls = facts.certificate_ends.has_value();
    return facts.server + ": connected in " + ms_text(facts.waited) +
           (is_tls ? ", certificate until " + utc_text(*facts.certificate_ends, UtcForm::Date) : "");
}

bool is_clock_set(std::int64_t unix_now) {
    return unix_now >= first_of_2024;
}

std::vector<Finding> clock_findings(std::int64_t unix_now) {
    if (is_clock_set(unix_now)) {
        return {};
    }
    return {make_finding(FindingCode::ClockUnset, {}, "The clock of this machine is not set",
                         "it says " + utc_text(unix_now, UtcForm::Date))};
}

std::vector<AccessBranch> harmless_branches(std::vector<AccessBranch> branches) {
    constexpr std::string_view config = "/config";
    for (AccessBranch& branch : branches) {
        std::string& topic = branch.probe.topic;
        if (topic.ends_with(config)) { // of discovery: an empty message there would erase a device
            topic.insert(topic.size() - config.size(), "_access");
            branch.probe.payload.clear();
        }
        branch.awaited = topic;
        branch.filter = topic;
        branch.is_sent_by_us = true;
        branch.expected_with.clear();
    }
    return branches;
}

} // namespace gridbridge
