// Registering with a GX, against a stand-in of the driver there.
#include "mqtt/gx/gx_devices.hpp"

#include "tests/fakes/gx_driver.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

constexpr auto client = "gridbridge_c0619ab40123";
const std::string status = "device/gridbridge_c0619ab40123/Status";

class GxDevicesTest : public testing::Test {
  protected:
    GxDevicesTest() {
        meter_.info = em24_info();
        meter_.config.name = "Main";
        meter_.name = "Main";
        meter_.role = "grid";
        outlet_.added(meter_);
    }
    // Delivers what the outlet says, and to it what the GX says, until both are silent.
    void exchange(Messages out) {
        while (!out.empty()) {
            Messages answers;
            for (const Message& message : out) {
                EXPECT_EQ(message.link, gx_link);
                EXPECT_FALSE(message.retain);
                EXPECT_FALSE(message.topic.starts_with("N/")) << "blocked by a GX";
                if (message.takes_back) {
                    taken_back_.push_back(message.topic);
                    continue;
                }
                said_.push_back(message);
                for (Message& answer : gx_.take(message)) {
                    outlet_.request(answer, now_, answers);
                }
            }
            out = std::move(answers);
        }
        EXPECT_THAT(gx_.faults, IsEmpty());
        EXPECT_THAT(gx_.lost_writes, IsEmpty());
    }
    void deliver(const Messages& messages) {
        Messages out;
        for (const Message& message : messages) {
            outlet_.request(message, now_, out);
        }
        exchange(std::move(out));
    }
    void connect() {
        Messages out;
        outlet_.connected(now_, out);
        exchange(std::move(out));
    }
    void read(const Reading& reading) {
        Messages out;
        meter_.reading = reading;
        outlet_.reading(meter_, now_, out);
        exchange(std::move(out));
    }
    void lose() {
        Messages out;
        meter_.reading = Reading{};
        outlet_.lost(meter_, now_, out);
        exchange(std::move(out));
    }
    void vanish() {
        Messages out;
        outlet_.gone(meter_, out);
        exchange(std::move(out));
    }
    void pass(Clock::duration time) {
        const auto end = now_ + time;
        while (now_ < end) {
            now_ = std::min(end, std::max(outlet_.next_tick(now_), now_ + 1ms));
            Messages out;
            outlet_.tick(now_, out);
            exchange(std::move(out));
        }
    }
    std::size_t said(const std::string& topic) const {
        return static_cast<std::size_t>(std::count_if(
            said_.begin(), said_.end(), [&](const Message& message) { return message.topic == topic; }));
    }

    Clock::time_point now_{1h};
    GxDriver gx_;
    Messages said_;
    std::vector<std::string> taken_back_;
    std::vector<std::string> log_;
    Meter meter_;
    GxDevices outlet_{
        {"c0619ab40123", "v1.2.3", "",
         [this](LogLevel, std::string_view, std::string_view text) { log_.emplace_back(text); }}};
};

// On a line that stands still values may wait until the meter is gone.
TEST_F(GxDevicesTest, ValuesOfAMeterThatIsGoneAreTakenBack) {
    connect();
    read(grid_reading(now_));
    EXPECT_THAT(taken_back_, IsEmpty());
    std::vector<std::string> written;
    for (const Message& message : said_) {
        if (message.topic.starts_with("W/") && message.topic.find("/Ac/") != std::string::npos) {
            written.push_back(message.topic);
        }
    }
    ASSERT_FALSE(written.empty());
    vanish();
    EXPECT_THAT(taken_back_, IsSupersetOf(written));
}

