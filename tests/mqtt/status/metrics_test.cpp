#include "mqtt/status/metrics.hpp"
#include "mqtt/status/metrics_table.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const Clock::time_point now = Clock::time_point{} + 1h;

Snapshot view_of_one() {
    Snapshot view{"1.2", "abc", now - 10s, {true, "mqtt://b:1883", 3, 4, 5}, {}};
    Meter meter = live_grid_meter(now);
    meter.counters.good = 7;
    meter.counters.timeouts = 2;
    meter.counters.rejected = 5;
    meter.counters.rejected_by[0] = {"bad checksum", 3};
    meter.counters.round_trips.add(3ms);
    meter.counters.round_trips.add(300ms);
    meter.counters.round_trips.add(20s);
    view.meters = {meter};
    return view;
}

TEST(Metrics, NamesUnitsAndLabels) {
    const Snapshot view = view_of_one();
    const std::string text = metrics_text(&view, now);
    const std::string labels = R"({serial="BX0120064003P",role="grid")";
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_power_watts" + labels + ",phase=\"L2\"} -1780.3\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_power_watts" + labels + "} -629.0\n"));
    EXPECT_THAT(text,
                HasSubstr("\ngridbridge_meter_energy_import_watthours_total" + labels + "} 5276400.0\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_reading_age_seconds" + labels + "} 0.25\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_errors_total" + labels + ",kind=\"timeout\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_errors_total" + labels +
                                ",kind=\"rejected: bad checksum\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_meter_errors_total" + labels + ",kind=\"rejected\"} 2\n"))
        << "those without a reason; no telegram is counted twice";
    EXPECT_THAT(text, HasSubstr("\ngridbridge_mqtt_connected 1\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_mqtt_reconnects_total 3\n"));
    EXPECT_THAT(text, HasSubstr("\ngridbridge_build_info{version=\"1.2\",commit=\"abc\"} 1\n"));
}

TEST(Metrics, HistogramsAreCumulative) {
    const Snapshot view = view_of_one();
    const std::string text = metrics_text(&view, now);
    const std::string bucket =
        R"(gridbridge_meter_poll_seconds_bucket{serial="BX0120064003P",role="grid",le=)";
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.0025\"} 0\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.005\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.2\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"0.5\"} 2\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 3\n"));
    EXPECT_THAT(
        text,
        HasSubstr("gridbridge_meter_poll_seconds_sum{serial=\"BX0120064003P\",role=\"grid\"} 20.303\n"));
    EXPECT_THAT(text, Not(HasSubstr("publish_latency"))) << "nothing measured, nothing said";
}

TEST(Metrics, EachFindingIsOne) {
    Snapshot view = view_of_one();
    EXPECT_THAT(metrics_text(&view, now), Not(HasSubstr("gridbridge_finding")));
    const Finding reversed = make_finding(FindingCode::PhaseReversed, "a\"b", "L1", "");
    view.findings = {reversed, reversed, make_finding(FindingCode::KeepaliveLong, "", "Long", "")};
    EXPECT_THAT(metrics_text(&view, now),
                HasSubstr("# TYPE gridbridge_finding gauge\n"
                          R"(gridbridge_finding{code="phase_reversed",severity="error",meter="a\"b"} 1)"
                          "\n"
                          R"(gridbridge_finding{code="keepalive_long",severity="info",meter=""} 1)"
                          "\n"))
        << "a series is there once";
}

TEST(Metrics, UnknownIsAbsentAndNeverZero) {
    Snapshot view = view_of_one();
    view.meters[0].life = MeterLife::Lost;
    view.meters[0].reading = Reading();
    const std::string text = metrics_text(&view, now);
    EXPECT_THAT(text, Not(HasSubstr("gridbridge_meter_power_watts")));
    EXPECT_THAT(text, HasSubstr(R"(gridbridge_meter_up{serial="BX0120064003P",role="grid"} 0)"));
    EXPECT_EQ(metrics_text(nullptr, now), "# HELP gridbridge_up 1 while the publisher answers\n"
                                          "# TYPE gridbridge_up gauge\ngridbridge_up 0\n");
}

TEST(Metrics, LabelsAreEscaped) {
    EXPECT_EQ(label_text("a\"b\\c\nd\x01"), "a\\\"b\\\\c\\nd ");
    EXPECT_EQ(label_text("\n\n"), "\\n\\n");
    EXPECT_EQ(label_text("x\xff"), "x\xEF\xBF\xBD") << "no UTF-8: replaced";
}

TEST(Metrics, MetersThatCallThemselvesTheSameAreShownOnce) {
    Snapshot view = view_of_one();
    view.meters.push_back(view.meters[0]);
    const std::string text = metrics_text(&view, now);
    const std::string line = "gridbridge_meter_up{";
    EXPECT_EQ(text.find(line), text.rfind(line));
}

// Every quantity, two meters, awkward names: what the maker's own checker says.
TEST(Metrics, PromtoolFindsNothing) {
    if (std::system("command -v promtool >/dev/null") != 0) {
        GTEST_SKIP() << "promtool is not installed (Debian package prometheus): the format is NOT checked";
    }
    Snapshot view = view_of_one();
    for (const QuantityRow& row : quantity_table) {
        view.meters[0].reading.set(row.quantity, 1.5);
    }
    view.meters[0].publish_latencies.add(2ms);
    view.meters.push_back(view.meters[0]);
    view.meters[1].info.serial = "a\"b\\c\nd\xff";
    view.meters.emplace_back(); // never seen
    const std::string path = testing::TempDir() + "gridbridge_metrics.txt";
    std::ofstream(path) << metrics_text(&view, now);
    EXPECT_EQ(std::system(("promtool check metrics < " + path).c_str()), 0) << metrics_text(&view, now);
    std::ofstream(path) << "no metric at all\n";
    EXPECT_NE(std::system(("promtool check metrics < " + path + " 2>/dev/null").c_str()), 0);
}

} // namespace
} // namespace gridbridge
