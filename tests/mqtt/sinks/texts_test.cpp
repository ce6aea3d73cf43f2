#include "mqtt/sinks/fleet_payload.hpp"
#include "mqtt/sinks/line_protocol.hpp"
#include "mqtt/sinks/server_verdict.hpp"
#include "tests/mqtt/readings/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

ToldReading told() {
    ToldReading reading;
    reading.reading.set(Quantity::Power, -320.456);
    reading.reading.set(Quantity::VoltageL1, 230);
    reading.reading.set(Quantity::PhaseSequence, 1);
    reading.reading.received = Clock::time_point(5s);
    reading.given[index_of(Quantity::Power)] = true;
    reading.given[index_of(Quantity::VoltageL1)] = true;
    reading.given[index_of(Quantity::Frequency)] = true; // once, not now
    reading.role = "grid";
    reading.instance = 30;
    reading.live = true;
    return reading;
}

TEST(LineProtocol, HasWhatIsKnown) {
    EXPECT_EQ(line_text(told(), "c0619ab40123", "BX012"),
              "gridbridge,portal=c0619ab40123,role=grid,serial=BX012 "
              "live=true,power=-320.46,voltage_l1=230.0,phase_sequence=1");
}

TEST(LineProtocol, ALostMeterHasNoValues) {
    ToldReading lost = told();
    lost.reading = {};
    lost.live = false;
    EXPECT_EQ(line_text(lost, "p", "S"), "gridbridge,portal=p,role=grid,serial=S live=false");
}

// The rules of "Special characters" in the reference.
TEST(LineProtocol, EscapesTags) {
    EXPECT_EQ(tag_text("a b,c=d\"e"), "a\\ b\\,c\\=d\"e");
    EXPECT_EQ(tag_text("a\\"), "a_") << "it would escape the comma behind it";
    EXPECT_EQ(tag_text("a\nb\tc"), "a_b_c");
    EXPECT_EQ(tag_text("Zähler"), "Zähler");
    ToldReading nameless = told();
    nameless.role.clear();
    EXPECT_THAT(line_text(nameless, "p", "S"), HasSubstr("gridbridge,portal=p,serial=S live"))
        << "none is empty";
}

TEST(LineProtocol, TimesAreNanoseconds) {
    std::string lines;
    append_line(lines, {1, 0, 0, "S", "gridbridge live=true"}, 1'793'000'000'123);
    EXPECT_EQ(lines, "gridbridge live=true 1793000000123000000\n");
}

TEST(FleetReading, IsTheReadingWithItsKey) {
    const QueuedPoint point{12, 0, 0, "S", fleet_members(told(), Clock::time_point(6s))};
    const std::string text = fleet_reading(point, 1'793'000'000'123, "00ff00ff00ff00ff");
    const auto json = nlohmann::json::parse(text);
    EXPECT_EQ(json["run"], "00ff00ff00ff00ff");
    EXPECT_EQ(json["seq"], 12);
    EXPECT_EQ(json["time"], 1'793'000'000'123);
    EXPECT_EQ(json["age_ms"], 1000);
    EXPECT_EQ(json["power"], -320.46);
    EXPECT_TRUE(json["frequency"].is_null());
    // As on `gridbridge/<portal>/meter/<serial>/reading`, but for the run.
    ToldReading same = told();
    same.unix_ms = 1'793'000'000'123;
    same.seq = 12;
    auto without_run = json;
    without_run.erase("run");
    EXPECT_EQ(without_run, nlohmann::json::parse(reading_json(same, Clock::time_point(6s))));
    EXPECT_THAT(schema_faults(json, reading_schema()), IsEmpty());
    EXPECT_EQ(fleet_reading_topic("p", "a/b+c#"), "fleet/p/a_b_c_/reading");
}

TEST(ServerVerdict, SaysWhatHelps) {
    EXPECT_EQ(verdict_of(204), Verdict::Taken);
    EXPECT_EQ(verdict_of(400), Verdict::Bad);
    EXPECT_EQ(verdict_of(401), Verdict::Refused);
    EXPECT_EQ(verdict_of(301), Verdict::Refused) << "no other place is written to";
    EXPECT_EQ(verdict_of(413), Verdict::TooLarge);
    EXPECT_EQ(verdict_of(429), Verdict::Later);
    EXPECT_EQ(verdict_of(500), Verdict::Later);
    EXPECT_THAT(explain_answer(401, ""), HasSubstr("token_file"));
    EXPECT_THAT(explain_answer(404, "{\"error\":\"database not found\"}\n"), HasSubstr("(\x7B\"error"));
    EXPECT_EQ(explain_answer(204, "x"), "");
    EXPECT_LT(explain_answer(400, std::string(100'000, 'x')).size(), 400U);
    EXPECT_EQ(retry_after("120"), 120s);
    EXPECT_EQ(retry_after("86400"), 900s);
    EXPECT_EQ(retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), std::nullopt);
    EXPECT_EQ(retry_after("-1"), std::nullopt);
}

TEST(RetryPause, GrowsToAMinuteAndStartsAnew) {
    RetryPause pause;
    EXPECT_EQ(pause.next(0), 1s);
    EXPECT_EQ(pause.next(1), 2500ms);
    for (int i = 0; i < 100; ++i) {
        EXPECT_LE(pause.next(1), 75s);
    }
    EXPECT_EQ(pause.next(0), 60s);
    pause.reset();
    EXPECT_EQ(pause.next(0), 1s);
}

} // namespace
} // namespace gridbridge
