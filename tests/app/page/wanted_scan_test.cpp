// What the page may look for, and what it is told of it.
#include "app/page/own_networks.hpp"
#include "app/page/scan_job.hpp"
#include "app/page/wanted_scan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>

namespace gridbridge {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MeterConfig meter_at(const std::string& uri) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty());
    return meter;
}

class WantedScan : public testing::Test {
  protected:
    ScanRules rules() const {
        return {{"192.168.1.0/24", "127.0.0.0/24"}, meters_, [](const std::string& path) {
                    return path == "/dev/serial/by-id/usb-a" ? std::string("/dev/ttyUSB0") : path;
                }};
    }
    std::string refused(const std::string& body) const {
        const auto made = wanted_scan(body, rules());
        const auto* const reason = std::get_if<std::string>(&made);
        EXPECT_NE(reason, nullptr) << body;
        return reason == nullptr ? std::string() : *reason;
    }
    std::vector<ScanTarget> targets(const std::string& body) const {
        const auto made = wanted_scan(body, rules());
        const auto* const request = std::get_if<ScanRequest>(&made);
        EXPECT_NE(request, nullptr) << body;
        return request == nullptr ? std::vector<ScanTarget>() : request->targets;
    }

    std::vector<MeterConfig> meters_{meter_at("cg+rtu:///dev/ttyUSB0"), meter_at("cg+tcp://192.168.1.9")};
};

TEST_F(WantedScan, TakesPortsNetworksAndHosts) {
    const auto found =
        targets(R"({"ports":["/dev/ttyUSB1"],"networks":["192.168.1.0/30"],"hosts":["127.0.0.1:1502"]})");
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].endpoint.host, "127.0.0.1");
    EXPECT_EQ(found[0].endpoint.port, 1502);
    EXPECT_EQ(found[1].endpoint.host, "192.168.1.1");
    EXPECT_EQ(found[3].path, "/dev/ttyUSB1");
}

TEST_F(WantedScan, AHostThatIsReadIsLeftOutOfItsNetwork) {
    const auto found = targets(R"({"networks":["192.168.1.0/24"]})");
    EXPECT_EQ(found.size(), 253U);
}

TEST_F(WantedScan, APortInUseIsRefusedWhateverItsName) {
    for (const char* const port : {"/dev/ttyUSB0", "/dev/serial/by-id/usb-a"}) {
        EXPECT_THAT(refused(json{{"ports", {port}}}.dump()), HasSubstr("is used by cg+rtu:///dev/ttyUSB0"));
    }
}

TEST_F(WantedScan, NothingElseIsAsked) {
    for (const char* const body : {"", "[]", "{}", R"({"ports":"x"})", R"({"ports":[1]})", R"({"ports":[]})",
                                   R"({"x":[]})", R"({"hosts":[""]})"}) {
        EXPECT_FALSE(refused(body).empty()) << body;
    }
    for (const char* const port : {"/etc/passwd", "ttyUSB1", "/dev/../etc/passwd", "192.168.1.7"}) {
        EXPECT_THAT(refused(json{{"ports", {port}}}.dump()), HasSubstr("no serial port")) << port;
    }
    for (const char* const network :
         {"192.168.2.0/24", "8.8.8.0/24", "192.168.1.0/24:70000", "192.168.1.0/x"}) {
        EXPECT_FALSE(refused(json{{"networks", {network}}}.dump()).empty()) << network;
    }
    for (const char* const network : {"192.168.0.0/23", "192.168.1.0", "0.0.0.0/0", "/24", "::1/128"}) {
        EXPECT_FALSE(refused(json{{"networks", {network}}}.dump()).empty()) << network;
    }
    for (const char* const host :
         {"8.8.8.8", "example.org", "192.168.2.1", "192.168.1.0/24", "/dev/ttyUSB1", "[::1]"}) {
        EXPECT_FALSE(refused(json{{"hosts", {host}}}.dump()).empty()) << host;
    }
    EXPECT_THAT(refused(R"({"hosts":["192.168.1.9"]})"), HasSubstr("is read as a meter already"));
}

TEST(OwnNetworks, AreCutToTheHostsAround) {
    std::vector<InterfaceAddress> own{{0x7F000001U, 8, true},
                                      {0xC0A80107U, 24, false},
                                      {0x0A010203U, 8, false},
                                      {0xC0A80108U, 24, false},
                                      {0xAC100005U, 28, false}};
    EXPECT_THAT(networks_of(own),
                ElementsAre("127.0.0.0/24", "192.168.1.0/24", "10.1.2.0/24", "172.16.0.0/28"));
    EXPECT_THAT(offered_networks(own), ElementsAre("192.168.1.0/24", "10.1.2.0/24", "172.16.0.0/28"));
    EXPECT_THAT(offered_networks(std::span(own).first(1)), ElementsAre("127.0.0.0/24"));
    own[1].is_of_containers = own[3].is_of_containers = true;
    EXPECT_THAT(offered_networks(own), ElementsAre("10.1.2.0/24", "172.16.0.0/28"));
    EXPECT_THAT(interface_addresses(),
                testing::Contains(testing::Field(&InterfaceAddress::is_loopback, true)));
}