TEST_F(GxDevicesTest, RegistersAndWritesOnlyWhatTheServiceTakes) {
    EXPECT_EQ(outlet_.filters().front(), std::string("device/") + client + "/DBus");
    connect();
    EXPECT_THAT(said_, IsEmpty()) << "no meter yet";
    read(grid_reading(now_));
    ASSERT_FALSE(said_.empty());
    EXPECT_EQ(said_.front().payload,
              R"({"clientId":"gridbridge_c0619ab40123","connected":1,"version":"v1.2.3",)"
              R"("services":{"BX0120064003P":"grid"}})");
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L2/Power"), -1780.3);
    EXPECT_EQ(gx_.shown("grid/1/Ac/Power"), -629.0);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Voltage"), 229.9);
    EXPECT_EQ(gx_.shown("grid/1/Ac/Energy/Reverse"), 8742.1);
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L2/Voltage").is_null());
    EXPECT_EQ(gx_.shown("grid/1/ProductId"), 65535);
}

TEST_F(GxDevicesTest, ChangesAreWrittenAtOnceAndOnlyThey) {
    connect();
    read(grid_reading(now_));
    said_.clear();
    read(grid_reading(now_, 939.0, -1780.3, 212.7));
    EXPECT_EQ(as_text(said_), "W/b827eb0a1b2c/grid/1/Ac/L1/Power {\"value\":939.0}\n"
                              "W/b827eb0a1b2c/grid/1/Ac/Power {\"value\":-628.6}\n");
}

TEST_F(GxDevicesTest, ALostMeterIsNullAtOnceAndAGoneOneLeaves) {
    connect();
    read(grid_reading(now_));
    lose();
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L1/Power").is_null());
    EXPECT_TRUE(gx_.shown("grid/1/Ac/Power").is_null());
    EXPECT_TRUE(gx_.shown("grid/1/Ac/Energy/Forward").is_null());
    EXPECT_TRUE(gx_.has("grid/1"));
    vanish();
    EXPECT_FALSE(gx_.has("grid/1"));
    EXPECT_EQ(said_.back().payload,
              R"({"clientId":"gridbridge_c0619ab40123","connected":0,"version":"v1.2.3","services":{}})");
    read(grid_reading(now_));
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6) << "the same instance";
}

TEST_F(GxDevicesTest, TheRegistrationIsRepeatedUntilTheDriverIsThere) {
    gx_.running = false;
    connect();
    read(grid_reading(now_));
    pass(9s);
    EXPECT_EQ(said(status), 5U) << "every 2 s";
    EXPECT_EQ(said_.size(), 5U) << "no values before the answer";
    EXPECT_THAT(log_, IsEmpty());
    pass(2s);
    ASSERT_EQ(log_.size(), 1U);
    EXPECT_THAT(log_[0], HasSubstr("install dbus-mqtt-devices"));
    gx_.running = true;
    pass(2s);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
    said_.clear();
    pass(57s);
    EXPECT_EQ(said(status), 1U) << "every 30 s then";
}

TEST_F(GxDevicesTest, ARestartedDriverGetsEverythingAgain) {
    connect();
    read(grid_reading(now_));
    deliver(gx_.stop()); // its topics are cleared, which is heard
    EXPECT_FALSE(gx_.has("grid/1"));
    pass(3s);
    gx_.lost_writes.clear();
    gx_.running = true;
    pass(2s);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
    EXPECT_EQ(gx_.shown("grid/1/Ac/Energy/Forward"), 5276.4);
}

TEST_F(GxDevicesTest, ARestartNobodyHeardOfIsHealedByTheNextRegistration) {
    connect();
    read(grid_reading(now_));
    pass(11s);
    static_cast<void>(gx_.stop());
    gx_.running = true;
    pass(31s);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L3/Power"), 212.7);
}

// The driver answers before the broker there has seen the new service, on a slow GX by seconds.
class GxDevicesSlowTest : public GxDevicesTest,
                          public testing::WithParamInterface<std::pair<Clock::duration, Clock::duration>> {};

