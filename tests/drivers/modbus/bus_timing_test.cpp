// A line as slow as a real one: how much of it is used, and who waits for whom. Times are printed and only
// coarsely asserted: a busy machine is no defect of the driver. Exact schedules: meter_poll_test.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <iomanip>
#include <tuple>

#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr int baud = 9600;

SlaveOptions paced(std::vector<ModbusImage> images, std::chrono::milliseconds turnaround) {
    SlaveOptions options = slave_options(Line::Pty, std::move(images));
    options.pace_baud = baud;
    options.turnaround = turnaround;
    return options;
}

MeterConfig paced_meter(const TestSlave& slave, std::chrono::milliseconds interval) {
    MeterConfig meter = meter_on(slave, Line::Pty);
    meter.baud = baud;
    meter.interval = interval;
    return meter;
}

// Request, gap, answer, gap.
Seconds limit_of_bus(int words, std::chrono::milliseconds turnaround) {
    return Seconds((8 + 3.5 + 5 + 2.0 * words + 3.5) * 10 / baud) + turnaround;
}

// The longest time between two reads of an address.
Seconds longest_gap(const std::vector<TestSlave::Arrival>& arrivals, int address) {
    Seconds longest{};
    const TestSlave::Arrival* last = nullptr;
    for (const TestSlave::Arrival& read : arrivals) {
        if (read.address <= address && address < read.address + read.words) {
            longest = last == nullptr ? longest : std::max<Seconds>(longest, read.at - last->at);
            last = &read;
        }
    }
    return longest;
}

Seconds longest_gap_of_all(const std::vector<TestSlave::Arrival>& arrivals) {
    Seconds longest{};
    for (const TestSlave::Arrival& read : arrivals) {
        longest = std::max(longest, longest_gap(arrivals, read.address));
    }
    return longest;
}

using PacedCase = std::tuple<const char*, int>; // image, turnaround in ms

class PacedBus : public testing::TestWithParam<PacedCase> {};

TEST_P(PacedBus, IsUsedUpToItsLimit) {
    const auto [name, milliseconds] = GetParam();
    const auto turnaround = std::chrono::milliseconds(milliseconds);
    TestSlave slave(paced({*built_in_image(name)}, turnaround));
    MeterConfig meter = paced_meter(slave, 0ms);
    meter.model = std::string_view(name) == "em580" ? name : "";
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(1));
    const std::size_t begin = slave.requests();
    const auto until = Clock::now() + 8000ms;
    ASSERT_TRUE(driver.until([&] { return Clock::now() > until; }));
    auto arrivals = slave.arrivals();
    ASSERT_GT(arrivals.size(), begin + 10);
    arrivals.erase(arrivals.begin(), arrivals.begin() + static_cast<std::ptrdiff_t>(begin));
    Seconds limit{};
    for (std::size_t i = 0; i + 1 < arrivals.size(); ++i) {
        limit += limit_of_bus(arrivals[i].words, turnaround);
    }
    const Seconds taken = arrivals.back().at - arrivals.front().at;
    const bool single_phase = std::string_view(name) == "et112";
    const double readings = static_cast<double>(driver.seen().readings - 1);
    std::cout << "[ MEASURE  ] " << name << " at " << baud << " Bd, " << milliseconds
              << " ms turnaround: " << std::setprecision(3) << 100 * limit / taken << " % of the bus, "
              << 8000 / readings << " ms per reading, power at most "
              << 1000 * longest_gap(arrivals, single_phase ? 0x04 : 0x12).count()
              << " ms apart, every value at most " << longest_gap_of_all(arrivals).count() << " s\n";
    EXPECT_GT(limit / taken, 0.5);
    EXPECT_LE(driver.seen().counters.timeouts,
              2U); // a machine under load stands still for longer than a time-out
}

INSTANTIATE_TEST_SUITE_P(Models, PacedBus,
                         testing::Combine(testing::Values("em24", "et112", "et340", "em340_s27", "em540",
                                                          "em580"),
                                          testing::Values(20, 40)),
                         [](const auto& tested) {
                             return std::string(std::get<0>(tested.param)) + "_" +
                                    std::to_string(std::get<1>(tested.param)) + "ms";
                         });

// What the bus was away for, and when the driver noticed: both sides of the outage.
struct Outage {
    Clock::time_point begin;
    Clock::time_point end;
};

