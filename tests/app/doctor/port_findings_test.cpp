// What is said of a serial port and its line, with the numbers it is said for.
#include "app/doctor/examine_port.hpp"
#include "app/doctor/port_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string path = "/dev/serial/by-id/usb-FTDI_A1-if00-port0";

MeterConfig meter_of(const std::string& uri) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty());
    return meter;
}

const MeterConfig meter = meter_of("cg+rtu://" + path + "?unit=1");

PortFacts good_port() {
    PortFacts facts;
    facts.path = path;
    return facts;
}

PortFacts asked_port(LineFacts line) {
    PortFacts facts = good_port();
    facts.line = std::move(line);
    return facts;
}

FoundUnit found_at(int unit, int baud = 9600, Parity parity = Parity::None) {
    FoundUnit found;
    found.probe = {{Transport::Rtu, baud, parity}, unit};
    found.model = "EM24-DIN AV9";
    found.serial = "BX1";
    return found;
}

LineFacts silent_line() {
    LineFacts line;
    line.evidence.asked = 24;
    line.hints = {"absolute silence, not one byte was received: A and B swapped"};
    return line;
}

// The only one.
Finding finding_of(const PortFacts& facts, const MeterConfig& of = meter) {
    const auto findings = port_findings(facts, of);
    EXPECT_THAT(findings, SizeIs(1));
    return findings.empty() ? Finding{} : findings.front();
}

TEST(PortFindings, AGoodPortHasNone) {
    EXPECT_THAT(port_findings(good_port(), meter), IsEmpty());
}

TEST(PortFindings, AMissingPortAndWhatIsThere) {
    PortFacts facts = good_port();
    facts.error = ENOENT;
    facts.present = {"/dev/serial/by-id/usb-B", "/dev/serial/by-id/usb-C"};
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::PortMissing);
    EXPECT_EQ(finding.severity, Severity::Error);
    EXPECT_EQ(finding.meter, meter.uri);
    EXPECT_EQ(finding.text, path + " does not exist");
    EXPECT_EQ(finding.evidence, "ports that are there: /dev/serial/by-id/usb-B, /dev/serial/by-id/usb-C");
    EXPECT_THAT(finding.action, HasSubstr("gridbridge scan"));
}

TEST(PortFindings, InAContainerItWasNotPassedIn) {
    PortFacts facts = good_port();
    facts.is_in_container = true;
    for (const int error : {ENOENT, EPERM}) {
        facts.error = error;
        const Finding finding = finding_of(facts);
        EXPECT_EQ(finding.code, FindingCode::PortNotPassedIn) << error;
        EXPECT_THAT(finding.text, HasSubstr("in this container"));
        EXPECT_THAT(finding.action, HasSubstr("--device"));
    }
    EXPECT_TRUE(is_container_cgroup("0::/system.slice/docker-0123.scope\n"));
    EXPECT_TRUE(is_container_cgroup("12:pids:/kubepods/besteffort/pod1\n"));
    EXPECT_FALSE(is_container_cgroup("0::/init.scope\n"));
    EXPECT_FALSE(is_container_cgroup("0::/\n"));
}

TEST(PortFindings, AnAdapterThatHasGoneBehindItsFile) {
    PortFacts facts = good_port();
    facts.error = ENXIO;
    EXPECT_EQ(finding_of(facts).code, FindingCode::PortMissing);
    EXPECT_THAT(finding_of(facts).text, HasSubstr("nothing stands behind this device file"));
}

TEST(PortFindings, WhatIsNoPort) {
    PortFacts facts = good_port();
    facts.is_serial = false;
    EXPECT_EQ(finding_of(facts).text, path + " is not a serial port");
}

TEST(PortFindings, AnotherProgramIsNamedWithItsNumber) {
    PortFacts facts = good_port();
    facts.holders = {{812, "mbusd"}, {813, "cat"}};
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::PortHeld);
    EXPECT_EQ(finding.evidence, "mbusd (pid 812), cat (pid 813)");
    EXPECT_FALSE(is_held_by_gridbridge(facts));
}

