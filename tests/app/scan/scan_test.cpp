// The pure parts of `gridbridge scan`.
#include "app/scan/port_use.hpp"
#include "app/scan/report.hpp"
#include "drivers/modbus/line/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<ScanTarget> targets_of(std::string_view text) {
    std::vector<ScanTarget> targets;
    EXPECT_EQ(add_scan_target(text, targets), "") << text;
    return targets;
}

std::string refusal_of_target(std::string_view text) {
    std::vector<ScanTarget> targets;
    std::string problem = add_scan_target(text, targets);
    EXPECT_THAT(targets, IsEmpty()) << text;
    return problem;
}

ScanRequest default_request(Options options = {}) {
    ScanRequest request;
    EXPECT_EQ(read_scan_request(options, request), "");
    return request;
}

const ScanTarget port{"/dev/ttyUSB0", {}, false};
const ScanTarget host{{}, {"192.0.2.10", 502}, false};

TEST(ScanTargets, PortsHostsAndNetworks) {
    EXPECT_THAT(targets_of("/dev/ttyUSB0"), ElementsAre(port));
    EXPECT_THAT(targets_of("192.0.2.10"), ElementsAre(host));
    EXPECT_THAT(targets_of("meter:1502"), ElementsAre(ScanTarget{{}, {"meter", 1502}, false}));
    EXPECT_EQ(target_text(targets_of("[::1]:1502")[0]), "[::1]:1502");
    const auto network = targets_of("192.0.2.77/24");
    ASSERT_THAT(network, SizeIs(254));
    EXPECT_EQ(target_text(network.front()), "192.0.2.1");
    EXPECT_EQ(target_text(network.back()), "192.0.2.254");
    EXPECT_TRUE(network.front().from_network);
    EXPECT_THAT(targets_of("10.0.0.0/22"), SizeIs(1022));
    EXPECT_THAT(targets_of("10.0.0.0/31"), SizeIs(2));
    EXPECT_THAT(targets_of("10.0.0.1/32:1502"), ElementsAre(ScanTarget{{}, {"10.0.0.1", 1502}, false}));
}

TEST(ScanTargets, RefusalsNameTheThingAndTheFix) {
    EXPECT_THAT(refusal_of_target("10.0.0.0/21"), HasSubstr("at most a /22"));
    EXPECT_THAT(refusal_of_target("cg+tcp://h"), HasSubstr("the port, host or network alone"));
    EXPECT_THAT(refusal_of_target("ttyUSB0"), HasSubstr("/dev/ttyUSB0"));
    for (const char* text : {"10.0.0/24", "10.0.0.256/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/24:0"}) {
        EXPECT_THAT(refusal_of_target(text), HasSubstr("192.0.2.0/24")) << text;
    }
    EXPECT_THAT(refusal_of_target("host:port"), HasSubstr("neither a serial port"));
    EXPECT_THAT(refusal_of_target(""), HasSubstr("neither a serial port"));
}

TEST(ScanUnits, ListsAndRanges) {
    EXPECT_THAT(*parse_units("1,3,7-9,3"), ElementsAre(1, 3, 7, 8, 9));
    EXPECT_THAT(*parse_units("1-247"), SizeIs(247));
    for (const char* text : {"", "0", "248", "5-3", "a", "1-", "1,,2"}) {
        EXPECT_FALSE(parse_units(text)) << text;
    }
}

TEST(ScanRequestOptions, BadListsAreNamed) {
    ScanRequest request;
    Options options;
    options.units = "0-3";
    EXPECT_THAT(read_scan_request(options, request), HasSubstr("--units"));
    options.units = "7";
    options.bauds = "9600,1200";
    EXPECT_THAT(read_scan_request(options, request), HasSubstr("--bauds"));
    options.bauds = "19200";
    options.parities = "mark";
    EXPECT_THAT(read_scan_request(options, request), HasSubstr("--parities"));
    options.parities = "odd,none";
    EXPECT_EQ(read_scan_request(options, request), "");
    EXPECT_THAT(request.parities, ElementsAre(Parity::Odd, Parity::None));
}