TEST(OwnNetworks, BridgesOfContainersAreKnownByTheirNames) {
    for (const char* const name : {"docker0", "hassio", "br-0123456789ab"}) {
        EXPECT_TRUE(is_for_containers(name)) << name;
    }
    for (const char* const name : {"eth0", "br-lan", "br-0123456789aX", "br0", "wlan0"}) {
        EXPECT_FALSE(is_for_containers(name)) << name;
    }
}

// Waits in a scan until it is told to go on, or stopped.
struct Hold {
    std::vector<TargetReport> operator()(const ScanRequest& request, const std::stop_token& stop,
                                         ScanProgress& progress) {
        progress.show("asking unit 1");
        TargetReport report;
        report.target = request.targets.at(0);
        for (const unsigned count : {1U, 2U}) {
            report.found.assign(count, {});
            progress.on_found(report);
        }
        shown = true;
        while (!stop.stop_requested() && !goes_on) {
            std::this_thread::yield();
        }
        report.found.clear();
        FoundUnit unit;
        unit.probe.unit = 2;
        unit.probe.setting.transport = Transport::Tcp;
        unit.model = "EM24";
        unit.serial = "BX1";
        unit.served = true;
        report.found.push_back(unit);
        unit.served = false;
        unit.remark = "a SunSpec device";
        report.found.push_back(unit);
        report.hints = {"a hint"};
        return {report};
    }
    std::atomic<bool> shown = false, goes_on = false;
};

class ScanJobTest : public testing::Test {
  protected:
    static ScanRequest request() {
        ScanRequest made;
        made.targets.push_back({{}, {"h", 502}, false});
        return made;
    }
    void wait_until_over() const {
        while (job_.state().is_running) {
            std::this_thread::yield();
        }
    }
    Hold hold_;
    ScanJob job_{std::ref(hold_)};
};

TEST_F(ScanJobTest, RunsOneAtATimeAndKeepsWhatItFound) {
    EXPECT_FALSE(job_.state().is_running);
    ASSERT_TRUE(job_.start(request()));
    while (!hold_.shown) {
        std::this_thread::yield();
    }
    ASSERT_EQ(job_.state().reports.size(), 1U);
    EXPECT_EQ(job_.state().reports[0].found.size(), 2U) << "what was found so far is there";
    EXPECT_EQ(json::parse(scan_json(job_.state()))["progress"], "asking unit 1");
    EXPECT_FALSE(job_.start(request()));
    hold_.goes_on = true;
    wait_until_over();
    const json state = json::parse(scan_json(job_.state()));
    ASSERT_EQ(state["found"].size(), 2U);
    EXPECT_EQ(state["found"][0]["uri"], "cg+tcp://h?unit=2");
    EXPECT_EQ(state["found"][0]["product"], "EM24");
    EXPECT_FALSE(state["found"][1].contains("uri"));
    EXPECT_EQ(state["notes"], json::array({"h: a hint"}));
    EXPECT_TRUE(job_.start(request()));
}

TEST(ScanJob, AMeterThatSendsByItselfCanBeAdded) {
    ScanState state;
    TargetReport& report = state.reports.emplace_back();
    report.target = {"/dev/ttyUSB0", {}, false};
    report.evidence.heard = Heard::P1;
    report.hints = {"use p1+serial"};
    const json told = json::parse(scan_json(state));
    ASSERT_EQ(told["found"].size(), 1U);
    EXPECT_EQ(told["found"][0]["uri"], "p1+serial:///dev/ttyUSB0");
    EXPECT_FALSE(told["found"][0].contains("unit"));
    EXPECT_TRUE(told["notes"].empty()) << "it is on the card";
    report.evidence.heard = Heard::Unknown;
    EXPECT_TRUE(json::parse(scan_json(state))["found"].empty());
}

TEST_F(ScanJobTest, StopsAndSaysSo) {
    ASSERT_TRUE(job_.start(request()));
    job_.stop();
    wait_until_over();
    EXPECT_THAT(scan_json(job_.state()), HasSubstr("stopped before the end"));
    ASSERT_TRUE(job_.start(request()));
    job_.finish();
    EXPECT_FALSE(job_.state().is_running);
}

TEST(ScanJob, AScanThatThrowsIsOverWithItsReason) {
    ScanJob job([](const ScanRequest&, const std::stop_token&, ScanProgress&) -> std::vector<TargetReport> {
        throw std::runtime_error("no thread left");
    });
    ASSERT_TRUE(job.start({}));
    while (job.state().is_running) {
        std::this_thread::yield();
    }
    EXPECT_EQ(job.state().progress, "no thread left");
}

} // namespace
} // namespace gridbridge