TEST(PortFindings, AGridbridgeThatHasItIsNoFinding) {
    PortFacts facts = good_port();
    facts.holders = {{812, "gridbridge"}};
    EXPECT_TRUE(is_held_by_gridbridge(facts));
    EXPECT_THAT(port_findings(facts, meter), IsEmpty());
    facts.holders.push_back({813, "minicom"});
    EXPECT_EQ(finding_of(facts).code, FindingCode::PortHeld) << "both have it";
    EXPECT_FALSE(is_held_by_gridbridge(good_port()));
}

TEST(PortFindings, AHolderThatIsNotSeenHasALock) {
    PortFacts facts = good_port();
    facts.error = EWOULDBLOCK;
    EXPECT_EQ(finding_of(facts).code, FindingCode::PortHeld);
}

TEST(PortFindings, TheGroupThatIsMissingIsNamed) {
    PortFacts facts = good_port();
    facts.error = EACCES;
    facts.access = {"", true, true, 0660, 0, 20, 1000, {1000}};
    facts.user = "pi";
    facts.group = "dialout";
    Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::PortPermission);
    EXPECT_THAT(finding.evidence, AllOf(HasSubstr("its group is 20"), HasSubstr("user 1000")));
    EXPECT_THAT(finding.action, HasSubstr("usermod -aG dialout pi"));
    facts.is_in_container = true;
    EXPECT_THAT(finding_of(facts).action, HasSubstr("group_add: [\"20\"]"));
    facts.access.groups = {20, 1000};
    facts.access.mode = 0600;
    finding = finding_of(facts);
    EXPECT_THAT(finding.action, Not(HasSubstr("usermod"))) << "the group would not help";
    EXPECT_THAT(finding.evidence, HasSubstr("its mode is 0600"));
}

TEST(PortFindings, ALongLatencyOfAPortThatIsUsed) {
    PortFacts facts = good_port();
    facts.latency_ms = 16;
    EXPECT_THAT(port_findings(facts, meter), IsEmpty()) << "it is set when the port is opened";
    facts.holders = {{812, "gridbridge"}};
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::PortLatency);
    EXPECT_EQ(finding.severity, Severity::Info);
    EXPECT_THAT(finding.evidence, HasSubstr("16 ms"));
    facts.latency_ms = 1;
    EXPECT_THAT(port_findings(facts, meter), IsEmpty());
}

TEST(PortFindings, ANumberedNameMayChange) {
    PortFacts facts = good_port();
    facts.path = "/dev/ttyUSB0";
    facts.by_id = path;
    EXPECT_EQ(finding_of(facts).code, FindingCode::PortNameChanges);
    EXPECT_THAT(finding_of(facts).evidence, HasSubstr(path));
    facts.by_id.clear();
    EXPECT_THAT(finding_of(facts).action, HasSubstr("/dev/serial/by-path"));
    facts.is_in_container = true;
    EXPECT_THAT(port_findings(facts, meter), IsEmpty()) << "the name there is that of the compose file";
}

TEST(LineFindings, AMeterThatAnswersHasNone) {
    LineFacts line;
    line.found = {found_at(1)};
    EXPECT_THAT(port_findings(asked_port(line), meter), IsEmpty());
    line.evidence.echo = true;
    EXPECT_EQ(finding_of(asked_port(line)).code, FindingCode::AdapterEcho);
}

TEST(LineFindings, AnotherSpeedOrParityIsNamedAsItsKeys) {
    LineFacts line;
    line.found = {found_at(1, 19200, Parity::Even)};
    const Finding finding = finding_of(asked_port(line));
    EXPECT_EQ(finding.code, FindingCode::PortSettings);
    EXPECT_EQ(finding.text, "The line is set to 19200 8E1, not to 9600 8N1");
    EXPECT_EQ(finding.evidence, "EM24-DIN AV9 BX1 answers at 19200 8E1, unit 1");
    EXPECT_EQ(finding.action, "Set baud = 19200 and parity = \"even\" of this meter.");
}

