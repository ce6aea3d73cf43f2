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
    void connect() {
        filters_ = outlet_.retained_filters({{"BX0120064003P", "grid", 30}});
        Messages out;
        outlet_.connected(now_, out);
        EXPECT_THAT(out, IsEmpty());
    }
    void keeps(const std::string& topic, const std::string& payload) {
        outlet_.retained({topic, payload, true}, now_);
    }
    Messages tick() {
        Messages out;
        EXPECT_LE(outlet_.next_tick(now_), now_ + 1h);
        outlet_.tick(now_, out);
        return out;
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    RetainedValues outlet_{{"p", 60s}};
    std::vector<std::string> filters_;
};

TEST_F(RetainedValuesTest, ValuesOfAMeterThatIsNotBackAreNullAndThenCleared) {
    connect();
    EXPECT_THAT(filters_, ElementsAre("N/p/grid/30/#"));
    keeps(power, R"({"value":2000.0})");
    keeps(connected, R"({"value":1})");
    keeps(product, R"({"value":"EM24"})");
    EXPECT_EQ(outlet_.next_tick(now_), now_);
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
    outlet_.reading(meter, now_, out);
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
    EXPECT_THAT(outlet_.take_left_filters(), IsEmpty());
    EXPECT_LE(outlet_.next_tick(now_), now_ + 5s);
    now_ += 5s;
    tick();
    EXPECT_THAT(outlet_.take_left_filters(), ElementsAre("N/p/grid/30/#"));
    EXPECT_THAT(outlet_.take_left_filters(), IsEmpty());
}

TEST_F(RetainedValuesTest, AfterALostConnectionNullIsPublishedOnceMore) {
    connect();
    keeps(power, R"({"value":2000.0})");
    EXPECT_EQ(tick().size(), 1U);
    now_ += 10s;
    connect();
    EXPECT_THAT(tick(), ElementsAre(Message{power, null_value, true}));
}

} // namespace
} // namespace gridbridge
