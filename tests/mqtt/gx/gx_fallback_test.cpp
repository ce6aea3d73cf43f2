// RunWithoutGridMeter follows the loss of the meter, and the user keeps the last word.
#include "mqtt/gx/gx_fallback.hpp"

#include "tests/fakes/gx_driver.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string note = "gridbridge/p/gx/run_without_grid_meter";

class GxFallbackTest : public testing::Test {
  protected:
    GxFallbackTest() {
        gx_.settings = {{"RunWithoutGridMeter", 0}, {"GridMeterRequired", 0}, {"Hub4Mode", 1}};
        meter_.info = em24_info();
        meter_.role = "grid";
        make();
    }
    void make() {
        outlet_ = std::make_unique<GxFallback>(GxFallbackOptions{
            "p", "", [this](LogLevel, std::string_view, std::string_view text) { log_.emplace_back(text); }});
        outlet_->added(meter_);
    }
    void exchange(Messages out) {
        while (!out.empty()) {
            Messages answers;
            for (const Message& message : out) {
                EXPECT_EQ(message.link, gx_link);
                EXPECT_TRUE(!message.retain || message.topic == note);
                if (message.retain) {
                    kept_ = message.payload;
                }
                if (deaf_ && message.topic.starts_with("W/")) {
                    continue;
                }
                for (const Message& answer : gx_.take(message)) {
                    outlet_->request(answer, now_, answers);
                }
            }
            out = std::move(answers);
        }
    }
    template <typename Event>
    void happen(const Event& event) {
        Messages out;
        event(out);
        exchange(std::move(out));
    }
    void connect() {
        happen([&](Messages& out) {
            outlet_->connected(now_, out);
            if (!kept_.empty()) {
                outlet_->request({note, kept_, true, gx_link}, now_, out);
            }
            for (const Message& message : gx_.start()) {
                outlet_->request(message, now_, out);
            }
        });
    }
    void good() {
        happen([&](Messages& out) { outlet_->reading(meter_, now_, out); });
    }
    void lose() {
        happen([&](Messages& out) { outlet_->lost(meter_, now_, out); });
    }
    void user(int value) {
        happen([&](Messages& out) {
            for (const Message& message : gx_.set_setting("RunWithoutGridMeter", value)) {
                outlet_->request(message, now_, out);
            }
        });
    }
    void pass(Clock::duration time) {
        const auto end = now_ + time;
        while (now_ < end) {
            now_ = std::min(end, std::max(outlet_->next_tick(now_), now_ + 1ms));
            happen([&](Messages& out) { outlet_->tick(now_, out); });
        }
    }
    int shown() { return gx_.settings["RunWithoutGridMeter"]; }
    int writes() { return gx_.writes["RunWithoutGridMeter"]; }

    Clock::time_point now_{1h};
    GxDriver gx_;
    std::string kept_; // retained on the broker
    bool deaf_ = false;
    std::vector<std::string> log_;
    Meter meter_;
    std::unique_ptr<GxFallback> outlet_;
};

TEST_F(GxFallbackTest, OnceToOneAndOnceBackPerLoss) {
    connect();
    good();
    pass(60s);
    EXPECT_EQ(writes(), 0);
    lose();
    EXPECT_EQ(shown(), 1) << "at once";
    EXPECT_EQ(kept_, R"({"value":0})");
    pass(100s);
    good();
    pass(9s);
    EXPECT_EQ(shown(), 1) << "hysteresis";
    pass(2s);
    EXPECT_EQ(shown(), 0);
    EXPECT_EQ(kept_, "");
    pass(100s);
    EXPECT_EQ(writes(), 2);
}

TEST_F(GxFallbackTest, AMeterThatComesAndGoesSwitchesOnce) {
    connect();
    for (int i = 0; i < 10; ++i) {
        good();
        pass(5s);
        lose();
        pass(5s);
    }
    EXPECT_EQ(writes(), 1);
    EXPECT_EQ(shown(), 1);
}

