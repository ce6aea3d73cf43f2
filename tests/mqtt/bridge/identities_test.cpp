// Which instance a meter gets, and what is said when it is not the configured one.
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/own_topics.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class IdentitiesTest : public testing::Test {
  protected:
    static MeterConfig meter_at(const std::string& place, std::optional<int> instance = {}) {
        MeterConfig meter;
        meter.uri = "cg+tcp://" + place;
        meter.instance = instance;
        return meter;
    }
    void start(std::vector<MeterConfig> meters) {
        BridgeOptions options;
        options.meters = std::move(meters);
        options.log = book_.log();
        options.on_event = [this](const Meter& meter, std::string_view event) {
            events_ += meter.info.serial + ' ' + std::string(event) + ", ";
        };
        OwnTopicsOptions own;
        own.portal_id = "p";
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(own));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
    }
    void answer(SourceId source, const std::string& serial, const std::string& role = {}) {
        MeterInfo info = em24_info(serial);
        info.default_role = role;
        bridge_->update(update_of(source, info, grid_reading(now_)), now_, out_);
    }
    std::string number_of(const std::string& serial) {
        const Settings::Device& device = settings_.device("cgwacs_" + serial);
        const auto found = device.instances.find(device.service_class);
        return device.service_class + "/" +
               (found == device.instances.end() ? "none" : std::to_string(found->second));
    }
    nlohmann::json health() {
        Messages out;
        bridge_->connected(now_, out);
        for (const Message& message : out) {
            if (message.topic == "gridbridge/p/health") {
                return nlohmann::json::parse(message.payload);
            }
        }
        return {};
    }

    Settings settings_;
    LogBook book_;
    std::string events_;
    std::unique_ptr<Bridge> bridge_;
    Messages out_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(IdentitiesTest, FreshMetersHaveTheSameNumbersInWhateverOrderTheyAnswer) {
    std::minstd_rand random(20261129);
    std::vector<std::uint16_t> order(6);
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    for (int round = 0; round < 100; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        settings_ = Settings();
        std::vector<MeterConfig> meters;
        for (std::size_t i = 0; i < order.size(); ++i) {
            meters.push_back(meter_at(std::to_string(i), i == 4 ? std::optional(31) : std::nullopt));
            meters.back().role = i % 3 == 2 ? "pvinverter" : "";
        }
        start(std::move(meters));
        std::string told;
        for (const std::uint16_t meter : order) {
            answer({meter, 0}, "M" + std::to_string(meter));
            answer({meter, 1}, "M" + std::to_string(meter) + "_BEHIND");
            told += std::to_string(meter) + " ";
        }
        std::string numbers;
        for (std::size_t i = 0; i < order.size(); ++i) {
            numbers += number_of("M" + std::to_string(i)) + " ";
            const std::string behind = number_of("M" + std::to_string(i) + "_BEHIND");
            EXPECT_GT(std::stoi(behind.substr(behind.find('/') + 1)), 33) << "order " << told;
        }
        ASSERT_EQ(numbers, "grid/30 grid/32 pvinverter/30 grid/33 grid/31 pvinverter/31 ")
            << "order " << told;
    }
}

TEST_F(IdentitiesTest, TheNumberOfAnEarlierRunIsUsedAndThePromiseIsFreeAgain) {
    settings_.instance_for("cgwacs_OLD", "grid", 30); // of a program that did not keep where it was
    start({meter_at("a"), meter_at("b")});
    answer({0, 0}, "OLD");
    answer({1, 0}, "NEW");
    EXPECT_EQ(number_of("OLD"), "grid/30");
    EXPECT_EQ(number_of("NEW"), "grid/32") << "31 was promised while OLD was not known";
    start({meter_at("a"), meter_at("c"), meter_at("b")});
    answer({1, 0}, "NEWEST");
    EXPECT_EQ(number_of("NEWEST"), "grid/31") << "both others are known";
}

TEST_F(IdentitiesTest, APromiseForAnotherRoleIsDropped) {
    start({meter_at("a"), meter_at("b"), meter_at("c")});
    answer({0, 0}, "PV", "pvinverter");
    EXPECT_EQ(number_of("PV"), "pvinverter/30");
    answer({1, 0}, "B");
    EXPECT_EQ(number_of("B"), "grid/31");
    answer({2, 1}, "BEHIND");
    EXPECT_EQ(number_of("BEHIND"), "grid/30") << "nobody needs it any more";
}