void measure(TestDriver& driver, const char* what, const Outage& outage, Clock::time_point lost) {
    const std::size_t before = driver.seen().readings;
    ASSERT_TRUE(driver.until_readings(before + 1));
    const Seconds noticed = lost - outage.begin;
    const Seconds back = driver.seen().reading->received - outage.end;
    std::cout << "[ MEASURE  ] " << what << ": lost after " << noticed.count() << " s, read again "
              << back.count() << " s after its end\n";
    EXPECT_LT(noticed.count(), 5 + 1.5) << "the stale time of the grid, and a pause and an attempt after it";
    EXPECT_LT(back.count(), 2 + 3)
        << "2 s between attempts where no meter is present, set-up, a whole reading";
    EXPECT_EQ(driver.seen().counters.reconnects, 1U) << driver.log();
}

TEST(PacedOutage, TenSecondsOfSilence) {
    SlaveOptions options = paced({*built_in_image("em24")}, 20ms);
    ASSERT_EQ(parse_fault("silence=10@3", options.faults), "");
    const auto start = Clock::now();
    TestSlave slave(std::move(options));
    TestDriver driver({paced_meter(slave, 250ms)});
    ASSERT_TRUE(driver.until([&] { return !driver.seen().losses.empty(); }));
    const auto lost = Clock::now();
    EXPECT_GT(driver.seen().readings, 3U);
    measure(driver, "10 s of silence", {start + 3s, start + 13s}, lost);
}

TEST(PacedOutage, ThreeSecondsUnplugged) {
    const std::string link = testing::TempDir() + "gridbridge_paced_" + std::to_string(::getpid());
    SlaveOptions options = paced({*built_in_image("em24")}, 20ms);
    options.listen.path = link;
    auto slave = std::make_unique<TestSlave>(options);
    TestDriver driver({paced_meter(*slave, 250ms)});
    ASSERT_TRUE(driver.until_readings(5));
    slave->stop();
    slave.reset();
    const auto begin = Clock::now();
    ASSERT_TRUE(driver.until([&] { return !driver.seen().losses.empty(); }));
    const auto lost = Clock::now();
    std::this_thread::sleep_until(begin + 3s); // the outage itself
    slave = std::make_unique<TestSlave>(options);
    measure(driver, "3 s unplugged", {begin, Clock::now()}, lost);
}

TEST(SharedBus, ThreeDeadUnitsCostTheFiveOthersOnlyTheirAttempts) {
    constexpr std::uint16_t live = 5;
    constexpr std::uint16_t units = 8;
    std::vector<ModbusImage> images(live, *built_in_image("et112"));
    for (std::uint16_t i = 0; i < live; ++i) {
        images[i].unit = i + 1;
    }
    TestSlave slave(paced(images, 20ms));
    std::vector<MeterConfig> meters(units, paced_meter(slave, 1000ms));
    for (std::uint16_t i = 0; i < units; ++i) {
        meters[i].unit = (i * 5) % units + 1; // the dead ones between the others
    }
    TestDriver driver(meters);
    const auto begin = Clock::now();
    ASSERT_TRUE(driver.until([&] { return Clock::now() > begin + 14s; }));
    for (std::uint16_t i = 0; i < units; ++i) {
        const auto& seen = driver.seen(i);
        if (*meters[i].unit > live) {
            EXPECT_EQ(seen.readings, 0U);
            EXPECT_TRUE(seen.lost.has_value());
            EXPECT_LE(seen.counters.timeouts, 5U) << "0, 1, 3, 8 s";
            continue;
        }
        Seconds longest{};
        for (std::size_t k = 1; k < seen.all.size(); ++k) {
            longest = std::max<Seconds>(longest, seen.all[k].received - seen.all[k - 1].received);
        }
        const Seconds first = seen.all.empty() ? 14s : Seconds(seen.all.front().received - begin);
        std::cout << "[ MEASURE  ] unit " << *meters[i].unit << ": first reading after " << first.count()
                  << " s, then " << seen.readings - 1 << " in " << 14 - first.count()
                  << " s at 1 s interval, at most " << longest.count() << " s apart\n";
        EXPECT_LT(first.count(), 8) << "eight identifications, some after a lost answer";
        EXPECT_TRUE(seen.losses.empty()) << driver.log();
        EXPECT_GE(static_cast<double>(seen.readings), 0.8 * (14 - first.count()) - 1) << driver.log();
        EXPECT_LT(longest.count(), 2.6) << "interval, attempts of 0.5 s, four other meters";
    }
}

} // namespace
} // namespace gridbridge
