#include "mqtt/readings/meter_readings.hpp"

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/outlet/venus_table.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"
#include "tests/mqtt/readings/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string reading_topic = "gridbridge/p/meter/BX0120064003P/reading";
constexpr std::int64_t wall_ms = 1'793'000'000'000;

class MeterReadingsTest : public testing::Test {
  protected:
    void start(std::chrono::seconds interval = 0s) {
        BridgeOptions options;
        options.meters = std::vector<MeterConfig>(2);
        options.meters[0].stale_after = 5s;
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 0LL; };
        std::vector<OutletRow> rows;
        rows.push_back(outlet_row<Venus>(venus));
        rows.push_back(outlet_row<MeterReadings>(
            std::ref(book_), MeterReadingsOptions{"p", interval, [this] { return unix_ms_; }}));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(rows));
        connect();
    }
    // Objects of the meter among what is said meanwhile, each as the schema says and neither retained nor
    // acknowledged.
    template <typename Call>
    std::vector<json> said(Call call, const std::string& topic = reading_topic) {
        all_.clear();
        call(all_);
        std::vector<json> objects;
        for (const Message& message : all_) {
            if (message.topic == topic) {
                EXPECT_FALSE(message.retain);
                EXPECT_EQ(message.qos, 0);
                objects.push_back(json::parse(message.payload));
                EXPECT_THAT(schema_faults(objects.back(), schema_), IsEmpty()) << message.payload;
            }
        }
        return objects;
    }
    std::vector<json> connect() {
        return said([&](Messages& out) { bridge_->connected(now_, out); });
    }
    std::vector<json> read(const Reading& reading) {
        return said([&](Messages& out) {
            bridge_->update(update_of({0, 0}, em24_info(), reading), now_, out);
        });
    }
    std::vector<json> pass(Clock::duration time) {
        now_ += time;
        return said([&](Messages& out) { bridge_->tick(now_, out); });
    }
    std::vector<json> lose() {
        return said([&](Messages& out) {
            bridge_->update(update_of({0, 0}, {}, {}, "unplugged"), now_, out);
        });
    }

    const json schema_ = reading_schema();
    Clock::time_point now_{1h};
    std::optional<std::int64_t> unix_ms_ = wall_ms;
    Settings settings_;
    ReadingBook book_;
    Messages all_;
    std::unique_ptr<Bridge> bridge_;
};

TEST_F(MeterReadingsTest, EachReadingIsOneObject) {
    start();
    Reading reading = grid_reading(now_ - 40ms);
    reading.meter_second = 3599;
    reading.set(Quantity::ActiveTariff, 2.0);
    const auto objects = read(reading);
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0], json::parse(R"({"time":1792999999960,"monotonic_ms":3599960,"age_ms":40,"seq":1,
        "meter_time":3599,"role":"grid","instance":30,"state":"live","power_l1":938.6,"power_l2":-1780.3,
        "power_l3":212.7,"power":-629.0,"voltage_l1":229.9,"energy_forward":5276.4,"energy_reverse":8742.1,
        "active_tariff":2})"));
    for (int i = 2; i < 6; ++i) {
        now_ += 250ms;
        const auto next = read(reading = grid_reading(now_));
        ASSERT_THAT(next, SizeIs(1));
        EXPECT_EQ(next[0]["seq"], i);
        EXPECT_TRUE(next[0]["meter_time"].is_null());
    }
    EXPECT_THAT(pass(1s), IsEmpty());
}

