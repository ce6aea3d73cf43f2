// Meters that are formed of others, from what drivers hand over to what clients see.
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
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

MeterConfig configured(const std::string& uri) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty()) << uri;
    return meter;
}

// One that only listens.
class Ear final : public Outlet {
  public:
    struct Heard {
        std::map<std::string, const Meter*> meters; // by URI
        std::vector<std::string> events;            // "lost House"
    };
    explicit Ear(Heard& heard) : heard_(heard) {}
    void added(const Meter& meter) override { heard_.meters[meter.config.uri] = &meter; }
    void lost(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        heard_.events.push_back("lost " + meter.info.serial);
    }
    void gone(const Meter& meter, Messages& /*out*/) override {
        heard_.events.push_back("gone " + meter.info.serial);
    }

  private:
    Heard& heard_;
};

class FormedMetersTest : public testing::Test {
  protected:
    void configure(const std::vector<std::string>& uris) {
        uris_ = uris;
        start();
    }
    void start() {
        heard_ = {};
        BridgeOptions options;
        for (const std::string& uri : uris_) {
            options.meters.push_back(configured(uri));
        }
        options.log = [this](LogLevel, std::string_view, std::string_view text) { log_.emplace_back(text); };
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 0LL; };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        outlets.push_back(outlet_row<Ear>(std::ref(heard_)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        Messages out;
        bridge_->set_link(0, true);
        bridge_->connected(now_, out);
        hear(out);
    }
    void restart() {
        Messages out;
        bridge_->store_energy(now_, out, true);
        settings_ = *Settings::from_json(settings_.to_json());
        start();
    }

    struct Source {
        std::string serial;
        double watts = 0, kwh = 0;
        bool lives = true;
        std::string lost = {}; // to be told once
    };
    // All of them every 500 ms.
    void pass(Clock::duration time) {
        for (const auto until = now_ + time; now_ < until;) {
            now_ += 500ms;
            Messages out;
            for (std::size_t i = 0; i < sources_.size(); ++i) {
                tell(i, out);
            }
            bridge_->tick(now_, out);
            hear(out);
        }
    }
    void tell(std::size_t index, Messages& out) {
        Source& source = sources_[index];
        const SourceId id{static_cast<std::uint16_t>(index), 0};
        std::optional<Reading> reading;
        if (source.lives) {
            reading.emplace();
            reading->received = now_;
            reading->set(Quantity::Power, source.watts);
            reading->set(Quantity::PowerL1, source.watts);
            reading->set(Quantity::EnergyForward, source.kwh);
        }
        auto lost = source.lost.empty() ? std::nullopt : std::optional(std::exchange(source.lost, {}));
        if (reading || lost) {
            bridge_->update(update_of(id, em24_info(source.serial), reading, lost), now_, out);
        }
    }
    void lose(std::size_t index) {
        sources_[index].lives = false;
        sources_[index].lost = "no answer";
    }
    void hear(const Messages& out) {
        for (const Message& message : out) {
            said_[message.topic] = message.payload;
            if (message.payload.find("null") != std::string::npos) {
                ++nulls_[message.topic];
            }
        }
    }
    const Meter& meter(const std::string& uri) const { return *heard_.meters.at(uri); }
    std::optional<double> power(const std::string& uri) const {
        return meter(uri).reading.get(Quantity::Power);
    }
    std::optional<double> energy(const std::string& uri) const {
        return meter(uri).reading.get(Quantity::EnergyForward);
    }

    Clock::time_point now_{1h};
    std::vector<std::string> uris_;
    std::vector<Source> sources_{{"A1", 1000, 100}, {"B1", 300, 40}};
    Settings settings_;
    Ear::Heard heard_;
    std::map<std::string, std::string> said_;
    std::map<std::string, int> nulls_;
    std::vector<std::string> log_;
    std::unique_ptr<Bridge> bridge_;
};

const std::string rest = "combine+difference://Rest";
const std::string house = "combine+sum://House";
const std::string grid = "standby+auto://Grid";

TEST_F(FormedMetersTest, ASumIsAMeterLikeAnyOther) {
    configure({"cg+rtu:///dev/a?name=Main", "cg+rtu:///dev/b?role=acload",
               house + "?of=Main,B1&role=heatpump&instance=44&name=All"});
    pass(5s);
    EXPECT_EQ(power(house), 1300.0);
    EXPECT_EQ(energy(house), 140.0);
    EXPECT_EQ(meter(house).device_id, "combine_House");
    EXPECT_EQ(said_["N/p/heatpump/44/Ac/Power"], R"({"value":1300.0})");
    EXPECT_EQ(said_["N/p/heatpump/44/Serial"], R"({"value":"House"})");
    EXPECT_EQ(said_["N/p/heatpump/44/CustomName"], R"({"value":"All"})");
    Messages out;
    bridge_->request({"W/p/heatpump/44/CustomName", R"({"value":"Everything"})"}, now_, out);
    hear(out);
    EXPECT_EQ(said_["N/p/heatpump/44/CustomName"], R"({"value":"Everything"})");
}

TEST_F(FormedMetersTest, AMemberThatIsLostTakesTheResultWithItAtOnce) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b?role=acload", rest + "?of=A1,B1&role=genset"});
    pass(5s);
    EXPECT_EQ(power(rest), 700.0);
    lose(1);
    pass(500ms);
    EXPECT_EQ(meter(rest).life, MeterLife::Lost);
    EXPECT_THAT(meter(rest).loss_reason, HasSubstr("B1 is lost: no answer"));
    EXPECT_EQ(said_["N/p/genset/30/Ac/Power"], R"({"value":null})");
    sources_[1].lives = true;
    pass(5s);
    EXPECT_EQ(power(rest), 700.0);
}

