// Meters that send seldom or slowly, as outlets see them.
#include "mqtt/bridge/meter_lives.hpp"

#include "mqtt/status/health.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SilenceTest : public testing::Test {
  protected:
    static MeterLivesOptions options(std::optional<std::chrono::milliseconds> stale_after) {
        MeterLivesOptions options;
        options.meters.resize(1);
        options.meters[0].driver = DriverKind::D0;
        options.meters[0].stale_after = stale_after;
        return options;
    }

    void start(std::optional<std::chrono::milliseconds> stale_after = {}) {
        lives_.emplace(options(stale_after), kept_, outlets_);
        lives_->tick(now_, out_);
    }
    const Meter& meter() { return lives_->meter({0, 0}); }
    void read() {
        MeterInfo info = em24_info();
        info.kind = "d0";
        lives_->update(update_of({0, 0}, info, grid_reading(now_)), now_, out_);
    }
    // As the publisher does: sleeps until a step is due.
    void pass(Clock::duration time, bool bytes_arrive = false) {
        for (const auto end = now_ + time; now_ < end;) {
            now_ = std::min({end, lives_->next_tick(now_), bytes_arrive ? now_ + 1s : end});
            if (bytes_arrive) {
                MeterUpdate update = update_of({0, 0}, {}, {});
                update.counters.emplace().heard = now_;
                lives_->update(update, now_, out_);
            }
            lives_->tick(now_, out_);
        }
    }
    void read_every(Clock::duration interval, int times) {
        for (int i = 0; i < times; ++i) {
            pass(interval);
            read();
        }
    }
    std::string health() {
        Snapshot view;
        view.broker.connected = true;
        view.meters = {meter()};
        return health_json(view, now_);
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages out_;
    Settings settings_;
    OutletSet outlets_{{}, {}};
    KeptState kept_{settings_, outlets_, nullptr, {}};
    std::optional<MeterLives> lives_;
};

// What the settings of the broker change is who the meter is, not how often it sends.
TEST_F(SilenceTest, APaceIsKnownAfterTheSettingsOfTheBrokerCame) {
    start();
    read_every(1s, 4);
    lives_->identify_anew(now_, out_);
    EXPECT_EQ(stale_after(meter()), 5s);
    read_every(1s, 2);
    EXPECT_EQ(stale_after(meter()), 5s) << "what is shown again has not come again";
    pass(6s);
    EXPECT_EQ(meter().life, MeterLife::Lost);
}

TEST_F(SilenceTest, TheIntervalOfASlowMeterIsLearnedAcrossItsLosses) {
    start();
    read();
    pass(36s);
    EXPECT_EQ(meter().life, MeterLife::Lost) << "nothing is known of it";
    pass(24s);
    read();
    read_every(60s, 3);
    EXPECT_EQ(meter().life, MeterLife::Live);
    pass(34s);
    EXPECT_TRUE(meter().reading.has(Quantity::Power));
    pass(2s);
    EXPECT_EQ(meter().life, MeterLife::Live);
    EXPECT_FALSE(meter().reading.has(Quantity::Power));
    EXPECT_FALSE(meter().reading.has(Quantity::VoltageL1));
    EXPECT_EQ(meter().reading.get(Quantity::EnergyForward), 5276.4);
    pass(143s);
    EXPECT_EQ(meter().life, MeterLife::Live);
    pass(2s);
    EXPECT_EQ(meter().life, MeterLife::Lost) << "three intervals have passed";
    EXPECT_TRUE(meter().reading.empty());
    pass(30s);
    read();
    EXPECT_TRUE(meter().reading.has(Quantity::Power));
    pass(100s);
    EXPECT_EQ(meter().life, MeterLife::Live) << "its interval survives the loss";
}

TEST_F(SilenceTest, AFastMeterIsLostAtOnce) {
    start();
    read_every(1s, 5);
    pass(5s);
    EXPECT_EQ(meter().life, MeterLife::Live);
    pass(2ms, true);
    EXPECT_EQ(meter().life, MeterLife::Lost);
}

TEST_F(SilenceTest, BytesOfALongReadoutKeepTheService) {
    start();
    pass(3min, true);
    EXPECT_EQ(meter().loss_reason, "") << "the first readout is not over";
    read();
    pass(3min, true);
    EXPECT_EQ(meter().life, MeterLife::Live);
    EXPECT_FALSE(meter().reading.has(Quantity::Power));
    EXPECT_EQ(meter().reading.get(Quantity::EnergyReverse), 8742.1);
    pass(18min, true);
    EXPECT_EQ(meter().life, MeterLife::Lost) << "no readout takes that long";
    pass(5min, true);
    EXPECT_EQ(meter().life, MeterLife::Lost) << "it is there";
    pass(61s);
    EXPECT_EQ(meter().life, MeterLife::Gone);
}

TEST_F(SilenceTest, DamagedTelegramsKeepNothingOfAMeterThatHasSentTwice) {
    start();
    read_every(1s, 2);
    pass(5s, true);
    EXPECT_EQ(meter().life, MeterLife::Live);
    pass(1s, true);
    EXPECT_EQ(meter().life, MeterLife::Lost);
}

TEST_F(SilenceTest, AReadoutThatBreaksOffKeepsNothing) {
    start();
    read();
    pass(20s, true);
    pass(35s);
    EXPECT_EQ(meter().life, MeterLife::Live);
    pass(1s);
    EXPECT_EQ(meter().life, MeterLife::Lost);
}

TEST_F(SilenceTest, StaleAfterIsTheLimitOfPowers) {
    start(90s);
    read();
    read_every(60s, 4);
    pass(89s);
    EXPECT_TRUE(meter().reading.has(Quantity::Power));
    EXPECT_THAT(health(), HasSubstr(R"("state":"live")"));
    EXPECT_THAT(health(), HasSubstr(R"("status":"ok")"));
    pass(2s);
    EXPECT_FALSE(meter().reading.has(Quantity::Power));
    EXPECT_TRUE(meter().reading.has(Quantity::EnergyForward));
}

TEST_F(SilenceTest, HealthSaysSlowAndTheWayOut) {
    start();
    read();
    read_every(60s, 4);
    for (const auto wait : {1s, 40s}) {
        pass(wait);
        EXPECT_THAT(health(), HasSubstr(R"("state":"slow")"));
        EXPECT_THAT(health(), HasSubstr("a telegram every 60 s"));
        EXPECT_THAT(health(), HasSubstr("stale_after = 90"));
        EXPECT_THAT(health(), testing::Not(HasSubstr(R"("status":"ok")")))
            << "a battery is not steered by it";
    }
}

TEST_F(SilenceTest, AGridMeterThatHadAPowerAndGivesNoneIsNotWell) {
    start();
    read();
    for (int i = 0; i < 8; ++i) {
        pass(1s);
        Reading reading = grid_reading(now_);
        for (const Quantity q : {Quantity::Power, Quantity::PowerL1, Quantity::PowerL2, Quantity::PowerL3}) {
            reading.clear(q);
        }
        lives_->update(update_of({0, 0}, {}, reading), now_, out_);
        if (i == 3) {
            EXPECT_THAT(health(), HasSubstr(R"("status":"ok")"));
        }
    }
    EXPECT_THAT(health(), HasSubstr("no power for 8 s"));
    EXPECT_THAT(health(), HasSubstr(R"("status":"degraded")"));
}

} // namespace
} // namespace gridbridge