TEST_F(MeterReadingsTest, NumbersAreThoseOfTheVenusTopicsOfTheSameReading) {
    start();
    Reading reading = grid_reading(now_);
    for (const QuantityRow& row : quantity_table) {
        reading.set(row.quantity, row.kind == QuantityKind::State ? 1.0 : 0.9876543);
    }
    const auto objects = read(reading);
    ASSERT_THAT(objects, SizeIs(1));
    std::size_t compared = 0;
    for (const VenusRow& row : venus_table) {
        const std::string topic = "N/p/grid/30/" + std::string(row.path);
        const auto venus = std::find_if(all_.begin(), all_.end(),
                                        [&](const Message& message) { return message.topic == topic; });
        ASSERT_NE(venus, all_.end()) << topic;
        const std::string name(quantity_table.at(index_of(row.quantity)).name);
        EXPECT_EQ(objects[0].at(name), json::parse(venus->payload).at("value")) << name;
        ++compared;
    }
    EXPECT_EQ(compared, quantity_count);
}

TEST_F(MeterReadingsTest, WhatWasGivenOnceIsNullWhileItIsUnknown) {
    start();
    Reading reading = grid_reading(now_);
    read(reading);
    now_ += 1s;
    reading.received = now_;
    reading.clear(Quantity::PowerL2);
    reading.set(Quantity::Frequency, 50.01);
    auto objects = read(reading);
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_TRUE(objects[0].at("power_l2").is_null());
    EXPECT_EQ(objects[0].at("frequency"), 50.01);
    EXPECT_FALSE(objects[0].contains("current_l1")) << "never given";
    now_ += 1s;
    objects = read(grid_reading(now_));
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0].at("power_l2"), -1780.3);
    EXPECT_TRUE(objects[0].at("frequency").is_null());
}

TEST_F(MeterReadingsTest, ALossIsSaidOnceWithNullAndTheTimesOfTheLastReading) {
    start();
    Reading reading = grid_reading(now_);
    reading.meter_second = 7;
    const auto live = read(reading);
    ASSERT_THAT(live, SizeIs(1));
    now_ += 1500ms;
    *unix_ms_ += 1500;
    const auto objects = lose();
    ASSERT_THAT(objects, SizeIs(1));
    json wanted = live[0];
    for (auto& [name, value] : wanted.items()) {
        if (value.is_number_float()) {
            value = nullptr;
        }
    }
    wanted["state"] = "lost";
    wanted["age_ms"] = 1500;
    wanted["seq"] = 2;
    EXPECT_EQ(objects[0], wanted);
    EXPECT_THAT(lose(), IsEmpty());
    EXPECT_THAT(pass(2min), IsEmpty()) << "gone";
    const auto back = read(grid_reading(now_));
    ASSERT_THAT(back, SizeIs(1));
    EXPECT_EQ(back[0]["seq"], 3);
    EXPECT_EQ(back[0]["state"], "live");
}

TEST_F(MeterReadingsTest, SilenceIsALoss) {
    start();
    read(grid_reading(now_));
    const auto objects = pass(5100ms);
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_EQ(objects[0]["age_ms"], 5100);
}

TEST_F(MeterReadingsTest, ALossWhileTheBrokerWasAwayIsSaidAtTheConnect) {
    start();
    read(grid_reading(now_));
    EXPECT_THAT(connect(), IsEmpty()) << "a reading of the past is no news";
    lose();
    const auto objects = connect();
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_EQ(objects[0]["seq"], 3);
}

TEST_F(MeterReadingsTest, AnExchangedMeterIsLostAndSaysNothingMore) {
    start();
    read(grid_reading(now_));
    const auto exchange = [&](const std::string& serial) {
        return said([&](Messages& out) {
            bridge_->update(update_of({0, 0}, em24_info(serial), grid_reading(now_)), now_, out);
        });
    };
    const auto objects = exchange("NEW1");
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_THAT(connect(), IsEmpty());
    const auto back = exchange("BX0120064003P");
    ASSERT_THAT(back, SizeIs(1));
    EXPECT_EQ(back[0]["state"], "live");
    EXPECT_EQ(back[0]["seq"], 3);
}