TEST_F(FormedMetersTest, AMemberThatNobodyIsIsNamed) {
    configure({"cg+rtu:///dev/a", house + "?of=A1,X9999"});
    sources_.resize(1);
    pass(5s);
    EXPECT_EQ(meter(house).life, MeterLife::Awaited);
    EXPECT_THAT(meter(house).loss_reason, HasSubstr("no meter has the name or serial number \"X9999\""));
}

TEST_F(FormedMetersTest, TheyAreFormedOfEachOtherInAnyOrder) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b", "combine+sum://Top?of=Rest,B1", rest + "?of=A1,B1"});
    pass(6s);
    EXPECT_EQ(power(rest), 700.0);
    EXPECT_EQ(power("combine+sum://Top"), 1000.0);
    sources_[0].watts = 3000;
    pass(6s);
    EXPECT_EQ(power("combine+sum://Top"), 3000.0);
}

TEST_F(FormedMetersTest, AWrittenNameIsNoneOfAMember) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b", house + "?of=Garage,B1"});
    pass(2s);
    Messages out;
    bridge_->request({"W/p/grid/30/CustomName", R"({"value":"Garage"})"}, now_, out);
    pass(5s);
    EXPECT_EQ(power(house), std::nullopt);
}

TEST_F(FormedMetersTest, TransformersOfAMemberCount) {
    configure({"cg+rtu:///dev/a?ct_ratio=10", "cg+rtu:///dev/b", house + "?of=A1,B1"});
    pass(5s);
    EXPECT_EQ(power(house), 10300.0);
    EXPECT_EQ(energy(house), 1040.0);
}

TEST_F(FormedMetersTest, ItsEnergySurvivesARestartAndAnExchange) {
    configure({"cg+rtu:///dev/a?name=Main", "cg+rtu:///dev/b?name=Garage", house + "?of=Main,Garage"});
    pass(5s);
    EXPECT_EQ(energy(house), 140.0);
    sources_[0].kwh = 101;
    sources_[1].kwh = 40.5;
    pass(5s);
    restart();
    sources_[0].kwh = 101.2;
    pass(5s);
    ASSERT_TRUE(energy(house));
    EXPECT_NEAR(*energy(house), 141.7, 1e-6);
    sources_[1] = {"B2", 300, 7000};
    pass(10s);
    ASSERT_TRUE(energy(house));
    EXPECT_NEAR(*energy(house), 141.7, 1e-6);
    sources_[1].kwh = 7000.1;
    pass(5s);
    EXPECT_NEAR(*energy(house), 141.8, 1e-6);
}

TEST_F(FormedMetersTest, AFallingDifferenceIsUnknownOverARestartThatCameUnasked) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b", rest + "?of=A1,B1"});
    pass(5s);
    EXPECT_EQ(energy(rest), 60.0);
    sources_[1].kwh = 40.3;
    pass(5s);
    EXPECT_EQ(energy(rest), std::nullopt);
    settings_ = *Settings::from_json(settings_.to_json()); // without an orderly end
    start();
    sources_[0].kwh = 100.1;
    pass(5s);
    EXPECT_EQ(energy(rest), std::nullopt);
    sources_[0].kwh = 100.5;
    pass(5s);
    ASSERT_TRUE(energy(rest));
    EXPECT_NEAR(*energy(rest), 60.2, 1e-6);
}

// What was told last may be more than what was kept: it must not be told less.
TEST_F(FormedMetersTest, ADifferenceThatFellWhileNobodyLookedIsUnknown) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b", rest + "?of=A1,B1"});
    pass(5s);
    const std::string kept = settings_.to_json();
    sources_[0].kwh = 101;
    pass(5s);
    EXPECT_EQ(energy(rest), 61.0);
    settings_ = *Settings::from_json(kept);
    start();
    sources_[1].kwh = 40.5;
    pass(5s);
    EXPECT_EQ(energy(rest), std::nullopt);
    sources_[0].kwh = 101.6;
    pass(5s);
    ASSERT_TRUE(energy(rest));
    EXPECT_NEAR(*energy(rest), 61.1, 1e-6);
    restart(); // in order: what fell since then has not been told
    sources_[1].kwh = 40.6;
    sources_[0].kwh = 101.8;
    pass(5s);
    ASSERT_TRUE(energy(rest));
    EXPECT_NEAR(*energy(rest), 61.2, 1e-6);
}

