// What an earlier run left retained of meters that are not back yet.
#include "mqtt/leftovers/retained_values.hpp"

#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string power = "N/p/grid/30/Ac/Power";
const std::string connected = "N/p/grid/30/Connected";
const std::string product = "N/p/grid/30/ProductName";
const std::string null_value = R"({"value":null})";

class RetainedValuesTest : public testing::Test {
  protected:
    RetainedValuesTest() { begin(); }
    void begin() { outlet_.emplace(RetainedValuesOptions{"p", 60s}); }
    void connect() {
        filters_ = outlet_->retained_filters({{"BX0120064003P", "grid", 30}});
        Messages out;
        outlet_->connected(now_, out);
        EXPECT_THAT(out, IsEmpty());
    }
    void keeps(const std::string& topic, const std::string& payload) {
        outlet_->retained({topic, payload, true}, now_);
    }
    Messages tick() {
        Messages out;
        EXPECT_LE(outlet_->next_tick(now_), now_ + 1h);
        outlet_->tick(now_, out);
        return out;
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    std::optional<RetainedValues> outlet_;
    std::vector<std::string> filters_;
};

TEST_F(RetainedValuesTest, ValuesOfAMeterThatIsNotBackAreNullAndThenCleared) {
    connect();
    EXPECT_THAT(filters_, ElementsAre("N/p/grid/30/#"));
    keeps(power, R"({"value":2000.0})");
    keeps(connected, R"({"value":1})");
    keeps(product, R"({"value":"EM24"})");
    EXPECT_EQ(outlet_->next_tick(now_), now_);
    EXPECT_THAT(tick(), UnorderedElementsAre(Message{power, null_value, true},
                                             Message{connected, R"({"value":0})", true}));
    EXPECT_THAT(tick(), IsEmpty()) << "once";
    now_ += 59s;
    EXPECT_THAT(tick(), IsEmpty());
    now_ += 1s;
    EXPECT_THAT(tick(), UnorderedElementsAre(Message{power, "", true}, Message{connected, "", true},
                                             Message{product, "", true}));
    EXPECT_THAT(tick(), IsEmpty());
}

TEST_F(RetainedValuesTest, AMeterThatComesBackIsLeftAlone) {
    connect();
    keeps(power, R"({"value":2000.0})");
    tick();
    Meter meter = live_grid_meter(now_);
    meter.instance = 30;
    Messages out;
    outlet_->reading(meter, now_, out);
    keeps(power, R"({"value":938.6})");
    now_ += 61s;
    EXPECT_THAT(tick(), IsEmpty());
}

TEST_F(RetainedValuesTest, OtherServicesAreLeftAlone) {
    connect();
    keeps("N/p/grid/3/Ac/Power", R"({"value":1})");
    keeps("N/p/grid/300/Ac/Power", R"({"value":1})");
    keeps("N/q/grid/30/Ac/Power", R"({"value":1})");
    EXPECT_THAT(tick(), IsEmpty());
}

TEST_F(RetainedValuesTest, TheLookEndsAfterAFewSeconds) {
    connect();
    tick();
    EXPECT_THAT(outlet_->take_left_filters(), IsEmpty());
    EXPECT_LE(outlet_->next_tick(now_), now_ + 5s);
    now_ += 5s;
    tick();
    EXPECT_THAT(outlet_->take_left_filters(), ElementsAre("N/p/grid/30/#"));
    EXPECT_THAT(outlet_->take_left_filters(), IsEmpty());
}

TEST_F(RetainedValuesTest, AfterALostConnectionNullIsPublishedOnceMore) {
    connect();
    keeps(power, R"({"value":2000.0})");
    EXPECT_EQ(tick().size(), 1U);
    now_ += 10s;
    connect();
    EXPECT_THAT(tick(), ElementsAre(Message{power, null_value, true}));
}

// What is announced with its first value is not published by a meter that has none now.
TEST_F(RetainedValuesTest, WhatAMeterThatIsBackDoesNotGiveAnyMoreIsNullAndThenCleared) {
    const std::string netting = "N/p/grid/30/Ac/Energy/Netting/Forward";
    const std::string frequency = "N/p/grid/30/Ac/Frequency";
    const auto comes_back = [&] {
        Messages out;
        Meter meter = live_grid_meter(now_);
        meter.instance = 30;
        meter.reading.set(Quantity::Frequency, 50);
        outlet_->reading(meter, now_, out);
        EXPECT_THAT(out, IsEmpty());
    };
    enum class Comes : std::uint8_t { BeforeTheConnection, BeforeWhatIsKept, AfterIt };
    for (const Comes comes : {Comes::BeforeTheConnection, Comes::BeforeWhatIsKept, Comes::AfterIt}) {
        begin();
        if (comes == Comes::BeforeTheConnection) {
            comes_back();
            EXPECT_THAT(outlet_->retained_filters({}), ElementsAre("N/p/grid/30/#"));
        }
        connect();
        if (comes == Comes::BeforeWhatIsKept) {
            comes_back();
        }
        keeps(power, R"({"value":2000.0})");
        keeps(netting, R"({"value":3.0})");
        keeps(frequency, R"({"value":50.0})");
        if (comes == Comes::AfterIt) {
            comes_back();
        }
        EXPECT_THAT(tick(), ElementsAre(Message{netting, null_value, true}));
        now_ += 60s;
        EXPECT_THAT(tick(), ElementsAre(Message{netting, "", true}));
    }
}

// Its place may be taken, or it is known under other settings: what was announced is withdrawn, which no
// broker may have heard.
TEST_F(RetainedValuesTest, WhatIsKeptOfAMeterThatHasGoneIsCleared) {
    const std::string frequency = "N/p/grid/30/Ac/Frequency";
    for (const bool goes_first : {true, false}) {
        begin();
        Meter meter = live_grid_meter(now_);
        meter.instance = 30;
        meter.reading.set(Quantity::Frequency, 50);
        Messages none;
        outlet_->reading(meter, now_, none);
        if (goes_first) {
            outlet_->gone(meter, none);
        }
        connect();
        keeps(power, R"({"value":2000.0})");
        keeps(frequency, R"({"value":50.0})");
        if (!goes_first) { // as with settings that the broker has kept too
            EXPECT_THAT(tick(), IsEmpty());
            outlet_->gone(meter, none);
        }
        EXPECT_EQ(outlet_->next_tick(now_), now_);
        EXPECT_THAT(tick(), UnorderedElementsAre(Message{power, "", true}, Message{frequency, "", true}));
        now_ += 60s;
        EXPECT_THAT(tick(), IsEmpty());
        EXPECT_THAT(none, IsEmpty());
    }
}

// It gives less than before.
TEST_F(RetainedValuesTest, AMeterThatGoesAndComesBackPublishesItsOwn) {
    const std::string frequency = "N/p/grid/30/Ac/Frequency";
    Meter meter = live_grid_meter(now_);
    meter.instance = 30;
    meter.reading.set(Quantity::Frequency, 50);
    Messages none;
    outlet_->reading(meter, now_, none);
    connect();
    keeps(power, R"({"value":2000.0})");
    keeps(frequency, R"({"value":50.0})");
    outlet_->gone(meter, none);
    meter.reading = live_grid_meter(now_).reading;
    outlet_->reading(meter, now_, none);
    EXPECT_THAT(tick(), ElementsAre(Message{frequency, null_value, true}));
    now_ += 60s;
    EXPECT_THAT(tick(), ElementsAre(Message{frequency, "", true}));
}

TEST_F(RetainedValuesTest, WhatAMeterLeftThatWentWhileTheBrokerWasAwayIsCleared) {
    Meter meter = live_grid_meter(now_);
    meter.instance = 30;
    Messages none;
    outlet_->reading(meter, now_, none);
    EXPECT_THAT(outlet_->retained_filters({}), ElementsAre("N/p/grid/30/#"));
    outlet_->connected(now_, none);
    now_ += 60s;
    tick();
    EXPECT_THAT(outlet_->retained_filters({}), IsEmpty()) << "it was looked at";
    outlet_->gone(meter, none);
    EXPECT_THAT(outlet_->retained_filters({}), ElementsAre("N/p/grid/30/#"));
    outlet_->connected(now_, none);
    keeps(power, R"({"value":2000.0})");
    EXPECT_THAT(tick(), ElementsAre(Message{power, "", true}));
    EXPECT_THAT(none, IsEmpty());
}

} // namespace
} // namespace gridbridge