TEST(ScanPlan, LikelyFirstEverySettingAndUnitOnce) {
    const ScanRequest request = default_request();
    const auto settings = line_settings(port, request);
    ASSERT_THAT(settings, SizeIs(12));
    auto plan = scan_plan(settings, request.units);
    ASSERT_THAT(plan, SizeIs(120));
    EXPECT_EQ(plan[0], (Probe{{Transport::Rtu, 9600, Parity::None}, 1}));
    EXPECT_EQ(plan[1], (Probe{{Transport::Rtu, 9600, Parity::Even}, 1}));
    EXPECT_EQ(plan[11].unit, 1);
    EXPECT_EQ(plan[12], (Probe{{Transport::Rtu, 9600, Parity::None}, 2}));
    for (std::size_t i = 0; i < plan.size(); ++i) {
        EXPECT_EQ(std::count(plan.begin(), plan.end(), plan[i]), 1) << i;
    }
    keep_setting(plan, settings[2]);
    EXPECT_THAT(plan, SizeIs(10));
    EXPECT_THAT(scan_plan(settings, {}), IsEmpty());
}

TEST(ScanPlan, TcpIsAskedInItsOwnFramingFirst) {
    const ScanRequest request = default_request();
    const auto plan = scan_plan(line_settings(host, request), request.units);
    ASSERT_THAT(plan, SizeIs(20));
    EXPECT_EQ(plan[0].setting.transport, Transport::Tcp);
    EXPECT_EQ(plan[1].setting.transport, Transport::RtuOverTcp);
    EXPECT_EQ(plan[1].unit, 1);
}

TEST(ScanPlan, UrisReadBackAsTheProbeThatFoundTheMeter) {
    const ScanRequest request = default_request();
    for (const ScanTarget& target : {port, host, ScanTarget{{}, {"::1", 1502}, false}}) {
        for (const Probe& probe : scan_plan(line_settings(target, request), request.units)) {
            MeterConfig meter;
            const std::string uri = meter_uri(target, probe);
            EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty()) << uri;
            const MeterConfig wanted = probe_config(target, probe, request);
            EXPECT_EQ(meter.path, wanted.path) << uri;
            EXPECT_EQ(meter.host, wanted.host) << uri;
            EXPECT_EQ(meter.port, wanted.port) << uri;
            EXPECT_EQ(meter.transport, wanted.transport) << uri;
            EXPECT_EQ(meter.unit.value_or(1), wanted.unit) << uri;
            EXPECT_EQ(meter.baud.value_or(9600), wanted.baud.value_or(9600)) << uri;
            EXPECT_EQ(meter.parity.value_or(Parity::None), wanted.parity.value_or(Parity::None)) << uri;
            EXPECT_EQ(meter.uri, wanted.uri) << "the identity of meters without a serial number";
        }
    }
    EXPECT_EQ(meter_uri(port, {{Transport::Rtu, 9600, Parity::None}, 1}), "cg+rtu:///dev/ttyUSB0");
    EXPECT_EQ(setting_text({Transport::Rtu, 19200, Parity::Even}), "19200 8E1");
}

std::vector<std::uint8_t> bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

TEST(ScanEvidence, RecognisesWhatTalksByItself) {
    EXPECT_EQ(classify({}), Heard::Nothing);
    EXPECT_EQ(classify(bytes_of("\xFF\xFF")), Heard::Nothing);
    EXPECT_EQ(classify(bytes_of("1-0:1.8.1(000051.775*kWh)\r\n0-0:96.14.0(0001)\r\n1-0:1.8.2(0")), Heard::P1);
    EXPECT_EQ(classify(bytes_of("1-0:1.8.0*255(000051.775*kWh)\r\n1-0:1.8.2(0")), Heard::D0);
    auto seven_bits = bytes_of("1-0:1.8.1(000051.775*kWh)\r\n0-0:96.14.0(0001)\r\n");
    for (std::size_t i = 0; i < seven_bits.size(); i += 2) {
        seven_bits[i] |= 0x80;
    }
    EXPECT_EQ(classify(seven_bits), Heard::P1);
    EXPECT_EQ(classify(bytes_of("\x12\x1B\x1B\x1B\x1B\x01\x01\x01\x01\x76")), Heard::Sml);
    std::vector<std::uint8_t> request = raw_request({17, Function::ReadHolding, 0x0000_reg, 2});
    const std::uint16_t crc = modbus_crc(request);
    request.push_back(static_cast<std::uint8_t>(crc & 0xFF));
    request.push_back(static_cast<std::uint8_t>(crc >> 8));
    request.insert(request.begin(), 0x00);
    EXPECT_EQ(classify(request), Heard::Modbus);
    request[3] ^= 1;
    EXPECT_EQ(classify(request), Heard::Unknown);
    EXPECT_TRUE(is_in_service(Heard::Modbus));
    EXPECT_TRUE(is_in_service(Heard::Unknown));
    EXPECT_FALSE(is_in_service(Heard::P1));
}

