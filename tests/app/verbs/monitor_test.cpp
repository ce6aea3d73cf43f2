#include "app/config/config.hpp"
#include "app/verbs/init_config.hpp"
#include "app/verbs/monitor_view.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Clock::time_point now = Clock::time_point{} + 1h;

Meter live_meter() {
    Meter meter = live_grid_meter(now);
    meter.counters.timeouts = 2;
    meter.counters.round_trip = 12345us;
    return meter;
}

TEST(MonitorView, ColumnsAreAlignedAndUnknownIsADash) {
    std::vector<Meter> meters{live_meter(), Meter()};
    meters[1].config.uri = "p1+tcp://192.0.2.1:1";
    meters[1].loss_reason = "no answer";
    EXPECT_EQ(
        monitor_table(meters, now),
        "METER                 ROLE  STATE         W   L1 W     L2 W   L3 W   L1 V  L2 V  L3 V  IMPORT kWh  "
        "EXPORT kWh  AGE s  LATENCY ms  ERRORS\n"
        "BX0120064003P         grid  live     -629.0  938.6  -1780.3  212.7  229.9     -     -      5276.4  "
        "    8742.1    0.3        12.3       2\n"
        "p1+tcp://192.0.2.1:1  -     awaited       -      -        -      -      -     -     -           -  "
        "         -      -           -       0\n"
        "p1+tcp://192.0.2.1:1: no answer\n");
}

TEST(MonitorView, VolumeIsShownWhereAMeterHasIt) {
    std::vector<Meter> meters{live_meter(), Meter()};
    EXPECT_THAT(monitor_table(meters, now), Not(HasSubstr("m3")));
    meters[1].reading.set(Quantity::Volume, 1234.5678);
    const std::string table = monitor_table(meters, now);
    EXPECT_THAT(table, HasSubstr("EXPORT kWh  GAS, WATER m3  AGE s"));
    EXPECT_THAT(table, HasSubstr("    8742.1              -    0.3"));
    EXPECT_THAT(table, HasSubstr("         -       1234.568      -"));
    EXPECT_THAT(monitor_line(meters[1], now), HasSubstr(" volume=1234.568 "));
}

TEST(MonitorView, NamesAreKnownBeforeTheMeterAndCountedInCharacters) {
    std::vector<Meter> meters{Meter(), Meter()};
    meters[0].config.name = "Zähler";
    meters[1].config.name = "Zaehler";
    const std::string table = monitor_table(meters, now);
    EXPECT_THAT(table, HasSubstr("\nZähler   -     awaited  "));
    EXPECT_THAT(table, HasSubstr("\nZaehler  -     awaited  "));
    EXPECT_EQ(clipped("Zähler 1", 6), "Zähler");
    EXPECT_EQ(clipped("Zähler", 80), "Zähler");
    EXPECT_EQ(clipped("Zä", 1), "Z");
}

TEST(MonitorView, LineAndJson) {
    Meter meter = live_meter();
    meter.name = "Haus \"A\"";
    EXPECT_THAT(monitor_line(meter, now),
                HasSubstr("meter=\"Haus \\\"A\\\"\" role=grid state=live power=-629.0 "));
    EXPECT_THAT(monitor_json(meter, now),
                HasSubstr(R"("state":"live","age_ms":250,"round_trip_us":12345,"errors":2,"venus":{)"));
    EXPECT_THAT(monitor_json(meter, now), HasSubstr(R"("Ac/Power":-629.0)"));
    meter.reading = Reading();
    EXPECT_THAT(monitor_json(meter, now), HasSubstr(R"("Ac/Power":null)"));
}

TEST(MonitorView, NothingFromTheWireMovesTheCursor) {
    Meter meter = live_meter();
    meter.info.serial = "\x1b[2JX";
    const std::vector<Meter> meters{meter};
    EXPECT_THAT(monitor_table(meters, now), Not(HasSubstr("\x1b")));
    EXPECT_THAT(monitor_line(meter, now), Not(HasSubstr("\x1b")));
}

std::string without_comments(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        std::string line = text.substr(at, end - at);
        if (line.starts_with("#") && !line.starts_with("# ")) {
            line.erase(0, 1);
        }
        result += line + "\n";
        at = end + 1;
    }
    return result;
}

TEST(InitConfig, NamesEveryKeyAndIsValidWithAndWithoutComments) {
    const std::string text = commented_config({});
    Findings findings;
    Config as_it_is;
    apply_file(as_it_is, text, "f", findings);
    Config taken;
    apply_file(taken, without_comments(text), "f", findings);
    EXPECT_THAT(findings.errors, IsEmpty()) << (findings.errors.empty() ? "" : findings.errors[0].text);
    EXPECT_EQ(taken.meters.size(), 1U);
    taken.meters.clear();
    taken.gx = GxConfig(); // shown as an example, not as default
    EXPECT_EQ(taken.sinks.size(), 1U);
    taken.sinks.clear();
    EXPECT_EQ(show_config(taken), show_config(Config())) << "what is shown as default is the default";
    for (const ConfigKey& key : config_keys()) {
        EXPECT_THAT(text, HasSubstr("#" + std::string(key.name) + " = ")) << key.section;
    }
}

TEST(InitConfig, ShowsEachPort) {
    const std::vector<FoundPort> ports{
        {"/dev/serial/by-id/usb-FTDI_A", "/dev/ttyUSB0", "USB, ftdi_sio", "cat (process 7)"}};
    const std::string text = commented_config(ports);
    EXPECT_THAT(text, HasSubstr("# /dev/serial/by-id/usb-FTDI_A is now /dev/ttyUSB0 (USB, ftdi_sio); in use "
                                "by cat (process 7)\n"));
    EXPECT_THAT(text, HasSubstr("#uri = \"cg+rtu:///dev/serial/by-id/usb-FTDI_A\"\n"));
}

} // namespace
} // namespace gridbridge