TEST_F(MeterReadingsTest, AnotherSpellingOfTheSerialNumberLeavesNothingAlive) {
    MeterReadings outlet(book_, {"p", 0s, [this] { return unix_ms_; }});
    const Meter meter = live_grid_meter(now_);
    said([&](Messages& out) { outlet.reading(meter, now_, out); });
    const auto objects = said([&](Messages& out) { outlet.respelled(meter.info.serial, out); });
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["state"], "lost");
}

TEST_F(MeterReadingsTest, AServiceThatLeavesSaysThatItsMetersAreLost) {
    start();
    read(grid_reading(now_));
    pass(1s);
    const auto objects = said([&](Messages& out) { bridge_->leave(out); });
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_EQ(objects[0]["age_ms"], 1000);
}

TEST_F(MeterReadingsTest, TheTimeIsNullUntilTheClockIsSet) {
    start();
    unix_ms_.reset();
    auto objects = read(grid_reading(now_));
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_TRUE(objects[0]["time"].is_null());
    EXPECT_EQ(objects[0]["monotonic_ms"], 3'600'000);
    unix_ms_ = wall_ms;
    now_ += 1s;
    objects = read(grid_reading(now_));
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["time"], wall_ms);
}

TEST_F(MeterReadingsTest, WithAnIntervalTheNewestComesAtItsEnd) {
    start(10s);
    std::vector<json> objects;
    double watts = 0;
    for (int i = 0; i < 160; ++i) { // 40 s at four readings a second
        watts = i;
        for (const json& object : read(grid_reading(now_, watts, 0.0, 0.0))) {
            objects.push_back(object);
        }
        for (const json& object : pass(250ms)) {
            EXPECT_EQ(object["power"], watts);
            EXPECT_EQ(object["age_ms"], 250);
            objects.push_back(object);
        }
    }
    ASSERT_THAT(objects, SizeIs(5)) << "the first, and one after 10, 20, 30 and 40 s";
    for (std::size_t i = 0; i < objects.size(); ++i) {
        EXPECT_EQ(objects[i]["seq"], i + 1);
    }
}

TEST_F(MeterReadingsTest, ALossWaitsForNoInterval) {
    start(60s);
    EXPECT_THAT(read(grid_reading(now_)), SizeIs(1));
    now_ += 1s;
    EXPECT_THAT(read(grid_reading(now_, 1.0)), IsEmpty());
    EXPECT_LE(bridge_->next_tick(now_), now_ + 59s);
    const auto objects = lose();
    ASSERT_THAT(objects, SizeIs(1)) << "without the reading that waited";
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_THAT(pass(2min), IsEmpty());
}

TEST_F(MeterReadingsTest, AnotherRoleEndsTheFormerOne) {
    start();
    read(grid_reading(now_));
    const auto objects = said([&](Messages& out) {
        bridge_->request({"W/p/grid/30/Role", R"({"value":"acload"})", false}, now_, out);
    });
    ASSERT_THAT(objects, SizeIs(2));
    EXPECT_EQ(objects[0]["role"], "grid");
    EXPECT_EQ(objects[0]["state"], "lost");
    EXPECT_EQ(objects[1]["role"], "acload");
    EXPECT_EQ(objects[1]["state"], "live");
    EXPECT_EQ(objects[1]["power"], -629.0);
}

TEST_F(MeterReadingsTest, EachMeterHasATopicAndACountOfItsOwn) {
    start();
    read(grid_reading(now_));
    read(grid_reading(now_));
    const auto objects = said(
        [&](Messages& out) {
            bridge_->update(update_of({1, 0}, em24_info("S/2"), grid_reading(now_)), now_, out);
        },
        "gridbridge/p/meter/S_2/reading");
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["seq"], 1);
    EXPECT_EQ(objects[0]["instance"], 31);
}

