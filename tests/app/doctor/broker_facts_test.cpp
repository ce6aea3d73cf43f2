// What is said of a broker, with the numbers it is said for.
#include "app/doctor/broker_facts.hpp"

#include "mqtt/connection/broker_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::int64_t now = 1796000000; // 2026-11-30
constexpr std::int64_t day = 86400;

AccessBranch branch_of(const std::string& name, bool is_subscribed) {
    const std::string topic = name.substr(0, name.find('#')) + "p/nobody";
    return {name, is_subscribed, topic, topic, true, {topic, {}}, {}};
}

BrokerFacts good_broker() {
    BrokerFacts facts;
    facts.server = "mqtt://broker:1883";
    facts.portal_id = "p";
    facts.unix_now = now;
    facts.host = "broker";
    facts.has_address = true;
    facts.address = "192.0.2.1";
    facts.is_accepted = true;
    facts.waited = 12ms;
    facts.branches = {{branch_of("N/#", false), true, {}}, {branch_of("R/#", true), true, {}}};
    return facts;
}

Finding finding_of(const BrokerFacts& facts) {
    const auto findings = broker_findings(facts);
    EXPECT_THAT(findings, SizeIs(1));
    return findings.empty() ? Finding{} : findings.front();
}

TEST(BrokerFindingsOf, AGoodBrokerHasNone) {
    EXPECT_THAT(broker_findings(good_broker()), IsEmpty());
    EXPECT_EQ(broker_note(good_broker()), "mqtt://broker:1883: connected in 12 ms");
}

TEST(BrokerFindingsOf, ANameWithoutAddress) {
    BrokerFacts facts = good_broker();
    facts.has_address = false;
    facts.is_accepted = false;
    facts.lookup = 5003ms;
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::BrokerName);
    EXPECT_THAT(finding.text, AllOf(HasSubstr("mqtt://broker:1883"), HasSubstr("host broker not found")));
    EXPECT_EQ(finding.evidence, "no address within 5003 ms");
    EXPECT_EQ(broker_note(facts), "");
}

TEST(BrokerFindingsOf, NoConnection) {
    BrokerFacts facts = good_broker();
    facts.address.clear();
    facts.connect_error = ECONNREFUSED;
    EXPECT_EQ(finding_of(facts).code, FindingCode::BrokerUnreachable);
    EXPECT_THAT(finding_of(facts).text, HasSubstr("connection refused"));
    facts.connect_error = EHOSTUNREACH;
    EXPECT_THAT(finding_of(facts).text, HasSubstr("no route"));
}

TEST(BrokerFindingsOf, TlsThatFails) {
    BrokerFacts facts = good_broker();
    facts.tls_problem = "the broker does not speak TLS on this port";
    facts.is_accepted = false;
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::BrokerTls);
    EXPECT_THAT(finding.text, HasSubstr(facts.tls_problem));
    EXPECT_THAT(finding.evidence, HasSubstr("TCP connects to 192.0.2.1"));
}

TEST(BrokerFindingsOf, ACertificateThatEndsSoon) {
    BrokerFacts facts = good_broker();
    facts.certificate = "/CN=broker";
    facts.issuer = "/CN=home ca";
    facts.certificate_ends = now + 12 * day + 100;
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::BrokerCertificate);
    EXPECT_EQ(finding.severity, Severity::Warning);
    EXPECT_THAT(finding.text, HasSubstr("ends in 12 days"));
    EXPECT_EQ(finding.evidence, "valid until 2026-12-12, certificate /CN=broker, issued by /CN=home ca");
    facts.certificate_ends = now + 31 * day;
    EXPECT_THAT(broker_findings(facts), IsEmpty());
    EXPECT_THAT(broker_note(facts), HasSubstr("certificate until 2026-12-31"));
    facts.certificate_ends = now;
    facts.unix_now.reset();
    EXPECT_THAT(broker_findings(facts), IsEmpty()) << "without a clock nobody knows";
}

TEST(BrokerFindingsOf, ARefusedLogin) {
    BrokerFacts facts = good_broker();
    facts.is_accepted = false;
    facts.username = "gb";
    for (const int code : {4, 5}) {
        facts.refusal = explain_refusal(code, 0);
        const Finding finding = finding_of(facts);
        EXPECT_EQ(finding.code, FindingCode::BrokerLogin) << facts.refusal;
        EXPECT_THAT(finding.evidence, HasSubstr("as user gb"));
    }
    facts.refusal = explain_refusal(3, 0);
    EXPECT_EQ(finding_of(facts).code, FindingCode::BrokerUnreachable);
}