TEST_F(GxFallbackTest, AUsersOneIsNeverTouched) {
    gx_.settings["RunWithoutGridMeter"] = 1;
    connect();
    good();
    pass(20s);
    lose();
    pass(20s);
    good();
    pass(60s);
    happen([&](Messages& out) { outlet_->leave(out); });
    EXPECT_EQ(writes(), 0);
    EXPECT_EQ(shown(), 1);
}

TEST_F(GxFallbackTest, AChangeSeenOnlyByAskingCounts) {
    connect();
    good();
    gx_.settings["RunWithoutGridMeter"] = 1; // the GX sleeps: nothing is announced
    pass(5s);
    lose();
    pass(5s);
    good();
    pass(20s);
    EXPECT_EQ(writes(), 0);
}

TEST_F(GxFallbackTest, WhatTheUserWritesDuringALossStays) {
    connect();
    good();
    lose();
    EXPECT_EQ(shown(), 1);
    user(0);
    pass(60s);
    EXPECT_EQ(shown(), 0);
    EXPECT_EQ(writes(), 1);
    EXPECT_EQ(kept_, "");
    good();
    pass(11s);
    lose();
    EXPECT_EQ(shown(), 1) << "the next loss counts again";
}

TEST_F(GxFallbackTest, ALostWriteIsRepeated) {
    connect();
    good();
    deaf_ = true;
    lose();
    pass(5s);
    EXPECT_EQ(shown(), 0);
    deaf_ = false;
    pass(3s);
    EXPECT_EQ(shown(), 1);
    EXPECT_EQ(writes(), 1);
}

TEST_F(GxFallbackTest, OtherSettingsForbidIt) {
    gx_.settings["GridMeterRequired"] = 1;
    connect();
    good();
    lose();
    pass(60s);
    EXPECT_EQ(writes(), 0);
    EXPECT_THAT(log_.back(), HasSubstr("GridMeterRequired is 1"));
    EXPECT_EQ(std::count(log_.begin(), log_.end(), log_.back()), 1);
    gx_.settings["GridMeterRequired"] = 0;
    gx_.settings["Hub4Mode"] = 3;
    pass(60s);
    EXPECT_EQ(writes(), 0);
    gx_.settings.erase("Hub4Mode"); // not there is no 3
    make();
    connect();
    good();
    lose();
    EXPECT_EQ(shown(), 1);
}

TEST_F(GxFallbackTest, TheEndOfTheServiceRestores) {
    connect();
    good();
    lose();
    happen([&](Messages& out) { outlet_->leave(out); });
    EXPECT_EQ(shown(), 0);
    EXPECT_EQ(kept_, "");
}

TEST_F(GxFallbackTest, AKilledServiceRestoresAfterItsRestart) {
    connect();
    good();
    lose();
    make();
    connect();
    EXPECT_EQ(shown(), 1);
    good();
    pass(11s);
    EXPECT_EQ(shown(), 0);
    EXPECT_EQ(kept_, "");
}

TEST_F(GxFallbackTest, AMeterThatNeverCameIsLost) {
    happen([&](Messages& out) { outlet_->tick(now_, out); });
    connect();
    pass(29s);
    EXPECT_EQ(shown(), 0);
    pass(2s);
    EXPECT_EQ(shown(), 1);
}

TEST_F(GxFallbackTest, WithoutEssNothingIsWritten) {
    gx_.settings.clear();
    connect();
    good();
    lose();
    pass(60s);
    EXPECT_THAT(gx_.writes, IsEmpty());
    EXPECT_THAT(log_.back(), HasSubstr("is ESS set up"));
}

TEST_F(GxFallbackTest, TwoPortalIdsAreNoGx) {
    connect();
    happen([&](Messages& out) {
        outlet_->request({"N/p/system/0/Serial", R"({"value":"p"})", true, gx_link}, now_, out);
    });
    good();
    EXPECT_THAT(log_, IsEmpty()) << "our own id is none";
    happen([&](Messages& out) {
        outlet_->request({"N/other/system/0/Serial", R"({"value":"other"})", true, gx_link}, now_, out);
    });
    lose();
    EXPECT_EQ(writes(), 0);
    EXPECT_THAT(log_.back(), HasSubstr("two devices"));
}

} // namespace
} // namespace gridbridge