TEST(ScanEvidence, AnAnswerToASignOnIsAnIdentification) {
    EXPECT_TRUE(has_identification(bytes_of("/?!\r\n/LGZ5ZMD310\r\n"))) << "behind an echo";
    auto seven_bits = bytes_of("/ISk5MT174-0001\r\n");
    for (std::size_t i = 0; i < seven_bits.size(); i += 2) {
        seven_bits[i] |= 0x80;
    }
    EXPECT_TRUE(has_identification(seven_bits));
    for (const char* text :
         {"", "/?!\r\n", "/LGZ5ZMD310", "/L1Z5ZMD310\r\n", "/LGZ\r\n", "LGZ5ZMD310\r\n", "/"}) {
        EXPECT_FALSE(has_identification(bytes_of(text))) << text;
    }
}

TEST(ScanEvidence, ASignOnIsForALineWhereNobodySaidAnything) {
    LineEvidence evidence;
    EXPECT_TRUE(is_silent(evidence));
    evidence.unasked_bytes = 40;
    EXPECT_FALSE(is_silent(evidence)) << "another master, perhaps";
    evidence.echo = true;
    EXPECT_TRUE(is_silent(evidence)) << "an optical head that reflects";
    evidence.garbled = {{Transport::Rtu, 19200, Parity::None}};
    EXPECT_FALSE(is_silent(evidence));
    evidence.garbled.clear();
    evidence.heard = Heard::Unknown;
    EXPECT_FALSE(is_silent(evidence));
    EXPECT_FALSE(ScanRequest().signs_on) << "only a scan that somebody wants";
    EXPECT_TRUE(default_request().signs_on);
}

std::string hint_of(const LineEvidence& evidence, const ScanTarget& target = port, Options options = {}) {
    std::string text;
    for (const std::string& hint : hints(evidence, target, default_request(std::move(options)))) {
        text += hint + '\n';
    }
    return text;
}

TEST(ScanEvidence, HintsFollowFromWhatWasSeen) {
    LineEvidence silence;
    EXPECT_THAT(hint_of(silence), HasSubstr("A and B swapped"));
    EXPECT_THAT(hint_of(silence), HasSubstr("--units 1-247"));
    EXPECT_THAT(hint_of(silence, host), Not(HasSubstr("A and B")));
    EXPECT_THAT(hint_of(silence, host), HasSubstr("neither Modbus TCP nor RTU over TCP"));

    LineEvidence garbled;
    garbled.garbled = {{Transport::Rtu, 19200, Parity::None}};
    EXPECT_THAT(hint_of(garbled), HasSubstr("at 19200 8N1, but not readably: wrong speed or parity"));
    EXPECT_THAT(hint_of(garbled), HasSubstr("not tried yet: --parities odd)"));
    Options few;
    few.bauds = "9600,19200,38400,57600,115200";
    few.parities = "none,even,odd";
    EXPECT_THAT(hint_of(garbled, port, few), HasSubstr("not tried yet: --bauds 4800)"));
    EXPECT_THAT(hint_of(garbled), Not(HasSubstr("silence")));

    LineEvidence echo = garbled;
    echo.echo = true;
    EXPECT_THAT(hint_of(echo), HasSubstr("the adapter echoes"));
    EXPECT_THAT(hint_of(echo), Not(HasSubstr("wrong speed")));

    LineEvidence stream = garbled;
    stream.heard = Heard::P1;
    EXPECT_THAT(hint_of(stream), HasSubstr("p1+serial:///dev/ttyUSB0"));
    stream.heard = Heard::Sml;
    EXPECT_THAT(hint_of(stream), HasSubstr("sml+serial:///dev/ttyUSB0"));
    stream.heard = Heard::D0;
    EXPECT_THAT(hint_of(stream), HasSubstr("d0+serial:///dev/ttyUSB0"));
    stream.heard = Heard::D0Asked;
    EXPECT_THAT(hint_of(stream),
                AllOf(HasSubstr("when it is asked"), HasSubstr("d0+serial:///dev/ttyUSB0?mode=request")));
    stream.heard = Heard::Modbus;
    EXPECT_THAT(hint_of(stream), HasSubstr("in service"));

    LineEvidence unasked;
    unasked.unasked_bytes = 40;
    EXPECT_THAT(hint_of(unasked), HasSubstr("arrive unasked"));
    LineEvidence closed;
    closed.closed = true;
    EXPECT_THAT(hint_of(closed, host), HasSubstr("closes the connection"));
}

