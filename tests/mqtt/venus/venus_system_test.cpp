// What a client of a GX finds beside the meters: the version, and the grid as one.
#include "mqtt/venus/venus.hpp"

#include "mqtt/outlet/payload.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr auto null = R"({"value":null})";

class VenusSystemTest : public testing::Test {
  protected:
    void start(bool standalone = true, bool always = true) {
        VenusOptions options;
        options.portal_id = "p";
        options.version = "1.2.3";
        options.standalone = standalone;
        options.always = always;
        options.retain = true;
        options.unix_time = [] { return 1795169056LL; };
        venus_ = std::make_unique<Venus>(std::move(options));
        said_.clear();
    }
    static Meter meter_of(std::uint16_t number, const std::string& role, int instance) {
        Meter meter;
        meter.source = {number, 0};
        meter.info = em24_info();
        meter.device_id = "cgwacs_" + meter.info.serial;
        meter.role = role;
        meter.instance = instance;
        return meter;
    }
    void read(Meter meter, const Reading& reading) {
        meter.reading = reading;
        Messages out;
        venus_->reading(meter, now_, out);
        take(out);
    }
    void lose(Meter meter) {
        Messages out;
        venus_->lost(meter, now_, out);
        take(out);
    }
    Messages request(const std::string& topic) {
        Messages out;
        venus_->request({topic, "", false}, now_, out);
        take(out);
        return out;
    }
    // What a client knows of system/0 and platform/0.
    void take(const Messages& messages) {
        for (const Message& message : messages) {
            if (message.topic.starts_with("N/p/system/0/") || message.topic.starts_with("N/p/platform/")) {
                said_[message.topic.substr(4)] = message.payload;
                EXPECT_EQ(message.retain, message.topic.ends_with("/Serial")) << "outlives a crash";
            }
        }
    }
    std::string said(const std::string& topic) const {
        const auto found = said_.find(topic);
        return found == said_.end() ? "" : found->second;
    }

    Clock::time_point now_{1h};
    std::unique_ptr<Venus> venus_;
    std::map<std::string, std::string> said_;
};

TEST_F(VenusSystemTest, TheVersionIsInTheFormOfAGx) {
    start();
    EXPECT_EQ(as_text(request("R/p/platform/0/Firmware/Installed/Version")),
              "N/p/platform/0/Firmware/Installed/Version {\"value\":\"v1.2.3\"}\n");
    EXPECT_EQ(request("R/p/platform/0/Firmware").size(), 1U);
    EXPECT_THAT(request("R/p/platform/1/Firmware/Installed/Version"), IsEmpty());
    EXPECT_THAT(request("R/p/platform/0/Firmware/Online/AvailableVersion"), IsEmpty());
    said_.clear();
    request("R/p/keepalive");
    EXPECT_EQ(said("platform/0/Firmware/Installed/Version"), R"({"value":"v1.2.3"})");
    start(false);
    EXPECT_THAT(request("R/p/platform/0/Firmware/Installed/Version"), IsEmpty());
    request("R/p/keepalive");
    EXPECT_THAT(said_, IsEmpty());
}

TEST_F(VenusSystemTest, TheGridIsThatOfItsMeter) {
    start();
    read(meter_of(1, "pvinverter", 31), grid_reading(now_));
    EXPECT_THAT(said_, IsEmpty()) << "no grid meter";
    Reading reading = grid_reading(now_);
    reading.set(Quantity::CurrentL2, -7.7431);
    read(meter_of(0, "grid", 30), reading);
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":938.6})");
    EXPECT_EQ(said("system/0/Ac/Grid/L2/Power"), R"({"value":-1780.3})");
    EXPECT_EQ(said("system/0/Ac/Grid/L2/Current"), R"({"value":-7.743})");
    EXPECT_EQ(said("system/0/Ac/Grid/L3/Current"), null);
    EXPECT_EQ(said("system/0/Ac/Grid/NumberOfPhases"), R"({"value":3})");
    EXPECT_EQ(said("system/0/Ac/Grid/DeviceType"), R"({"value":71})");
    EXPECT_EQ(said("system/0/Ac/ActiveIn/Source"), R"({"value":1})");
    EXPECT_EQ(said("system/0/Ac/In/0/DeviceInstance"), R"({"value":30})");
    EXPECT_EQ(said("system/0/Ac/In/0/ServiceName"),
              R"({"value":"com.victronenergy.grid.cgwacs_BX0120064003P"})");
    EXPECT_EQ(said("system/0/Ac/In/0/ServiceType"), R"({"value":"grid"})");
    for (const auto& [topic, payload] : said_) {
        EXPECT_EQ(topic.find("Consumption"), std::string::npos) << topic << ": a meter alone does not know";
    }
    const auto all = said_;
    said_.clear();
    request("R/p/keepalive");
    EXPECT_EQ(said_.size(), all.size() + 2) << "and the serial number and the version";
    EXPECT_EQ(request("R/p/system/0/Ac/Grid/L1").size(), 2U);
    EXPECT_EQ(request("R/p/system/0/").size(), all.size() + 1);
}