TEST(BrokerFindingsOf, ABrokerThatIsMuteAndAnotherService) {
    BrokerFacts facts = good_broker();
    facts.is_accepted = false;
    facts.waited = 4500ms;
    EXPECT_EQ(finding_of(facts).code, FindingCode::BrokerFrozen);
    EXPECT_EQ(finding_of(facts).evidence, "TCP connects to 192.0.2.1, after 4500 ms no answer to CONNECT");
    facts.other_service = "a web server answers on this port";
    EXPECT_EQ(finding_of(facts).code, FindingCode::BrokerUnreachable);
    EXPECT_THAT(finding_of(facts).text, HasSubstr("web server"));
}

TEST(BrokerFindingsOf, ADeniedBranchIsNamed) {
    BrokerFacts facts = good_broker();
    facts.branches[0].came_back = false;
    facts.branches[0].may_publish = false;
    const Finding denied = finding_of(facts);
    EXPECT_EQ(denied.code, FindingCode::AccessDenied);
    EXPECT_EQ(denied.severity, Severity::Error);
    EXPECT_THAT(denied.text, AllOf(HasSubstr("N/#"), HasSubstr("allow our user to write it")));
    EXPECT_THAT(denied.evidence, AllOf(HasSubstr("N/p/nobody did not come back"), HasSubstr("refused")));
    facts.branches[0].may_publish = true;
    EXPECT_EQ(finding_of(facts).severity, Severity::Info) << "what is published leaves";
    facts.branches[0].may_publish.reset();
    EXPECT_EQ(finding_of(facts).severity, Severity::Error);
    facts.branches[0].came_back = true;
    facts.branches[1].came_back = false;
    facts.branches[1].may_publish = true;
    EXPECT_THAT(finding_of(facts).text, HasSubstr("allow our user to read it")) << "clients could not write";
}

TEST(BrokerFindingsOf, AnotherServiceUnderOurPortalId) {
    BrokerFacts facts = good_broker();
    facts.live_service_id = "2-2";
    EXPECT_THAT(broker_findings(facts), IsEmpty()) << "ours is not known";
    facts.own_service_id = "2-2";
    EXPECT_THAT(broker_findings(facts), IsEmpty()) << "it is ours";
    facts.own_service_id = "1-1";
    EXPECT_EQ(finding_of(facts).code, FindingCode::OtherService);
    EXPECT_THAT(finding_of(facts).evidence, AllOf(HasSubstr("2-2"), HasSubstr("1-1")));
}

TEST(BrokerFindingsOf, MessagesThatAreHeldBack) {
    BrokerFacts facts = good_broker();
    facts.bursts = 40;
    facts.late_bursts = 11;
    facts.late_by = 41ms;
    EXPECT_EQ(finding_of(facts).code, FindingCode::BrokerDelay);
    EXPECT_EQ(finding_of(facts).evidence,
              "11 of 40 times a message came 41 ms after the one before, sent at once");
    facts.late_bursts = 3;
    EXPECT_THAT(broker_findings(facts), IsEmpty()) << "that may be this machine";
}

TEST(BrokerFindingsOf, ALongKeepalive) {
    BrokerFacts facts = good_broker();
    facts.keepalive = 90s;
    EXPECT_EQ(finding_of(facts).code, FindingCode::KeepaliveLong);
    EXPECT_EQ(finding_of(facts).evidence, "[mqtt] keepalive is 90 s");
}

TEST(BrokerFindingsOf, AConnectionThatIsClosedForASubscription) {
    BrokerFacts facts = good_broker();
    facts.lost = explain_early_end();
    EXPECT_EQ(finding_of(facts).code, FindingCode::AccessDenied);
}

TEST(ClockFindings, OnlyAClockThatCannotBeRight) {
    EXPECT_THAT(clock_findings(now), IsEmpty());
    EXPECT_THAT(clock_findings(1704067200), IsEmpty());
    EXPECT_THAT(clock_findings(0), ElementsAre(AllOf(Field(&Finding::code, FindingCode::ClockUnset),
                                                     Field(&Finding::evidence, "it says 1970-01-01"))));
}

// An empty message to a topic of discovery erases a device there.
TEST(HarmlessBranches, HaveMessagesOfTheirOwnThatNobodyTakesForNews) {
    const Message discovery{"homeassistant/device/gridbridge_p/config", "{}"};
    const auto branches = harmless_branches(access_branches("p", false, discovery));
    ASSERT_THAT(branches, SizeIs(5));
    for (const AccessBranch& branch : branches) {
        EXPECT_TRUE(branch.is_sent_by_us);
        EXPECT_EQ(branch.probe.payload, "");
        EXPECT_FALSE(branch.probe.retain);
        EXPECT_EQ(branch.awaited, branch.probe.topic);
        EXPECT_EQ(branch.filter, branch.probe.topic);
        EXPECT_NE(branch.probe.topic, discovery.topic);
        EXPECT_THAT(branch.probe.topic, Not(HasSubstr("heartbeat")));
    }
    EXPECT_EQ(branches[4].probe.topic, "homeassistant/device/gridbridge_p_access/config");
}

} // namespace
} // namespace gridbridge
