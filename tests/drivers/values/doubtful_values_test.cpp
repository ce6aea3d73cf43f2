#include "drivers/values/doubtful_values.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

// A meter that sends once a second.
class Stream {
  public:
    explicit Stream(std::optional<int> fuse = {}) : values_(fuse) {}

    std::optional<double> send(Quantity quantity, double value, bool has_checksum = false) {
        now_ += 1s;
        Reading reading;
        reading.received = now_;
        reading.set(quantity, value);
        held_ += values_.apply(reading, has_checksum);
        return reading.get(quantity);
    }
    void pass(Clock::duration time) { now_ += time; }
    std::uint64_t held() const { return held_; }

  private:
    DoubtfulValues values_;
    Clock::time_point now_{1h};
    std::uint64_t held_ = 0;
};

TEST(DoubtfulValues, TheFirstIsAwaitedTwice) {
    Stream stream;
    EXPECT_FALSE(stream.send(EnergyForward, 412345));
    EXPECT_FALSE(stream.send(EnergyForward, 12345)) << "the first one was damaged";
    EXPECT_EQ(stream.send(EnergyForward, 12345), 12345);
    EXPECT_EQ(stream.held(), 2U);
}

// One of 65,536 damaged telegrams has a right CRC, one of 256 a right check character.
TEST(DoubtfulValues, UnderAChecksumOnlyWhatNoLoadAndNoGridDoesIsAwaitedTwice) {
    Stream stream;
    EXPECT_EQ(stream.send(Power, 500, true), 500);
    EXPECT_FALSE(stream.send(Power, 800500, true));
    EXPECT_EQ(stream.send(Power, 500, true), 500);
    EXPECT_FALSE(stream.send(Power, 80000, true));
    EXPECT_EQ(stream.send(Power, 80500, true), 80500);
    EXPECT_EQ(stream.send(VoltageL1, 230, true), 230) << "the first one counts";
    EXPECT_FALSE(stream.send(VoltageL1, 0, true));
    EXPECT_EQ(stream.send(VoltageL1, 0, true), 0) << "the phase has failed";
    EXPECT_EQ(stream.held(), 3U);
}

TEST(DoubtfulValues, UnderAChecksumACounterCounts) {
    Stream stream;
    EXPECT_EQ(stream.send(EnergyForward, 412345, true), 412345);
    EXPECT_EQ(stream.send(EnergyForward, 500000, true), 500000) << "CounterGuard judges it";
    EXPECT_EQ(stream.held(), 0U);
}

TEST(DoubtfulValues, ALoadCountsAtOnce) {
    Stream stream;
    EXPECT_EQ(stream.send(Power, 500), 500);
    EXPECT_EQ(stream.send(Power, 22500), 22500) << "a car begins to charge";
    EXPECT_EQ(stream.send(Power, -50000), -50000) << "and the sun comes out";
    EXPECT_EQ(stream.held(), 0U);
}

TEST(DoubtfulValues, MoreThanTheConnectionCarriesIsAwaitedTwice) {
    Stream stream;
    EXPECT_EQ(stream.send(Power, 500), 500);
    EXPECT_FALSE(stream.send(Power, 800500));
    EXPECT_EQ(stream.send(Power, 510), 510) << "null for the damaged one only";
    EXPECT_FALSE(stream.send(Power, 120000));
    EXPECT_EQ(stream.send(Power, 121000), 121000) << "two damaged ones do not agree";
    EXPECT_EQ(stream.send(Power, 121000), 121000);
}

TEST(DoubtfulValues, AFuseAllowsMore) {
    Stream stream(250);
    stream.send(Power, 500);
    EXPECT_EQ(stream.send(Power, 120000), 120000);
}

TEST(DoubtfulValues, CurrentVoltageAndFrequencyHaveTheirSteps) {
    struct Row {
        Quantity quantity;
        double usual, possible, impossible;
    };
    for (const Row& row :
         {Row{CurrentL1, 2, -250, 320}, Row{VoltageL2, 231, 180, 131}, Row{Frequency, 50, 47, 58},
          Row{ReactivePower, 100, -60000, 80000}, Row{ApparentPower, 100, 60000, 80000}}) {
        SCOPED_TRACE(quantity_table.at(index_of(row.quantity)).name);
        Stream stream;
        stream.send(row.quantity, row.usual);
        stream.send(row.quantity, row.usual);
        EXPECT_FALSE(stream.send(row.quantity, row.impossible));
        EXPECT_EQ(stream.send(row.quantity, row.usual), row.usual);
        EXPECT_EQ(stream.send(row.quantity, row.possible), row.possible);
    }
}

TEST(DoubtfulValues, FactorsAndStatesMoveFreely) {
    Stream stream;
    for (const auto& [quantity, other] : {std::pair(PowerFactor, -1.0), std::pair(ActiveTariff, 2.0)}) {
        stream.send(quantity, 1);
        stream.send(quantity, 1);
        EXPECT_EQ(stream.send(quantity, other), other);
    }
}

TEST(DoubtfulValues, ACounterMovesAsTheConnectionAllows) {
    Stream stream;
    stream.send(EnergyForward, 12345.6);
    EXPECT_EQ(stream.send(EnergyForward, 12345.6), 12345.6);
    EXPECT_EQ(stream.send(EnergyForward, 12345.7), 12345.7) << "one step";
    EXPECT_FALSE(stream.send(EnergyForward, 12347.7));
    EXPECT_EQ(stream.send(EnergyForward, 12345.7), 12345.7);
    EXPECT_FALSE(stream.send(EnergyForward, 12345.5)) << "a fall";
    EXPECT_EQ(stream.send(EnergyForward, 12345.7), 12345.7);
    stream.pass(1h);
    EXPECT_EQ(stream.send(EnergyForward, 12400.7), 12400.7) << "the time since the last one counts";
}

TEST(DoubtfulValues, GasWaterHeatAndFailures) {
    struct Row {
        Quantity quantity;
        double possible, impossible; // after an hour
    };
    for (const Row& row : {Row{Volume, 80, 200}, Row{HeatEnergy, 900, 3000}, Row{PowerFailures, 90, 200}}) {
        SCOPED_TRACE(quantity_table.at(index_of(row.quantity)).name);
        Stream stream;
        stream.send(row.quantity, 1000);
        stream.send(row.quantity, 1000);
        stream.pass(1h);
        EXPECT_FALSE(stream.send(row.quantity, 1000 + row.impossible));
        EXPECT_EQ(stream.send(row.quantity, 1000 + row.possible), 1000 + row.possible);
    }
}

// One damaged telegram among good ones: what is published was sent undamaged, or the connection can carry it.
TEST(DoubtfulValues, RandomDamageIsNullOrWithinTheConnection) {
    constexpr double bound = 3 * 100 * 230;
    std::mt19937 random(3);
    const auto uniform = [&](double low, double high) {
        return std::uniform_real_distribution(low, high)(random);
    };
    for (int run = 0; run < 200; ++run) {
        Stream stream;
        double power = uniform(-5000, 5000);
        bool was_damaged = false;
        for (int i = 0; i < 100; ++i) {
            const bool damaged = !was_damaged && random() % 4 == 0;
            power += uniform(-8000, 8000);
            power = std::clamp(power, -20000.0, 20000.0);
            const double sent = damaged ? power * std::pow(10, uniform(-1, 9)) : power;
            const auto published = stream.send(Power, sent);
            if (!damaged) {
                EXPECT_EQ(published, power);
            } else if (published) {
                EXPECT_LE(std::abs(*published), bound);
            }
            was_damaged = damaged;
        }
    }
}

} // namespace
} // namespace gridbridge::test
