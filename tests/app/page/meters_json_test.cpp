#include "app/page/live_meters.hpp"
#include "app/page/meter_write.hpp"
#include "app/page/meters_json.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const Clock::time_point now = Clock::time_point{} + 1h;

Snapshot view_of(std::vector<Meter> meters) {
    Snapshot view{"1", "c", now - 10s, {true, "mqtt://b:1883"}, std::move(meters)};
    view.connections = {{"GX mqtts://venus:8883", false, "not connected"}};
    return view;
}

Meter grid_meter() {
    Meter meter = live_grid_meter(now);
    meter.config.uri = "cg+tcp://192.0.2.1";
    meter.device_id = "cgwacs_BX0120064003P";
    meter.instance = 30;
    meter.name = "House \"<b>\"\n";
    return meter;
}

TEST(MetersJson, TellsWhoAndWhatAndHowOld) {
    const json all = json::parse(meters_json(view_of({grid_meter()}), "p1", now));
    EXPECT_EQ(all["service"]["status"], "ok");
    EXPECT_EQ(all["service"]["broker"]["connected"], true);
    EXPECT_EQ(all["service"]["connections"][0]["text"], "not connected");
    EXPECT_EQ(all["service"]["uptime_s"], 10);
    const json& meter = all["meters"][0];
    EXPECT_EQ(meter["id"], "1");
    EXPECT_EQ(meter["name"], "House \"<b>\"\n");
    EXPECT_EQ(meter["topic"], "N/p1/grid/30");
    EXPECT_EQ(meter["state"], "live");
    EXPECT_EQ(meter["age_ms"], 250);
    EXPECT_EQ(meter["stale_after_ms"], 5000);
    EXPECT_EQ(meter["values"]["power_l1"], 938.6);
    EXPECT_EQ(meter["values"]["voltage_l1"], 229.9);
    EXPECT_EQ(meter["values"]["energy_forward"], 5276.4);
    EXPECT_FALSE(meter["values"].contains("frequency")) << "unknown is absent, never 0";
    EXPECT_FALSE(meter.contains("position")) << "of inverters only";
}

TEST(MetersJson, WhatIsNotFreshHasNoValues) {
    Meter stale = grid_meter();
    stale.last_good = now - 5001ms;
    Meter lost = grid_meter();
    lost.life = MeterLife::Lost;
    lost.loss_reason = "no answer";
    Meter refused = grid_meter();
    refused.is_refused = true;
    refused.loss_reason = "another source has this serial number";
    const json all = json::parse(meters_json(view_of({stale, lost, refused, Meter()}), "p", now));
    for (const json& meter : all["meters"]) {
        if (meter["state"] != "refused") {
            EXPECT_TRUE(meter["values"].empty()) << meter;
        }
    }
    EXPECT_EQ(all["meters"][0]["state"], "lost");
    EXPECT_EQ(all["meters"][0]["reason"], "no reading within 5 s");
    EXPECT_EQ(all["meters"][1]["reason"], "no answer");
    EXPECT_EQ(all["meters"][2]["state"], "refused");
    EXPECT_EQ(all["meters"][3]["state"], "awaited");
    EXPECT_TRUE(all["meters"][3]["age_ms"].is_null());
    EXPECT_FALSE(all["meters"][3].contains("topic"));
}

TEST(MetersJson, DevicesBehindAMeterHaveIdsOfTheirOwn) {
    Meter meter = grid_meter();
    meter.source = {1, 2};
    EXPECT_EQ(meter_id(meter), "2.2");
    EXPECT_EQ(find_meter(view_of({meter}), ""), nullptr);
    const Snapshot view = view_of({meter});
    EXPECT_EQ(find_meter(view, meter.info.serial), view.meters.data());
}

json data_of(const std::string& event, const std::string& name) {
    const std::string head = "event: " + name + "\ndata: ";
    EXPECT_THAT(event, StartsWith(head));
    EXPECT_THAT(event, EndsWith("\n\n"));
    const std::string data = event.substr(head.size(), event.size() - head.size() - 2);
    EXPECT_EQ(data.find('\n'), std::string::npos) << "a line end would end the data";
    return json::parse(data);
}

TEST(LiveMeters, TellsWhatHasChanged) {
    LiveMeters live("p");
    Meter first = grid_meter();
    Meter second = grid_meter();
    second.source = {1, 0};
    second.info.serial = "B";
    json news = data_of(live.changes(view_of({first, second}), now), "changes");
    EXPECT_EQ(news["meters"].size(), 2U);
    EXPECT_EQ(news["service"]["portal_id"], "p");
    news = data_of(live.changes(view_of({first, second}), now), "changes");
    EXPECT_TRUE(news.empty()) << news;
    second.reading.set(Quantity::PowerL1, 1.0);
    news = data_of(live.changes(view_of({first, second}), now), "changes");
    ASSERT_EQ(news["meters"].size(), 1U);
    EXPECT_EQ(news["meters"][0]["values"]["power_l1"], 1.0);
    second.last_good += 100ms; // the same values, measured anew: the age begins anew
    EXPECT_EQ(data_of(live.changes(view_of({first, second}), now), "changes")["meters"].size(), 1U);
    news = data_of(live.changes(view_of({first}), now), "changes");
    EXPECT_EQ(news["gone"], json::array({"2"}));
    EXPECT_TRUE(data_of(live.changes(view_of({first}), now), "changes").empty());
}