TargetReport report_with_meters() {
    TargetReport report;
    report.target = {"/dev/serial/by-id/usb-\"A\"", {}, false};
    report.found.push_back(
        {{{Transport::Rtu, 19200, Parity::Even}, 7}, 71, "EM24-DIN AV9", "BX1", "3", true, ""});
    report.found.push_back({{{Transport::Rtu, 19200, Parity::Even}, 8}, 57, "EM21", "", "", false, "no map"});
    return report;
}

TEST(ScanReport, TableIsAligned) {
    const std::vector<TargetReport> reports{report_with_meters()};
    const std::string table = scan_table(reports);
    std::istringstream lines(table);
    std::string heading;
    std::string first;
    std::string second;
    std::getline(lines, heading);
    std::getline(lines, first);
    std::getline(lines, second);
    EXPECT_EQ(heading.find("MODEL"), first.find("EM24-DIN"));
    EXPECT_EQ(heading.find("REMARK"), first.find("ok"));
    EXPECT_EQ(heading.find("REMARK"), second.find("no map"));
    EXPECT_THAT(second, HasSubstr("57"));
    EXPECT_EQ(scan_table({}), "");
}

TEST(ScanReport, TomlHasServedMetersAndCommentsTheOthers) {
    const std::vector<TargetReport> reports{report_with_meters()};
    EXPECT_EQ(scan_toml(reports),
              "[[meter]]\n"
              "uri = \"cg+rtu:///dev/serial/by-id/usb-\\\"A\\\"?unit=7&baud=19200&parity=even\"\n"
              "name = \"EM24-DIN AV9 BX1\"\n\n"
              "# cg+rtu:///dev/serial/by-id/usb-\"A\"?unit=8&baud=19200&parity=even: no map\n\n");
}

TEST(ScanReport, AMeterThatSendsByItselfIsFound) {
    std::vector<TargetReport> reports(1);
    reports[0].target = {"/dev/ttyUSB0", {}, false};
    reports[0].evidence.heard = Heard::D0;
    EXPECT_EQ(scan_toml(reports), "[[meter]]\nuri = \"d0+serial:///dev/ttyUSB0\"\n\n");
    EXPECT_THAT(scan_table(reports), HasSubstr("IEC 62056-21 meter"));
    EXPECT_EQ(scan_exit_code(reports), 0);
    reports[0].evidence.heard = Heard::D0Asked;
    EXPECT_EQ(scan_toml(reports), "[[meter]]\nuri = \"d0+serial:///dev/ttyUSB0?mode=request\"\n\n");
    reports[0].evidence.heard = Heard::Modbus;
    EXPECT_EQ(scan_toml(reports), "");
    EXPECT_EQ(scan_table(reports), "");
    EXPECT_EQ(scan_exit_code(reports), 69);
}

