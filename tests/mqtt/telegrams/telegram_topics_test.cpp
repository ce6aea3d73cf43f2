#include "mqtt/telegrams/telegram_topics.hpp"

#include "mqtt/bridge/bridge.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

MeterInfo p1_info(const std::string& serial) {
    MeterInfo info;
    info.kind = "p1";
    info.serial = serial;
    info.product_name = "P1 smart meter";
    return info;
}

SharedTelegram telegram_of(const std::string& text, std::vector<ObisValue> values) {
    auto telegram = std::make_shared<TelegramCopy>();
    telegram->text = text;
    telegram->values = std::move(values);
    return telegram;
}

const ObisValue energy{"1-0:1.8.1", "51.775", "kWh", 51.775, ""};
const ObisValue gas{"0-1:24.2.1", "0.107", "m3", 0.107, "150117180000W"};
const ObisValue message{"0-0:96.13.0", "a \"b\"", "", {}, ""};

class TelegramTopicsTest : public testing::Test {
  protected:
    void start(const MeterConfig& meter) {
        BridgeOptions options;
        options.meters = {meter};
        std::vector<OutletRow> rows;
        rows.push_back(outlet_row<TelegramTopics>(std::string("p"), book_.log()));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(rows));
        Messages out;
        bridge_->connected(now_, out);
    }
    static MeterConfig p1_meter() {
        MeterConfig meter;
        meter.driver = DriverKind::P1;
        meter.uri = "p1+tcp://d:1";
        return meter;
    }
    std::string take(const SharedTelegram& telegram, std::optional<MeterInfo> info = {},
                     SourceId source = {0, 0}) {
        now_ += 1s;
        MeterUpdate update = update_of(source, std::move(info), grid_reading(now_));
        update.telegram = telegram;
        Messages out;
        bridge_->update(update, now_, out);
        return as_text(out);
    }
    std::string lose() {
        Messages out;
        bridge_->update(update_of({0, 0}, {}, {}, "unplugged"), now_, out);
        return as_text(out);
    }

    Clock::time_point now_{1h};
    LogBook book_;
    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
};

TEST_F(TelegramTopicsTest, NothingUnlessItIsSwitchedOn) {
    start(p1_meter());
    EXPECT_EQ(take(telegram_of("/t", {energy}), p1_info("S1")), "");
    EXPECT_EQ(lose(), "");
}

TEST_F(TelegramTopicsTest, EachTelegramIsPublishedOnceAsAWhole) {
    MeterConfig meter = p1_meter();
    meter.raw = true;
    start(meter);
    EXPECT_EQ(take(telegram_of("/t1\r\n!\r\n", {}), p1_info("S1")),
              "gridbridge/p/meter/S1/raw /t1\r\n!\r\n\n");
    EXPECT_EQ(take(telegram_of("/t1\r\n!\r\n", {})), "gridbridge/p/meter/S1/raw /t1\r\n!\r\n\n")
        << "the same text again is another telegram";
    EXPECT_EQ(take(nullptr), "") << "a reading alone";
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_THAT(out, IsEmpty()) << "a telegram of the past is no news";
    EXPECT_EQ(lose(), "");
}

TEST_F(TelegramTopicsTest, ChosenObjectsWithUnitAndTimeAndNullWhenLost) {
    MeterConfig meter = p1_meter();
    meter.obis = {"1-0:1.8.1", "0-1:24.2.1", "0-0:96.13.0", "1-0:99.99.9*1"};
    start(meter);
    EXPECT_EQ(
        take(telegram_of("", {energy, gas, message, {"1-0:2.8.1", "1", "kWh", 1.0, ""}}), p1_info("S1")),
        "gridbridge/p/meter/S1/obis/0-0:96.13.0 {\"value\":\"a \\\"b\\\"\",\"unit\":null,\"time\":null}\n"
        "gridbridge/p/meter/S1/obis/0-1:24.2.1 "
        "{\"value\":0.107,\"unit\":\"m3\",\"time\":\"150117180000W\"}\n"
        "gridbridge/p/meter/S1/obis/1-0:1.8.1 {\"value\":51.775,\"unit\":\"kWh\",\"time\":null}\n"
        "gridbridge/p/meter/S1/obis/1-0:99.99.9*1 {\"value\":null,\"unit\":null,\"time\":null}\n");
    EXPECT_THAT(take(telegram_of("", {gas})),
                HasSubstr("/obis/1-0:1.8.1 {\"value\":null,\"unit\":\"kWh\",\"time\":null}\n"))
        << "what the newest telegram does not say is unknown";
    EXPECT_THAT(lose(), HasSubstr("/obis/0-1:24.2.1 {\"value\":null,\"unit\":\"m3\",\"time\":null}\n"));
    EXPECT_EQ(lose(), "");
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_EQ(out.size(), 4U) << "the line to the broker was down when the meter was lost";
    EXPECT_THAT(as_text(out), testing::Not(HasSubstr("51.775")));
}