// Of a meter that sends every minute only the counters are true in between.
TEST_F(MeterReadingsTest, APowerThatIsTooOldIsNullAtOnce) {
    MeterReadings outlet(book_, {"p", 60s, [this] { return unix_ms_; }});
    Meter meter = live_grid_meter(now_);
    const auto tell = [&](Messages& out) { outlet.reading(meter, now_, out); };
    ASSERT_THAT(said(tell), SizeIs(1));
    now_ += 20s;
    *unix_ms_ += 20'000;
    meter.reading.clear(Quantity::Power);
    meter.faded = true;
    const auto objects = said(tell);
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_TRUE(objects[0]["power"].is_null());
    EXPECT_EQ(objects[0]["energy_forward"], 5276.4);
    EXPECT_EQ(objects[0]["time"], wall_ms);
    EXPECT_EQ(objects[0]["age_ms"], 20'000);
    EXPECT_THAT(said([&](Messages& out) { outlet.connected(now_, out); }), SizeIs(1));
}

TEST_F(MeterReadingsTest, AFreshOutletGoesOnCounting) {
    Meter meter = live_grid_meter(now_);
    const MeterReadingsOptions options{"p", 0s, [this] { return unix_ms_; }};
    {
        MeterReadings outlet(book_, options);
        said([&](Messages& out) { outlet.reading(meter, now_, out); });
        said([&](Messages& out) { outlet.leave(out); });
    }
    MeterReadings outlet(book_, options);
    meter.reading.clear(Quantity::PowerL3);
    const auto objects = said([&](Messages& out) { outlet.reading(meter, now_, out); });
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0]["seq"], 3);
    EXPECT_TRUE(objects[0].at("power_l3").is_null());
}

TEST(ReadingSchema, ItsPropertiesAreTheQuantitiesAndTheFixedMembers) {
    const json schema = reading_schema();
    std::set<std::string> wanted{"time",       "monotonic_ms", "age_ms",   "seq",
                                 "meter_time", "role",         "instance", "state"};
    EXPECT_EQ(schema["required"].get<std::set<std::string>>(), wanted);
    wanted.insert("run"); // of a sink
    for (const VenusRow& row : venus_table) {
        const QuantityRow& quantity = quantity_table.at(index_of(row.quantity));
        const std::string name(quantity.name);
        wanted.insert(name);
        const json rule = schema["properties"].value(name, json());
        EXPECT_EQ(rule.value("description", ""), quantity.unit) << name;
        EXPECT_EQ(rule.value("type", json()),
                  json::array({row.decimals == whole_number ? "integer" : "number", "null"}))
            << name;
    }
    std::set<std::string> told;
    for (const auto& [name, rule] : schema["properties"].items()) {
        told.insert(name);
    }
    EXPECT_EQ(told, wanted);
}

TEST(ReadingSchema, RefusesWhatIsWrong) {
    const json schema = reading_schema();
    ToldReading told;
    told.reading = grid_reading(Clock::time_point(1h));
    told.seq = 1;
    told.role = "grid";
    const json right = json::parse(reading_json(told, Clock::time_point(1h)));
    ASSERT_THAT(schema_faults(right, schema), IsEmpty());
    const auto with = [&](const std::string& name, const json& value) {
        json wrong = right;
        wrong[name] = value;
        return schema_faults(wrong, schema);
    };
    EXPECT_THAT(with("power", "1"), ElementsAre(R"(power is "1", not of the type ["number","null"])"));
    EXPECT_THAT(with("active_tariff", 1.5), SizeIs(1));
    EXPECT_THAT(with("power_l4", 1.0), ElementsAre("power_l4 is no property"));
    EXPECT_THAT(with("state", "gone"), SizeIs(1));
    EXPECT_THAT(with("seq", 0), SizeIs(1));
    EXPECT_THAT(with("meter_time", 3600), SizeIs(1));
    json wrong = right;
    wrong.erase("age_ms");
    EXPECT_THAT(schema_faults(wrong, schema), ElementsAre("age_ms is missing"));
    EXPECT_THAT(schema_faults(json::array(), schema), Not(IsEmpty()));
}

} // namespace
} // namespace gridbridge