TEST(ScanReport, ExitCodes) {
    std::vector<TargetReport> reports;
    EXPECT_EQ(scan_exit_code(reports), 69);
    reports.emplace_back();
    reports[0].error = "/dev/x is in use";
    reports[0].exit_code = exit_code::io;
    EXPECT_EQ(scan_exit_code(reports), 74);
    EXPECT_EQ(scan_notes(reports), "error: /dev/x is in use\n");
    reports.emplace_back();
    reports[1].exit_code = exit_code::permission;
    EXPECT_EQ(scan_exit_code(reports), 77);
    reports.push_back(report_with_meters());
    EXPECT_EQ(scan_exit_code(reports), 0);
    reports[2].found.erase(reports[2].found.begin());
    EXPECT_EQ(scan_exit_code(reports), 77) << "a meter that is not served does not count";
}

TEST(ScanPorts, ByIdNames) {
    std::string folder = (std::filesystem::temp_directory_path() / "scan-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    std::ofstream(folder + "/ttyUSB0") << "x";
    std::filesystem::create_directory(folder + "/by-id");
    const std::string name = folder + "/by-id/usb-FTDI_FT232R-if00-port0";
    std::filesystem::create_symlink("../ttyUSB0", name);
    std::filesystem::create_symlink("../gone", folder + "/by-id/a-dangling");
    EXPECT_EQ(name_by_id(folder + "/ttyUSB0", folder + "/by-id"), name);
    EXPECT_EQ(name_by_id(name, folder + "/by-id"), name);
    EXPECT_EQ(name_by_id(folder + "/other", folder + "/by-id"), folder + "/other");
    EXPECT_EQ(name_by_id(folder + "/ttyUSB0", folder + "/none"), folder + "/ttyUSB0");
    EXPECT_THAT(ports_by_id(folder + "/by-id"), ElementsAre(folder + "/by-id/a-dangling", name));
    EXPECT_THAT(ports_by_id(folder + "/none"), IsEmpty());
    std::filesystem::remove_all(folder);
}

TEST(ScanPorts, LockHolders) {
    constexpr std::string_view locks = "1: FLOCK  ADVISORY  WRITE 21708 00:1a:3 0 EOF\n"
                                       "2: POSIX  ADVISORY  READ  77 08:01:123 0 EOF\n"
                                       "2: -> FLOCK  ADVISORY  WRITE 21709 00:1a:3 0 EOF\n"
                                       "3: FLOCK  ADVISORY  WRITE 0 00:1a:3 0 EOF\n"
                                       "4: LEASE\n";
    EXPECT_THAT(lock_holders(locks, 0, 26, 3), ElementsAre(21708, 21709));
    EXPECT_THAT(lock_holders(locks, 8, 1, 123), ElementsAre(77));
    EXPECT_THAT(lock_holders(locks, 8, 1, 124), IsEmpty());
    EXPECT_THAT(lock_holders("", 0, 0, 0), IsEmpty());
}

TEST(ScanPorts, MasterOfAPseudoTerminal) {
    constexpr std::string_view info = "pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t91\ntty-index:\t12\n";
    EXPECT_TRUE(is_master_of(info, 12));
    EXPECT_FALSE(is_master_of(info, 1));
    EXPECT_FALSE(is_master_of("pos:\t0\n", 0));
}

TEST(ScanProgress, OneLineOnATerminalAndSomeElsewhere) {
    const auto start = Clock::now();
    std::ostringstream terminal;
    ScanProgress on_terminal(terminal, 8);
    on_terminal.show("unit 1 of 247", start);
    on_terminal.show("unit 2 of 247", start + std::chrono::milliseconds(100));
    on_terminal.clear();
    EXPECT_EQ(terminal.str(), "\r\x1B[Kunit 1 \r\x1B[Kunit 2 \r\x1B[K");
    std::ostringstream file;
    ScanProgress elsewhere(file, 0);
    elsewhere.show("a", start);
    elsewhere.show("b", start + std::chrono::seconds(1));
    elsewhere.show("c", start + std::chrono::seconds(6));
    elsewhere.clear();
    EXPECT_EQ(file.str(), "a\nc\n");
}

} // namespace
} // namespace gridbridge