// Only the meter that is shown is looked at: against a choice among all, at each step.
TEST_F(VenusSystemTest, OfManyTheLowestLiveOneIsAlwaysShown) {
    for (unsigned seed = 1; seed < 6; ++seed) {
        start();
        std::mt19937 chance(seed);
        std::map<std::uint16_t, std::pair<int, double>> live; // instance and power of L1, by number
        for (int step = 0; step < 1000; ++step) {
            const auto number = static_cast<std::uint16_t>(chance() % 6);
            const int instance = 30 + static_cast<int>(chance() % 4);
            if (chance() % 3 == 0) {
                lose(meter_of(number, "grid", instance));
                live.erase(number);
            } else {
                const double watts = static_cast<double>(chance() % 5);
                read(meter_of(number, "grid", instance), grid_reading(now_, watts));
                live[number] = {instance, watts};
            }
            const auto lowest =
                std::min_element(live.begin(), live.end(), [](const auto& one, const auto& other) {
                    return one.second.first < other.second.first;
                });
            if (lowest != live.end()) {
                ASSERT_EQ(said("system/0/Ac/Grid/L1/Power"), value_payload(lowest->second.second, 2)) << step;
                ASSERT_EQ(said("system/0/Ac/In/0/DeviceInstance"), value_payload(lowest->second.first));
            } else if (step > 100) {
                ASSERT_EQ(said("system/0/Ac/Grid/L1/Power"), null) << step;
            }
        }
    }
}

TEST_F(VenusSystemTest, ALostGridIsNull) {
    start();
    const Meter meter = meter_of(0, "grid", 30);
    read(meter, grid_reading(now_));
    const auto topics = said_.size();
    lose(meter);
    EXPECT_EQ(said_.size(), topics);
    for (const auto& [topic, payload] : said_) {
        EXPECT_EQ(payload, null) << topic;
    }
    read(meter, grid_reading(now_));
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":938.6})");
    Messages out;
    venus_->gone(meter, out); // as for another role, without a loss before
    take(out);
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), null);
    out.clear();
    venus_->leave(out);
    take(out);
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), "");
    EXPECT_EQ(said("platform/0/Firmware/Installed/Version"), "");
}

TEST_F(VenusSystemTest, ATotalStandsOnL1UnlessThePhasesAreKnown) {
    start();
    const Meter meter = meter_of(0, "grid", 30);
    Reading totals;
    totals.set(Quantity::Power, 420.0);
    read(meter, totals);
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":420.0})");
    EXPECT_EQ(said("system/0/Ac/Grid/L2/Power"), null) << "0 would make it a phase";
    EXPECT_EQ(said("system/0/Ac/Grid/NumberOfPhases"), R"({"value":1})");
    read(meter, grid_reading(now_));
    read(meter, totals);
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), null) << "phases are known and missing now";
}

TEST_F(VenusSystemTest, OfTwoTheLowestInstanceThatLives) {
    start();
    read(meter_of(1, "grid", 31), grid_reading(now_, 1.0));
    read(meter_of(0, "grid", 30), grid_reading(now_, 2.0));
    read(meter_of(1, "grid", 31), grid_reading(now_, 3.0));
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":2.0})");
    lose(meter_of(0, "grid", 30));
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":3.0})");
    EXPECT_EQ(said("system/0/Ac/In/0/DeviceInstance"), R"({"value":31})");
}

TEST_F(VenusSystemTest, NothingIsSaidUnaskedInKeepaliveMode) {
    start(true, false);
    read(meter_of(0, "grid", 30), grid_reading(now_));
    EXPECT_THAT(said_, IsEmpty());
    request("R/p/keepalive");
    EXPECT_EQ(said("system/0/Ac/Grid/L1/Power"), R"({"value":938.6})");
}

TEST_F(VenusSystemTest, NotBesideAGx) {
    start(false);
    read(meter_of(0, "grid", 30), grid_reading(now_));
    request("R/p/keepalive");
    request("R/p/system/0/");
    EXPECT_THAT(said_, IsEmpty());
}

} // namespace
} // namespace gridbridge