TEST_F(IdentitiesTest, SettingsOfTheBrokerAreMadeAnewInTheOrderOfTheConfiguration) {
    start({meter_at("a"), meter_at("b")});
    bridge_->await_settings();
    answer({1, 0}, "B");
    EXPECT_EQ(number_of("B"), "grid/31");
    Settings kept;
    kept.instance_for("cgwacs_X", "grid", 31);
    kept.instance_for("cgwacs_B", "grid", 40);
    bridge_->restore(kept, now_, out_);
    EXPECT_EQ(number_of("B"), "grid/40");
    answer({0, 0}, "A");
    EXPECT_EQ(number_of("A"), "grid/30");
}

TEST_F(IdentitiesTest, NoSettingsOfTheBrokerChangeNothing) {
    start({meter_at("a"), meter_at("b")});
    bridge_->await_settings();
    answer({1, 0}, "B");
    bridge_->no_settings_came(now_, out_);
    answer({0, 0}, "A");
    EXPECT_EQ(number_of("A") + " " + number_of("B"), "grid/30 grid/31");
    EXPECT_EQ(events_, "B live, B live, A live, ") << "nobody was gone";
}

TEST_F(IdentitiesTest, AnInstanceThatAnotherDeviceHasIsSaidOnceAndInTheHealth) {
    settings_.instance_for("cgwacs_OTHER", "grid", 40);
    start({meter_at("a", 40)});
    answer({0, 0}, "A");
    EXPECT_EQ(number_of("A"), "grid/41");
    const std::string text =
        "instance = 40 is not used, it is grid/41: OTHER has that number: choose another, "
        "or forget OTHER if it is gone for good";
    EXPECT_EQ(book_.count(text), 1U) << book_.text();
    const auto report = health();
    EXPECT_EQ(report["meters"][0]["advice"], text);
    MeterInfo changed = em24_info("A");
    changed.firmware = "5";
    changed.advice = "turn it";
    bridge_->update(update_of({0, 0}, changed, grid_reading(now_)), now_, out_);
    EXPECT_EQ(book_.count("instance = 40"), 1U) << book_.text();
    const auto with_both = health();
    EXPECT_EQ(with_both["meters"][0]["advice"], "turn it; " + text);
    for (const auto& problem : with_both["problems"]) {
        EXPECT_THAT(problem.get<std::string>(), HasSubstr("broker")) << "an advice is no problem";
    }
}

TEST_F(IdentitiesTest, ANumberThatIsKeptWinsAndItIsSaid) {
    settings_.instance_for("cgwacs_A", "grid", 33);
    start({meter_at("a", 40)});
    answer({0, 0}, "A");
    EXPECT_EQ(number_of("A"), "grid/33");
    EXPECT_THAT(book_.text(), HasSubstr("instance = 40 is not used, it is grid/33: it keeps the number of an "
                                        "earlier run or of a client: write \"grid:40\" to its setting "
                                        "ClassAndVrmInstance, or take instance out of the configuration"));
}

TEST_F(IdentitiesTest, TwoEntriesWithOneNumberAreSaid) {
    start({meter_at("a", 40), meter_at("b", 40)});
    answer({1, 0}, "B");
    EXPECT_THAT(book_.text(), HasSubstr("another meter of the configuration has that number"));
    EXPECT_EQ(number_of("B"), "grid/41");
}

TEST_F(IdentitiesTest, ADeviceWithItsNumberHasNothingToSay) {
    start({meter_at("a", 40), meter_at("b")});
    answer({0, 0}, "A");
    answer({1, 0}, "B");
    EXPECT_EQ(book_.text(), "");
    EXPECT_FALSE(health()["meters"][0].contains("advice"));
}

TEST_F(IdentitiesTest, PlacesTellTheEntriesOfOneUriApart) {
    MeterConfig meter = meter_at("a");
    EXPECT_EQ(place_of(meter), "cg+tcp://a");
    meter.unit = 7;
    meter.key = "secret";
    EXPECT_EQ(place_of(meter), "cg+tcp://a unit 7");
    meter.address = "123";
    EXPECT_EQ(place_of(meter), "cg+tcp://a unit 7 address 123");
    meter.driver = DriverKind::SunSpec;
    MeterConfig grid = meter;
    grid.role = "grid";
    EXPECT_NE(place_of(meter), place_of(grid)) << "inverter and meter of one chain";
}

} // namespace
} // namespace gridbridge
