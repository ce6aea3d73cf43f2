#include "mqtt/doctor/service_findings.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds most_lag(2000);
constexpr std::chrono::seconds most_keepalive(60);

void tell_broker(const DoctorView& view, const BrokerCourse& course, std::vector<Finding>& out) {
    const BrokerHealth& broker = view.broker;
    if (course.is_away) {
        out.push_back(make_finding(FindingCode::BrokerUnreachable, {},
                                   broker.server + ": " +
                                       (broker.last_error.empty() ? "not connected" : broker.last_error),
                                   std::to_string(broker.reconnects) + " connections since the start"));
    } else if (broker.connected && broker.lag > most_lag) {
        out.push_back(make_finding(FindingCode::BrokerFrozen, {},
                                   broker.server + " is connected and takes nothing",
                                   "an answer is due for " + std::to_string(broker.lag.count() / 1000) +
                                       " s, " + std::to_string(broker.queued) + " messages wait"));
    }
    if (course.comes_and_goes && view.other_service.empty()) {
        Finding finding = make_finding(
            FindingCode::OtherService, {},
            broker.server +
                " ends our connection again and again, as brokers do when two clients have one client id",
            std::to_string(broker.reconnects) + " connections since the start" +
                (broker.last_error.empty() ? "" : "; " + broker.last_error));
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
    tell_broker(view, course, findings);
    tell_all(FindingCode::AccessDenied, view.denied, findings);
    tell_all(FindingCode::NotSaved, view.not_saved, findings);
    tell_all(FindingCode::PartFailed, view.problems, findings);
    tell_all(FindingCode::Leftovers, view.remarks, findings);
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