TEST_P(GxDevicesSlowTest, AllValuesAreWrittenAgainSoonAfterAnAnswer) {
    const auto [seen_after, shown_after] = GetParam();
    gx_.scans = false;
    connect();
    read(grid_reading(now_));
    pass(seen_after);
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L1/Power").is_null());
    gx_.scans = true;
    pass(shown_after - seen_after);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
    EXPECT_EQ(gx_.shown("grid/1/Ac/Energy/Forward"), 5276.4);
    EXPECT_EQ(gx_.shown("grid/1/CustomName"), "Main") << "asked for again, too";
}
INSTANTIATE_TEST_SUITE_P(Times, GxDevicesSlowTest,
                         testing::Values(std::pair(500ms, 1s), std::pair(2500ms, 3s),
                                         std::pair(9500ms, 10s)));

TEST_F(GxDevicesTest, TheValuesWrittenAgainAreTheNewest) {
    connect();
    read(grid_reading(now_));
    pass(500ms);
    lose();
    said_.clear();
    pass(9s);
    EXPECT_EQ(said("W/b827eb0a1b2c/grid/1/Ac/Power"), 2U) << "1 and 3 s after the answer";
    EXPECT_TRUE(gx_.shown("grid/1/Ac/Power").is_null());
    pass(20s);
    EXPECT_EQ(said("W/b827eb0a1b2c/grid/1/Ac/Power"), 3U)
        << "10 s after the answer, then not before the next";
    vanish();
    said_.clear();
    pass(5s);
    EXPECT_THAT(said_, IsEmpty());
}

TEST_F(GxDevicesTest, ANewInstanceIsFollowed) {
    connect();
    read(grid_reading(now_));
    static_cast<void>(gx_.stop());
    gx_ = GxDriver{}; // a GX that knows nothing of us, where another client came first
    exchange(
        {{"device/other/Status",
          R"({"clientId":"other","connected":1,"version":"v","services":{"g":"grid"}})", false, gx_link}});
    connect();
    EXPECT_EQ(gx_.shown("grid/2/Ac/L1/Power"), 938.6);
    read(grid_reading(now_, 5.0));
    EXPECT_EQ(gx_.shown("grid/2/Ac/L1/Power"), 5.0);
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L1/Power").is_null());
}

TEST_F(GxDevicesTest, ALeftoverServiceListIsLeftFirst) {
    exchange(
        {{status,
          R"({"clientId":"gridbridge_c0619ab40123","connected":1,"version":"v","services":{"old":"pvinverter"}})",
          false, gx_link}});
    EXPECT_TRUE(gx_.has("pvinverter/1"));
    connect();
    read(grid_reading(now_));
    pass(2s);
    EXPECT_FALSE(gx_.has("pvinverter/1"));
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 938.6);
}

TEST_F(GxDevicesTest, ARoleOfAnotherTypeIsAnotherService) {
    connect();
    read(grid_reading(now_));
    vanish(); // as the bridge does when the role changes
    meter_.role = "pvinverter";
    read(grid_reading(now_));
    EXPECT_FALSE(gx_.has("grid/1"));
    EXPECT_EQ(gx_.shown("pvinverter/1/Ac/L1/Power"), 938.6);
    vanish();
    meter_.role = "acload";
    read(grid_reading(now_));
    read(grid_reading(now_));
    EXPECT_EQ(gx_.services(), 0U);
    EXPECT_THAT(log_.back(), HasSubstr("the role acload"));
    EXPECT_EQ(std::count(log_.begin(), log_.end(), log_.back()), 1);
}

// Its driver starts every service as "running", 0 W and without an error.
TEST_F(GxDevicesTest, AnInverterShowsItsOwnStateAndRating) {
    meter_.role = "pvinverter";
    meter_.info.error_code = 3;
    connect();
    Reading fault = grid_reading(now_);
    fault.set(Quantity::StatusCode, 10.0);
    fault.set(Quantity::MaxPower, 8000.0);
    read(fault);
    EXPECT_EQ(gx_.shown("pvinverter/1/StatusCode"), 10);
    EXPECT_EQ(gx_.shown("pvinverter/1/Ac/MaxPower"), 8000.0);
    EXPECT_EQ(gx_.shown("pvinverter/1/ErrorCode"), 3);
    lose();
    EXPECT_TRUE(gx_.shown("pvinverter/1/StatusCode").is_null());
    EXPECT_EQ(gx_.shown("pvinverter/1/Ac/MaxPower"), 8000.0) << "a setting of the GX takes no null";
}

