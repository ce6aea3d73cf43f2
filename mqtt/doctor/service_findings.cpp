#include "mqtt/doctor/service_findings.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds most_keepalive(60);

std::string reconnections(const BrokerHealth& broker) {
    return "reconnected " + std::to_string(broker.reconnects) + " times since the start";
}

// Most reasons name the server already.
std::string why_away(const BrokerHealth& broker) {
    const bool is_named = broker.last_error.find(broker.server) != std::string::npos;
    return is_named
               ? broker.last_error
               : broker.server + ": " + (broker.last_error.empty() ? "not connected" : broker.last_error);
}

void tell_broker(const BrokerHealth& broker, const BrokerCourse& course, std::vector<Finding>& out) {
    if (course.is_away) {
        out.push_back(
            make_finding(FindingCode::BrokerUnreachable, {}, why_away(broker), reconnections(broker)));
    } else if (is_frozen(broker)) {
        out.push_back(make_finding(FindingCode::BrokerFrozen, {},
                                   broker.server + " is connected and takes nothing",
                                   "an answer is due for " + std::to_string(broker.lag.count() / 1000) +
                                       " s, " + std::to_string(broker.queued) + " messages wait"));
    }
}

void tell_connection(const DoctorView& view, const BrokerCourse& course, std::vector<Finding>& out) {
    if (course.comes_and_goes && view.other_service.empty()) {
        Finding finding = make_finding(
            FindingCode::OtherService, {},
            view.broker.server +
                " ends our connection again and again, as brokers do when two clients have one client id",
            reconnections(view.broker) +
                (view.broker.last_error.empty() ? "" : "; " + view.broker.last_error));
        finding.severity = Severity::Warning; // a bad network does the same
        out.push_back(std::move(finding));
    }
    if (view.keepalive > most_keepalive) {
        out.push_back(
            make_finding(FindingCode::KeepaliveLong, {},
                         "a broker that is frozen or cut off is noticed after one and a half keepalives",
                         "keepalive " + std::to_string(view.keepalive.count()) + " s"));
    }
}

void tell_all(FindingCode code, const std::vector<std::string>& texts, std::vector<Finding>& out) {
    for (const std::string& text : texts) {
        out.push_back(make_finding(code, {}, text, {}));
    }
}

} // namespace

std::vector<Finding> service_findings(const DoctorView& view, const BrokerCourse& course) {
    std::vector<Finding> findings;
    tell_broker(view.broker, course, findings);
    tell_connection(view, course, findings);
    tell_all(FindingCode::AccessDenied, view.denied, findings);
    tell_all(FindingCode::NotSaved, view.not_saved, findings);
    tell_all(FindingCode::PartFailed, view.problems, findings);
    tell_all(FindingCode::Leftovers, view.leftovers, findings);
    tell_all(FindingCode::OwnCertificate, view.certificates, findings);
    if (course.sinks_are_away) {
        tell_all(FindingCode::SinkAway, view.sinks_away, findings);
    }
    if (!view.other_service.empty()) {
        findings.push_back(make_finding(FindingCode::OtherService, {}, view.other_service, {}));
    }
    if (!view.unix_ms) {
        findings.push_back(make_finding(FindingCode::ClockUnset, {},
                                        "the clock of this machine was never set: times are unknown", {}));
    }
    return findings;
}

} // namespace gridbridge