TEST(LineFindings, AnotherUnitUnlessItIsThatOfAnotherMeter) {
    LineFacts line;
    line.found = {found_at(2), found_at(7)};
    PortFacts facts = asked_port(line);
    facts.other_units = {2};
    const Finding finding = finding_of(facts);
    EXPECT_EQ(finding.code, FindingCode::WrongUnit);
    EXPECT_THAT(finding.text, AllOf(HasSubstr("unit 1"), HasSubstr("unit 7 does")));
    EXPECT_THAT(finding.action, HasSubstr("unit = 7"));
    facts.other_units = {2, 7};
    EXPECT_EQ(finding_of(facts).code, FindingCode::MeterUnreachable);
    EXPECT_EQ(expected_units(meter_of("cg+rtu:///dev/ttyUSB0")), (std::vector{1, 2}));
}

TEST(LineFindings, SilenceIsSaidWithWhatWasAsked) {
    const Finding finding = finding_of(asked_port(silent_line()));
    EXPECT_EQ(finding.code, FindingCode::PortSettings);
    EXPECT_THAT(finding.text, testing::StartsWith("Absolute silence"));
    EXPECT_EQ(finding.evidence, "24 requests, no answer, 0 bytes received");
    EXPECT_THAT(finding.action, HasSubstr("Swap A and B"));
}

TEST(LineFindings, WhatCannotBeReadNamesItsSetting) {
    LineFacts line = silent_line();
    line.evidence.garbled = {{Transport::Rtu, 19200, Parity::None}};
    line.evidence.unasked_bytes = 9;
    const Finding finding = finding_of(asked_port(line));
    EXPECT_EQ(finding.code, FindingCode::PortSettings);
    EXPECT_THAT(finding.evidence, HasSubstr("9 bytes received; unreadable at 19200 8N1"));
}

TEST(LineFindings, AnotherMaster) {
    LineFacts line;
    line.evidence.heard = Heard::Modbus;
    line.hints = {"Modbus frames of another master are on the line"};
    const Finding finding = finding_of(asked_port(line));
    EXPECT_EQ(finding.code, FindingCode::BusShared);
    EXPECT_EQ(finding.evidence, "heard while nothing was sent");
    line.evidence.heard = Heard::P1;
    EXPECT_EQ(finding_of(asked_port(line)).code, FindingCode::PortSettings) << "the wrong driver";
}

TEST(LineFindings, AnEchoWithoutAMeter) {
    LineFacts line = silent_line();
    line.evidence.echo = true;
    EXPECT_THAT(port_findings(asked_port(line), meter),
                ElementsAre(Field(&Finding::code, FindingCode::AdapterEcho),
                            Field(&Finding::code, FindingCode::MeterUnreachable)));
}

TEST(LineFindings, AStreamThatIsSilentOrSomethingElse) {
    const MeterConfig p1 = meter_of("p1+serial://" + path);
    LineFacts line;
    line.listened = std::chrono::seconds(12);
    const Finding silent = finding_of(asked_port(line), p1);
    EXPECT_EQ(silent.code, FindingCode::MeterUnreachable);
    EXPECT_EQ(silent.evidence, "0 bytes in 12 seconds at 115200 8N1");
    line.received = 400;
    EXPECT_THAT(port_findings(asked_port(line), p1), IsEmpty());
    line.recognised = "bytes arrive, but no good telegram: noise";
    EXPECT_EQ(finding_of(asked_port(line), p1).code, FindingCode::PortSettings);
}

TEST(LookAtPort, ReadsTheLatencyOfItsAdapter) {
    namespace fs = std::filesystem;
    const fs::path sys = fs::temp_directory_path() / ("gridbridge-sys-" + std::to_string(::getpid()));
    fs::create_directories(sys / "class/tty/tty/device");
    std::ofstream(sys / "class/tty/tty/device/latency_timer") << "16\n";
    EXPECT_EQ(look_at_port("/dev/tty", sys).latency_ms, 16);
    EXPECT_EQ(look_at_port("/dev/tty", sys / "nowhere").latency_ms, std::nullopt);
    fs::remove_all(sys);
}

TEST(LookAtPort, KnowsWhatIsMissingAndWhatIsNoPort) {
    EXPECT_EQ(look_at_port("/nowhere/port").error, ENOENT);
    const PortFacts null = look_at_port("/dev/null");
    EXPECT_EQ(null.error, 0);
    EXPECT_FALSE(null.is_serial);
}

} // namespace
} // namespace gridbridge