TEST_F(GxDevicesTest, AMeterOfAnInverterDoesNotSayThatItRuns) {
    meter_.role = "pvinverter";
    connect();
    read(grid_reading(now_));
    EXPECT_TRUE(gx_.shown("pvinverter/1/StatusCode").is_null());
}

TEST_F(GxDevicesTest, AChargerShowsItsCurrentAndNothingInvented) {
    meter_.role = "evcharger";
    connect();
    Reading charging = grid_reading(now_);
    charging.set(Quantity::CurrentL1, 15.98);
    read(charging);
    EXPECT_EQ(gx_.shown("evcharger/1/Current"), 15.98);
    EXPECT_EQ(gx_.shown("evcharger/1/Model"), "EM24-DIN AV9");
    EXPECT_EQ(gx_.shown("evcharger/1/CustomName"), "Main");
    EXPECT_TRUE(gx_.shown("evcharger/1/Status").is_null());
    EXPECT_TRUE(gx_.shown("evcharger/1/ChargingTime").is_null());
    lose();
    EXPECT_TRUE(gx_.shown("evcharger/1/Current").is_null());
}

TEST_F(GxDevicesTest, TotalsWithoutPhasesStandOnL1) {
    connect();
    Reading totals;
    totals.set(Quantity::Power, 420.0);
    totals.set(Quantity::Current, 2.0);
    read(totals);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Power"), 420.0);
    EXPECT_EQ(gx_.shown("grid/1/Ac/L1/Current"), 2.0);
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L2/Power").is_null());
    read(grid_reading(now_));
    read(totals);
    EXPECT_TRUE(gx_.shown("grid/1/Ac/L1/Power").is_null()) << "phases are known and missing now";
}

TEST_F(GxDevicesTest, TheNameIsGivenOnceAndTheUsersStays) {
    connect();
    read(grid_reading(now_));
    EXPECT_EQ(gx_.shown("grid/1/CustomName"), "Main");
    deliver(gx_.set("grid/1/CustomName", "House"));
    connect();
    pass(90s);
    EXPECT_EQ(gx_.shown("grid/1/CustomName"), "House");
}

TEST_F(GxDevicesTest, ANameChosenBeforeIsKept) {
    exchange(
        {{status,
          R"({"clientId":"gridbridge_c0619ab40123","connected":1,"version":"v","services":{"BX0120064003P":"grid"}})",
          false, gx_link}});
    static_cast<void>(gx_.set("grid/1/CustomName", "House"));
    connect();
    read(grid_reading(now_));
    EXPECT_EQ(gx_.shown("grid/1/CustomName"), "House");
}

TEST_F(GxDevicesTest, LeavesInOrder) {
    connect();
    read(grid_reading(now_));
    Messages out;
    outlet_.leave(out);
    exchange(std::move(out));
    EXPECT_EQ(gx_.services(), 0U);
}

TEST_F(GxDevicesTest, RepliesThatAreNoneAreIgnored) {
    gx_.running = false;
    connect();
    read(grid_reading(now_));
    said_.clear();
    for (const char* const payload :
         {"", "[]", "{}", R"({"portalId":"g"})", R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":7}}})",
          R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":"N/g/grid/1"}}})",
          R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":"W/h/grid/1"}}})",
          R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":"W/g/grid/+"}}})",
          R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":"W/g/grid/1/Ac"}}})"}) {
        deliver({{"device/gridbridge_c0619ab40123/DBus", payload, false, gx_link}});
    }
    deliver({{"device/gridbridge_c0619ab40123/DBus",
              R"({"portalId":"g","topicPath":{"BX0120064003P":{"W":"W/g/grid/1"}}})", true, gx_link}});
    EXPECT_THAT(said_, IsEmpty());
}

} // namespace
} // namespace gridbridge