TEST_F(TelegramTopicsTest, StaleIsNullWithoutANewReading) {
    MeterConfig meter = p1_meter();
    meter.obis = {"1-0:1.8.1"};
    meter.stale_after = 3s;
    start(meter);
    take(telegram_of("", {energy}), p1_info("S1"));
    Messages out;
    bridge_->tick(now_ + 4s, out);
    EXPECT_THAT(as_text(out), HasSubstr("/obis/1-0:1.8.1 {\"value\":null,"));
}

TEST_F(TelegramTopicsTest, AnotherMeterInItsPlaceLeavesNullBehind) {
    MeterConfig meter = p1_meter();
    meter.obis = {"1-0:1.8.1"};
    meter.raw = true;
    start(meter);
    take(telegram_of("/a", {energy}), p1_info("S1"));
    EXPECT_EQ(take(telegram_of("/b", {energy}), p1_info("S2")),
              "gridbridge/p/meter/S1/obis/1-0:1.8.1 {\"value\":null,\"unit\":\"kWh\",\"time\":null}\n"
              "gridbridge/p/meter/S2/raw /b\n"
              "gridbridge/p/meter/S2/obis/1-0:1.8.1 {\"value\":51.775,\"unit\":\"kWh\",\"time\":null}\n");
}

TEST_F(TelegramTopicsTest, TwoMetersOnALineHaveTopicsOfTheirOwn) {
    MeterConfig meter = p1_meter();
    meter.obis_all = true;
    start(meter);
    EXPECT_THAT(take(telegram_of("", {energy}), p1_info("S1")),
                HasSubstr("meter/S1/obis/1-0:1.8.1 {\"value\":5"));
    EXPECT_THAT(take(telegram_of("", {gas}), p1_info("S2"), {0, 8}),
                HasSubstr("meter/S2/obis/0-1:24.2.1 {\"value\":0"));
    EXPECT_EQ(take(nullptr, p1_info("G"), {0, 1}), "") << "a meter behind it has no telegram";
    Messages out;
    bridge_->leave(out);
    EXPECT_EQ(out.size(), 2U);
}

TEST_F(TelegramTopicsTest, ARoleOfItsOwnSaysNoTelegramTwice) {
    MeterConfig meter = p1_meter();
    meter.raw = true;
    start(meter);
    take(telegram_of("/a", {}), p1_info("S1"));
    Messages out;
    bridge_->request({"W/p/grid/30/Role", R"({"value":"genset"})"}, now_, out);
    EXPECT_THAT(as_text(out), testing::Not(HasSubstr("/raw")));
}

TEST_F(TelegramTopicsTest, ADoubleCodeIsItsFirstObject) {
    MeterConfig meter = p1_meter();
    meter.obis_all = true;
    start(meter);
    EXPECT_EQ(take(telegram_of("", {energy, {"1-0:1.8.1", "1", "kWh", 1.0, ""}}), p1_info("S1")),
              "gridbridge/p/meter/S1/obis/1-0:1.8.1 {\"value\":51.775,\"unit\":\"kWh\",\"time\":null}\n");
}

TEST_F(TelegramTopicsTest, AllHasABoundThatIsSaidOnce) {
    MeterConfig meter = p1_meter();
    meter.obis_all = true;
    start(meter);
    std::vector<ObisValue> values;
    for (int i = 0; i < 70; ++i) {
        values.push_back({"1-0:1.8." + std::to_string(100 + i), "1", "kWh", 1.0, ""});
    }
    const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    EXPECT_EQ(lines(take(telegram_of("", values), p1_info("S1"))), 64);
    values.erase(values.begin());
    EXPECT_EQ(lines(take(telegram_of("", values))), 64) << "nobody takes the place of one that was there";
    const std::string said = book_.text();
    EXPECT_THAT(said, HasSubstr("sends 6 OBIS codes more than the 64"));
    EXPECT_EQ(said.find("OBIS codes more"), said.rfind("OBIS codes more"));
}

TEST_F(TelegramTopicsTest, NullWhileALongReadoutIsOnItsWay) {
    MeterConfig meter = p1_meter();
    meter.obis = {"1-0:1.8.1"};
    start(meter);
    take(telegram_of("/t", {energy}), p1_info("S1"));
    now_ += 36s;
    MeterUpdate bytes = update_of({0, 0}, {}, {});
    bytes.counters.emplace().heard = now_;
    Messages out;
    bridge_->update(bytes, now_, out);
    bridge_->tick(now_, out);
    EXPECT_THAT(as_text(out), HasSubstr(R"(/obis/1-0:1.8.1 {"value":null,"unit":"kWh")"));
    EXPECT_THAT(take(telegram_of("/t", {energy})), HasSubstr(R"({"value":51.775)"));
}

} // namespace
} // namespace gridbridge
