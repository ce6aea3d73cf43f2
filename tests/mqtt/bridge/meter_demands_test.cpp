// Demands from what drivers hand over to what clients see.
#include "drivers/meter/meter_config.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr std::int64_t at_ten = 1'800'000'000'000; // ms, the begin of a quarter
constexpr auto start = Clock::time_point(10h);

class MeterDemandsTest : public testing::Test {
  protected:
    void begin() {
        BridgeOptions options;
        for (const std::string& uri : uris_) {
            EXPECT_THAT(parse_meter_uri(uri, options.meters.emplace_back()), IsEmpty());
        }
        options.demands = demands_;
        options.demands.local_time = [this]() -> std::optional<LocalMoment> {
            const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - start);
            return has_clock_ ? std::optional(LocalMoment{at_ten + passed.count(), 3600}) : std::nullopt;
        };
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 0LL; };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        Messages out;
        bridge_->set_link(0, true);
        bridge_->connected(now_, out);
        hear(out);
    }
    // A second after the other, with readings of all meters.
    void pass(Clock::duration time) {
        for (const auto until = now_ + time; now_ < until;) {
            now_ += 1s;
            kwh_ += watts_ / 3.6e6;
            Messages out;
            for (std::size_t i = 0; i < serials_.size(); ++i) {
                Reading reading;
                reading.received = now_;
                reading.set(Quantity::Power, watts_);
                reading.set(Quantity::EnergyForward, std::round(kwh_ * 1000) / 1000);
                bridge_->update(
                    update_of({static_cast<std::uint16_t>(i), 0}, em24_info(serials_[i]), reading), now_,
                    out);
            }
            bridge_->tick(now_, out);
            hear(out);
        }
    }
    void hear(const Messages& out) {
        for (const Message& message : out) {
            said_[message.topic] = message.payload;
        }
    }
    std::string said(const std::string& path, const std::string& service = "grid/30") const {
        const auto found = said_.find("N/p/" + service + "/Ac/Demand/" + path);
        return found == said_.end() ? "nothing" : found->second;
    }

    Clock::time_point now_ = start - 30s;
    std::vector<std::string> uris_{"cg+rtu:///dev/ttyUSB0"};
    std::vector<std::string> serials_{"A1"};
    MeterDemandsOptions demands_{15min, 2500, {}};
    bool has_clock_ = true;
    double watts_ = 3600, kwh_ = 100;
    Settings settings_;
    std::map<std::string, std::string> said_;
    std::unique_ptr<Bridge> bridge_;
};

TEST_F(MeterDemandsTest, AreTopicsOfTheGridMeter) {
    begin();
    pass(29s);
    EXPECT_EQ(said("Energy"), "nothing") << "it did not see this quarter begin";
    pass(1s + 5min);
    EXPECT_EQ(said("Energy"), R"({"value":0.3})");
    EXPECT_EQ(said("Power"), R"({"value":1200.0})");
    EXPECT_EQ(said("Forecast"), R"({"value":3600.0})");
    EXPECT_EQ(said("Alarm"), R"({"value":0})") << "too early";
    EXPECT_EQ(said("MonthPeak"), "nothing");
    pass(1min);
    EXPECT_EQ(said("Alarm"), R"({"value":1})");
    pass(9min);
    EXPECT_EQ(said("MonthPeak"), R"({"value":3600.0})");
}

TEST_F(MeterDemandsTest, AreNoTopicsWithoutLimits) {
    demands_ = {};
    begin();
    pass(20min);
    for (const auto& [topic, payload] : said_) {
        EXPECT_EQ(topic.find("Demand"), std::string::npos) << topic;
    }
}

TEST_F(MeterDemandsTest, AreOfNoOtherMeter) {
    uris_ = {"cg+rtu:///dev/ttyUSB0?role=pvinverter"};
    begin();
    pass(20min);
    EXPECT_EQ(said("Energy", "pvinverter/30"), "nothing");
}

TEST_F(MeterDemandsTest, AreUnknownWhenTheMeterIsLost) {
    begin();
    pass(10min);
    now_ += 20s;
    Messages out;
    bridge_->tick(now_, out);
    hear(out);
    for (const char* const path : {"Energy", "Power", "Forecast", "Alarm"}) {
        EXPECT_EQ(said(path), R"({"value":null})") << path;
    }
}

TEST_F(MeterDemandsTest, GoOnAfterARestart) {
    begin();
    pass(30s + 20min);
    EXPECT_EQ(said("Energy"), R"({"value":0.3})");
    Messages out;
    bridge_->store_energy(now_, out, true);
    settings_ = *Settings::from_json(settings_.to_json());
    said_.clear();
    now_ += 30s;
    kwh_ += 30 * watts_ / 3.6e6;
    begin();
    pass(30s);
    EXPECT_EQ(said("Energy"), R"({"value":0.36})");
    EXPECT_EQ(said("MonthPeak"), R"({"value":3600.0})");
}

TEST_F(MeterDemandsTest, OfAnotherMeterBeginAnew) {
    begin();
    pass(30s + 20min);
    serials_ = {"B1"};
    pass(2s);
    EXPECT_EQ(said("Energy", "grid/31"), "nothing");
    EXPECT_EQ(said("MonthPeak", "grid/31"), "nothing");
    serials_ = {"A1"};
    pass(2s);
    EXPECT_EQ(said("MonthPeak"), R"({"value":3600.0})") << "what is kept is of the serial number";
}

TEST_F(MeterDemandsTest, NobodyHasSetTheClock) {
    has_clock_ = false;
    begin();
    pass(20min);
    EXPECT_EQ(said("Energy"), "nothing");
    has_clock_ = true;
    pass(20min);
    EXPECT_NE(said("Energy"), "nothing");
}

TEST_F(MeterDemandsTest, AFormedGridMeterHasOneToo) {
    uris_ = {"cg+rtu:///dev/ttyUSB0?name=House&role=acload", "cg+rtu:///dev/ttyUSB1?name=Heat&role=acload",
             "combine+sum://All?of=House,Heat&role=grid"};
    serials_ = {"A1", "B1"};
    begin();
    pass(30s + 5min);
    EXPECT_EQ(said("Power"), R"({"value":2400.0})");
}

} // namespace
} // namespace gridbridge
