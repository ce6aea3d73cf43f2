// The demand of Belgian captures against what the meter itself reckons. The data is not part of the project.
#include "drivers/demand/demand.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/time_stamp.hpp"
#include "drivers/stream/p1/p1.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;
constexpr double quarter_hours = 0.25;

fs::path corpus() {
    const char* const place = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe)
    return place != nullptr ? fs::path(place) : fs::path(GRIDBRIDGE_DEFAULT_CORPUS);
}

// Readings of a capture that has the meter's own demand, received when they were stamped.
std::vector<Reading> readings_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file),
                                          std::istreambuf_iterator<char>()};
    std::vector<Reading> readings;
    P1Decoder decoder([&](const Telegram& telegram, std::span<const std::uint8_t>) {
        Reading reading = to_reading(telegram);
        for (const ObisObject& object : telegram.objects) {
            if (object.code != Obis{0, 0, 1, 0, 0}) {
                continue;
            }
            if (const auto time = parse_time_stamp(object.text)) {
                reading.received = Clock::time_point(standard_time(*time).time_since_epoch());
            }
        }
        if (reading.has(Quantity::PowerDemand) && reading.meter_second) {
            readings.push_back(reading);
        }
    });
    decoder.feed(bytes);
    return readings;
}

struct Compared {
    int own = 0, peaks = 0; // equal to what the meter says
    int ours = 0;           // by our own reckoning over a boundary
    bool any() const { return own + peaks + ours > 0; }
};

void compare(const Reading& meters, Demand& published, Demand& ours, Compared& compared) {
    constexpr double resolution = 1;              // W of 1-0:1.4.0 and 1-0:1.6.0
    constexpr double counter = 1 / quarter_hours; // W that the 1 Wh of the counters make
    Reading reading = meters;
    published.apply(reading, std::nullopt);
    const double watts = *meters.get(Quantity::PowerDemand);
    ASSERT_TRUE(reading.has(Quantity::PowerDemand));
    EXPECT_NEAR(*reading.get(Quantity::PowerDemand), watts, resolution);
    EXPECT_NEAR(*reading.get(Quantity::DemandEnergy) * 1000, watts * quarter_hours,
                resolution * quarter_hours);
    ++compared.own;
    if (const auto peak = meters.get(Quantity::PowerDemandMax)) {
        ASSERT_TRUE(reading.has(Quantity::DemandMonthPeak));
        EXPECT_NEAR(*reading.get(Quantity::DemandMonthPeak), *peak, resolution);
        ++compared.peaks;
    }
    reading = meters;
    ours.apply(reading, std::nullopt);
    if (const auto reckoned = reading.get(Quantity::PowerDemand)) {
        EXPECT_NEAR(*reckoned, watts, resolution + 2 * counter);
        ++compared.ours;
    }
}

TEST(BelgianCorpus, TheDemandIsWhatTheMeterReckons) {
    int captures = 0, compared_captures = 0;
    Compared all;
    for (const char* const folder : {"p1", "field"}) {
        if (!fs::exists(corpus() / folder)) {
            GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
        }
        for (const auto& entry : fs::directory_iterator(corpus() / folder)) {
            const std::string name = entry.path().filename();
            if (name.find("expected") != std::string::npos || entry.path().extension() == ".md") {
                continue;
            }
            const auto readings = readings_of(entry.path());
            captures += readings.empty() ? 0 : 1;
            DemandOptions options;
            options.meter_reckons = true;
            Demand published(options);
            Demand ours({});
            Compared compared;
            for (const Reading& reading : readings) {
                SCOPED_TRACE(name);
                compare(reading, published, ours, compared);
            }
            compared_captures += compared.any() ? 1 : 0;
            all = {all.own + compared.own, all.peaks + compared.peaks, all.ours + compared.ours};
        }
    }
    std::printf(
        "%d captures with a demand, %d compared: %d values of 1-0:1.4.0, %d of 1-0:1.6.0, %d reckoned "
        "over the begin of a quarter\n",
        captures, compared_captures, all.own, all.peaks, all.ours);
    EXPECT_GT(captures, 0);
    EXPECT_EQ(compared_captures, captures);
}

// The one capture whose load was steady since the quarter began: 1.4.0 is the energy over the whole quarter.
TEST(BelgianCorpus, TheMeterReckonsOverTheWholeQuarter) {
    const fs::path file = corpus() / "p1" / "be-fluvius-1ph.txt";
    if (!fs::exists(file)) {
        GTEST_SKIP() << "SKIPPED: no " << file << ": set GRIDBRIDGE_CORPUS";
    }
    const auto readings = readings_of(file);
    ASSERT_EQ(readings.size(), 1U);
    const Reading& last = readings.front();
    const int elapsed = *last.meter_second % 900;
    Demand demand({});
    Reading reading;
    for (int second = -1; second <= elapsed; ++second) {
        reading = {};
        reading.received = last.received + std::chrono::seconds(second - elapsed);
        reading.meter_second = static_cast<std::int16_t>(*last.meter_second + second - elapsed);
        reading.set(Quantity::Power, last.get(Quantity::Power));
        demand.apply(reading, std::nullopt);
    }
    EXPECT_NEAR(*reading.get(Quantity::PowerDemand), *last.get(Quantity::PowerDemand), 1);
}

} // namespace
} // namespace gridbridge