TEST_F(FormedMetersTest, AStandbyGoesOnWithItsSpareAndSaysSo) {
    configure(
        {"cg+rtu:///dev/a?name=EM24", "cg+rtu:///dev/b?name=Spare&role=acload", grid + "?of=EM24,Spare"});
    sources_[1].watts = 1010;
    pass(5s);
    const std::string above = "N/p/grid/" + std::to_string(meter(grid).instance) + "/";
    EXPECT_EQ(said_[above + "Source"], R"({"value":"EM24"})");
    EXPECT_EQ(said_[above + "Ac/Power"], R"({"value":1000.0})");
    EXPECT_EQ(meter(grid).info.substitution, "");
    nulls_.clear();
    lose(0);
    pass(500ms);
    EXPECT_EQ(said_[above + "Source"], R"({"value":"Spare"})");
    EXPECT_EQ(said_[above + "Ac/Power"], R"({"value":1010.0})");
    EXPECT_EQ(meter(grid).info.substitution, "uses Spare: EM24 is lost: no answer");
    EXPECT_THAT(log_, Contains("uses Spare: EM24 is lost: no answer"));
    EXPECT_EQ(energy(grid), 100.0); // not 40
    sources_[0].lives = true;
    pass(20s);
    EXPECT_EQ(said_[above + "Source"], R"({"value":"Spare"})");
    pass(20s);
    EXPECT_EQ(said_[above + "Source"], R"({"value":"EM24"})");
    EXPECT_EQ(meter(grid).info.substitution, "");
    EXPECT_EQ(nulls_[above + "Ac/Power"], 0);
}

TEST_F(FormedMetersTest, AStandbyIsLostWhenAllOfItsMembersAre) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b?role=acload", grid + "?of=A1,B1"});
    pass(5s);
    lose(0);
    lose(1);
    pass(500ms);
    EXPECT_EQ(meter(grid).life, MeterLife::Lost);
    EXPECT_THAT(meter(grid).loss_reason, HasSubstr("A1 is lost: no answer; B1 is lost: no answer"));
    const std::string above = "N/p/grid/" + std::to_string(meter(grid).instance) + "/";
    EXPECT_EQ(said_[above + "Source"], R"({"value":null})");
    sources_[1].lives = true;
    pass(1s);
    EXPECT_EQ(power(grid), 300.0);
}

TEST_F(FormedMetersTest, TheFirstDiesAHundredTimesAndClientsSeeOneMeter) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b?role=acload", grid + "?of=A1,B1"});
    pass(5s);
    const std::string above = "N/p/grid/" + std::to_string(meter(grid).instance) + "/";
    nulls_.clear();
    heard_.events.clear();
    for (int death = 0; death < 100; ++death) {
        if (death % 2 == 0) {
            lose(0);
        } else {
            sources_[0].lives = false; // nobody says so
        }
        for (int i = 0; i < 20; ++i) {
            pass(500ms);
            for (Source& source : sources_) {
                source.kwh += 0.01;
            }
            ASSERT_EQ(meter(grid).life, MeterLife::Live);
            ASSERT_LE(now_ - meter(grid).reading.received, 1500ms);
        }
        sources_[0].lives = true;
        pass(35s);
        ASSERT_EQ(said_[above + "Source"], R"({"value":"A1"})");
    }
    EXPECT_EQ(nulls_[above + "Ac/Power"], 0);
    EXPECT_EQ(nulls_[above + "Ac/Energy/Forward"], 0);
    EXPECT_THAT(heard_.events, testing::Not(Contains("lost Grid")));
    EXPECT_NEAR(*energy(grid), 120, 0.6); // of 2000 steps of 0.01
}

TEST_F(FormedMetersTest, MembersThatContradictEachOtherAreSaidToAndNotExchanged) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b?role=acload", grid + "?of=A1,B1"});
    pass(90s);
    EXPECT_EQ(meter(grid).info.contradiction, "A1 showed 1000 W and B1 300 W");
    EXPECT_EQ(power(grid), 1000.0);
}

TEST_F(FormedMetersTest, OneThatIsForgottenBeginsAnew) {
    configure({"cg+rtu:///dev/a", "cg+rtu:///dev/b", house + "?of=A1,B1"});
    pass(5s);
    sources_[0].kwh = 101;
    pass(5s);
    lose(0);
    pass(80s);
    ASSERT_EQ(meter(house).life, MeterLife::Gone);
    Messages out;
    bridge_->request({"gridbridge/p/forget/set", "House"}, now_, out);
    bridge_->tick(now_, out);
    sources_[0].lives = true;
    pass(10s);
    EXPECT_EQ(power(house), 1300.0);
}

} // namespace
} // namespace gridbridge