TEST(LiveMeters, ALossIsNewsAndTheUptimeIsNot) {
    LiveMeters live("p");
    Snapshot view = view_of({grid_meter()});
    data_of(live.changes(view, now), "changes");
    EXPECT_TRUE(data_of(live.changes(view, now + 1s), "changes").empty());
    const json news = data_of(live.changes(view, now + 6s), "changes"); // stale
    EXPECT_EQ(news["meters"][0]["state"], "lost");
    EXPECT_EQ(news["service"]["status"], "down");
    EXPECT_EQ(news["service"]["uptime_s"], 16);
    EXPECT_EQ(data_of(live.all(view, now), "all")["meters"][0]["state"], "live");
    EXPECT_EQ(data_of(LiveMeters::stuck("it is stuck"), "changes")["service"]["problems"][0], "it is stuck");
}

TEST(LiveMeters, AFindingIsNewsOnce) {
    LiveMeters live("p");
    Snapshot view = view_of({grid_meter()});
    EXPECT_EQ(data_of(live.changes(view, now), "changes")["service"]["findings"], json::array());
    view.findings = {make_finding(FindingCode::PhaseReversed, "BX0120064003P", "L1 <b>", "-2000 W")};
    view.findings[0].since = now;
    view.wall = {now, 1'800'000'000'000};
    const json found = data_of(live.changes(view, now), "changes")["service"]["findings"][0];
    EXPECT_EQ(found["code"], "phase_reversed");
    EXPECT_EQ(found["since"], "2027-01-15T08:00:00Z");
    EXPECT_TRUE(data_of(live.changes(view, now + 1s), "changes").empty());
    EXPECT_FALSE(data_of(LiveMeters::stuck("it is stuck"), "changes")["service"].contains("findings"))
        << "not known";
}

std::string refusal_of(const Meter& meter, std::string_view body) {
    const auto made = meter_write(meter, "p", body);
    const auto* const reason = std::get_if<std::string>(&made);
    return reason == nullptr ? std::string() : *reason;
}

TEST(MeterWrite, IsWhatAClientWouldWriteOverMqtt) {
    const Meter meter = grid_meter();
    const auto message_of = [&](std::string_view body) {
        return std::get<Message>(meter_write(meter, "p", body));
    };
    const Message name = message_of(R"({"setting":"CustomName","value":"Roof \"<b>"})");
    EXPECT_EQ(name.topic, "W/p/grid/30/CustomName");
    EXPECT_EQ(name.payload, R"({"value":"Roof \"<b>"})");
    EXPECT_FALSE(name.retain);
    const Message instance = message_of(R"({"setting":"ClassAndVrmInstance","value":"grid:40"})");
    EXPECT_EQ(instance.topic, "W/p/settings/0/Settings/Devices/cgwacs_BX0120064003P/ClassAndVrmInstance");
    EXPECT_EQ(message_of(R"({"setting":"Position","value":1})").payload, R"({"value":1})");
}

TEST(MeterWrite, RefusesWhatIsNone) {
    const Meter meter = grid_meter();
    for (const char* body : {"", "[]", "{}", "nonsense", R"({"setting":1,"value":2})",
                             R"({"setting":"Role"})", R"({"value":2})"}) {
        EXPECT_THAT(refusal_of(meter, body), HasSubstr("the body must be")) << body;
    }
    EXPECT_THAT(refusal_of(meter, R"({"setting":"../../x","value":2})"),
                HasSubstr("there are CustomName, Role"));
    EXPECT_THAT(refusal_of(meter, R"({"setting":"Role","value":")" + std::string(5000, 'x') + "\"}"),
                HasSubstr("the body must be"));
    EXPECT_THAT(refusal_of(Meter(), R"({"setting":"Role","value":"grid"})"),
                HasSubstr("has not answered yet"));
}

TEST(MeterWrite, IsSeenOnceItIsThere) {
    Meter meter = grid_meter();
    EXPECT_FALSE(shows_written(meter, R"({"setting":"Role","value":"pvinverter"})"));
    EXPECT_FALSE(shows_written(meter, R"({"setting":"ClassAndVrmInstance","value":"pvinverter:40"})"));
    meter.role = "pvinverter";
    meter.instance = 40;
    meter.position = 2;
    meter.name = "n";
    for (const char* body : {R"({"setting":"Role","value":"pvinverter"})",
                             R"({"setting":"ClassAndVrmInstance","value":"pvinverter:40"})",
                             R"({"setting":"Position","value":2})", R"({"setting":"CustomName","value":"n"})",
                             R"({"setting":"ConfirmCounters","value":1})"}) {
        EXPECT_TRUE(shows_written(meter, body)) << body;
    }
    EXPECT_FALSE(shows_written(meter, "{}"));
}

} // namespace
} // namespace gridbridge
