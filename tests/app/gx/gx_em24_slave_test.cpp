#include "app/gx/em24_slave.hpp"

#include "app/gx/em24_feed.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;
using Pdu = std::vector<std::uint8_t>;

const Clock::time_point start{1000s};

Reading reading_of(int phases, Clock::time_point received = start) {
    Reading reading;
    reading.received = received;
    reading.set(Power, 300.0 * phases);
    for (int phase = 1; phase <= phases; ++phase) {
        reading.set(of_phase(Power, phase), 300.0);
        reading.set(of_phase(Voltage, phase), 6553.6); // 0x00010000: both words count
    }
    reading.set(VoltageL3L1, 0x12345 / 10.0); // its high word is where the code is
    return reading;
}

class Slave : public testing::Test {
  protected:
    Slave() { slave.take("BX 12-3", reading_of(3), 1500ms, start); }

    Pdu read(std::uint16_t first, std::uint16_t count, std::uint8_t function = 3) {
        return ask({function, high(first), low(first), high(count), low(count)});
    }
    Pdu write(std::uint16_t address, std::uint16_t value) {
        return ask({6, high(address), low(address), high(value), low(value)});
    }
    Pdu ask(const Pdu& pdu, int unit = 1) { return slave.answer(unit, pdu, now); }
    static std::uint8_t high(unsigned word) { return static_cast<std::uint8_t>(word >> 8); }
    static std::uint8_t low(unsigned word) { return static_cast<std::uint8_t>(word & 0xFF); }
    static Pdu exception(std::uint8_t code, std::uint8_t function = 3) {
        return {static_cast<std::uint8_t>(function | 0x80), code};
    }

    Em24Slave slave{"1.2.3"};
    Clock::time_point now = start;
};

TEST_F(Slave, TheCodeIsAOneWordRead) {
    EXPECT_EQ(read(0x000B, 1), (Pdu{3, 2, 0x06, 0x70}));
    EXPECT_EQ(read(0x000B, 1, 4), (Pdu{4, 2, 0x06, 0x70}));
    EXPECT_EQ(read(0x000A, 2), (Pdu{3, 4, 0x23, 0x45, 0x00, 0x01})) << "inside a block it is data";
    EXPECT_EQ(read(0x000B, 2), (Pdu{3, 4, 0x00, 0x01, 0x00, 0x00}));
    EXPECT_EQ(read(0x0000, 80).size(), 162U);
    EXPECT_EQ(read(0x004F, 1), (Pdu{3, 2, 0, 0}));
}

TEST_F(Slave, WhatIsThereAndWhatIsNot) {
    EXPECT_EQ(read(0x0302, 1), (Pdu{3, 2, 0x12, 0x03}));
    EXPECT_EQ(read(0x0304, 1), (Pdu{3, 2, 0x12, 0x03}));
    EXPECT_EQ(read(0x1002, 1), (Pdu{3, 2, 0, 0})) << "3P.n";
    EXPECT_EQ(read(0x5000, 7), (Pdu{3, 14, 'B', 'X', '1', '2', '3', 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(read(0x5001, 2), (Pdu{3, 4, '1', '2', '3', 0}));
    EXPECT_EQ(read(0xA000, 1), (Pdu{3, 2, 0, 7}));
    EXPECT_EQ(read(0xA100, 1), (Pdu{3, 2, 0, 3}));
    for (const auto& [first, count] :
         std::initializer_list<std::pair<std::uint16_t, std::uint16_t>>{{0x8960, 2},
                                                                        {0x0050, 1},
                                                                        {0x0000, 81},
                                                                        {0x004F, 2},
                                                                        {0x0302, 2},
                                                                        {0x0303, 1},
                                                                        {0x5000, 8},
                                                                        {0x5007, 1},
                                                                        {0xA000, 2},
                                                                        {0x051B, 16},
                                                                        {0xFFFF, 2}}) {
        EXPECT_EQ(read(first, count), exception(2)) << first;
    }
    EXPECT_EQ(read(0x0000, 0), exception(3));
    EXPECT_EQ(read(0x0000, 126), exception(3));
    EXPECT_EQ(read(0x000B, 0), exception(3));
}

TEST_F(Slave, FunctionsUnitsAndLengths) {
    EXPECT_EQ(ask({8, 0, 0, 0xAB, 0xCD}), (Pdu{8, 0, 0, 0xAB, 0xCD}));
    EXPECT_EQ(ask({8, 0, 1, 0, 0}), exception(1, 8));
    EXPECT_EQ(ask({16, 0xA0, 0, 0, 1, 2, 0, 7}), exception(1, 16)) << "the meter documents function 6 only";
    EXPECT_EQ(ask({0x2B, 14, 1, 0}), exception(1, 0x2B));
    EXPECT_EQ(ask({3, 0, 0, 0}), exception(3));
    EXPECT_EQ(ask({6, 0xA0, 0, 0, 7, 0}), exception(3, 6));
    EXPECT_EQ(ask({3, 0, 0x0B, 0, 1}, 2), exception(11));
    EXPECT_EQ(ask({3, 0, 0x0B, 0, 1}, 0), exception(11));
}

TEST_F(Slave, WritesAreKeptWithinTheirRange) {
    EXPECT_EQ(write(0xA000, 5), (Pdu{6, 0xA0, 0, 0, 5}));
    EXPECT_EQ(read(0xA000, 1), (Pdu{3, 2, 0, 5}));
    EXPECT_EQ(write(0xA000, 8), exception(3, 6));
    EXPECT_EQ(write(0x1002, 5), exception(3, 6));
    EXPECT_EQ(write(0xA100, 0), exception(2, 6));
    EXPECT_EQ(write(0x0000, 0), exception(2, 6));
    EXPECT_EQ(write(0x8960, 0), exception(2, 6));
    EXPECT_EQ(read(0x0012, 6), (Pdu{3, 12, 0x0B, 0xB8, 0, 0, 0x0B, 0xB8, 0, 0, 0x0B, 0xB8, 0, 0}));
    EXPECT_EQ(write(0x1002, 3), (Pdu{6, 0x10, 0x02, 0, 3}));
    EXPECT_EQ(read(0x1002, 1), (Pdu{3, 2, 0, 3}));
    EXPECT_EQ(read(0x0012, 6), (Pdu{3, 12, 0x23, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
        << "the total, at once";
    slave.take("BX 12-3", reading_of(3, now), 1500ms, now);
    EXPECT_EQ(read(0x1002, 1), (Pdu{3, 2, 0, 3})) << "kept";
}

TEST_F(Slave, OldNumbersAreNeverServed) {
    now = start + 1500ms;
    EXPECT_EQ(read(0x0000, 80).size(), 162U);
    now = start + 1501ms;
    EXPECT_EQ(read(0x0000, 80), exception(11));
    EXPECT_EQ(read(0x0034, 2), exception(11));
    slave.take("BX 12-3", reading_of(3, now), 1500ms, now);
    EXPECT_EQ(read(0x0000, 80).size(), 162U) << "back at once";
    slave.lose();
    EXPECT_EQ(read(0x0000, 80), exception(11));
    EXPECT_EQ(write(0x1002, 1), (Pdu{6, 0x10, 0x02, 0, 1}));
    EXPECT_EQ(read(0x0000, 80), exception(11)) << "a write does not bring them back";
}

// A GX that finds a meter by its registers shows it, without values, and gives it up 5 s later, again and
// again.
TEST_F(Slave, AMeterWithoutFreshValuesIsNotFound) {
    const auto finds_it = [&] {
        bool any = false;
        for (const auto& [first, count] : std::initializer_list<std::pair<std::uint16_t, std::uint16_t>>{
                 {0x000B, 1}, {0xA000, 1}, {0x0302, 1}, {0x0304, 1}, {0x1002, 1}, {0x5000, 7}, {0xA100, 1}}) {
            any = any || read(first, count) != exception(11);
            any = any || read(first, count, 4) != exception(11, 4);
        }
        return any;
    };
    EXPECT_TRUE(finds_it());
    now = start + 1501ms;
    EXPECT_FALSE(finds_it()) << "too old";
    EXPECT_EQ(read(0x8960, 2), exception(2)) << "another maker's";
    slave.take("BX 12-3", reading_of(3, now), 1500ms, now);
    EXPECT_TRUE(finds_it());
    slave.lose();
    EXPECT_FALSE(finds_it()) << "lost";
    slave = Em24Slave("1.2.3");
    EXPECT_FALSE(finds_it()) << "before the first reading";
    EXPECT_EQ(read(0x0000, 80), exception(11));
    EXPECT_EQ(read(0x8960, 2), exception(2));
    slave.take("s1", reading_of(3, now), 1500ms, now);
    slave.take("s2", reading_of(3, now), 1500ms, now);
    EXPECT_FALSE(finds_it()) << "another meter, of which a GX must first forget this one";
}

TEST_F(Slave, PhaseConfigurationByTheSource) {
    const auto config = [&](int phases) {
        slave = Em24Slave("");
        slave.take("s1", reading_of(phases), 1500ms, start);
        return read(0x1002, 1).back();
    };
    EXPECT_EQ(config(0), 3) << "a total only";
    EXPECT_EQ(config(1), 3);
    EXPECT_EQ(config(2), 2);
    EXPECT_EQ(config(3), 0);
    slave = Em24Slave("");
    Reading locked; // an SML meter before its PIN
    locked.received = start;
    locked.set(EnergyForward, 1.0);
    slave.take("s1", locked, 1500ms, start);
    EXPECT_EQ(read(0x1002, 1), exception(11));
    Reading open = reading_of(3);
    open.set(EnergyForward, 1.0);
    slave.take("s1", open, 1500ms, start);
    EXPECT_EQ(read(0x1002, 1), (Pdu{3, 2, 0, 0}));
}

TEST_F(Slave, AnotherMeterIsServedAfterTheGxHasNoticed) {
    slave.take("other", reading_of(1), 20s, start);
    EXPECT_EQ(read(0x0000, 80), exception(11));
    now = start + Em24Slave::change_pause;
    EXPECT_EQ(read(0x5000, 3), (Pdu{3, 6, 'o', 't', 'h', 'e', 'r', 0}));
    EXPECT_EQ(read(0x1002, 1), (Pdu{3, 2, 0, 3}));
    EXPECT_EQ(read(0x0000, 80).size(), 162U);
}

TEST(GoodFor, OneOrTwoMissedReadingsAndNeverBeyondStale) {
    Meter meter;
    meter.role = "grid";
    EXPECT_EQ(good_for(meter, std::nullopt), 1500ms) << "read every 250 ms";
    meter.config.interval = 1000ms;
    EXPECT_EQ(good_for(meter, std::nullopt), 2500ms);
    meter.config.stale_after = 2000ms;
    EXPECT_EQ(good_for(meter, std::nullopt), 2000ms);
    meter = Meter();
    meter.config.driver = DriverKind::P1;
    EXPECT_EQ(good_for(meter, std::nullopt), 1500ms) << "its pace is not known yet";
    EXPECT_EQ(good_for(meter, 10s), 25s);
    EXPECT_EQ(good_for(meter, 100ms), 1500ms) << "too fast to be measured";
    EXPECT_EQ(good_for(meter, 100s), 35s);
    for (int i = 0; i < 4; ++i) {
        meter.pace.arrived(start + i * 10s);
    }
    EXPECT_EQ(good_for(meter, 20s), 25s) << "one telegram was lost";
}

// The service has started anew: the image knows of no energy from before, the settings do.
TEST(Em24Feed, ACounterThatIsUnknownFromTheStartStandsStill) {
    Em24Feed feed({}, "1.0.0");
    Meter meter;
    meter.config.role = "grid";
    meter.life = MeterLife::Live;
    meter.info.serial = "BX 12-3";
    meter.reading = reading_of(3);
    meter.standing = {{EnergyForward, 999999.0}};
    Messages out;
    feed.added(meter);
    feed.reading(meter, start, out);
    const Pdu energy = feed.answer(1, Pdu{3, 0, 0x34, 0, 2}, start);
    EXPECT_EQ(energy, (Pdu{3, 4, 0x96, 0x76, 0x00, 0x98})) << "9999990 x 0.1 kWh, low word first";
}

} // namespace
} // namespace gridbridge
