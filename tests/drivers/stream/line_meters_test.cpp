// What a line hands over, from bytes: damaged identities, two meters, values without checksum.
#include "drivers/stream/line_meters.hpp"

#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

class Line {
  public:
    explicit Line(DriverKind driver) {
        meter_.driver = driver;
        meter_.uri = "test:line";
        const auto make = driver == DriverKind::P1 ? make_p1 : driver == DriverKind::Sml ? make_sml : make_d0;
        decoder_ = make([this](const Telegram& telegram, std::span<const std::uint8_t> raw) {
            meters_.serve({telegram, raw, now_, "test"}, counters_);
        });
    }

    void send(std::span<const std::uint8_t> bytes) {
        now_ += 1s;
        decoder_->feed(bytes);
        decoder_->silence();
        take();
    }
    void send(const std::string& text) { send(bytes_of(text)); }

    std::set<std::string> serials() const {
        std::set<std::string> serials;
        for (const auto& [source, info] : infos_) {
            serials.insert(info.serial);
        }
        return serials;
    }
    const MeterInfo& info(std::uint16_t channel = 0) const { return infos_.at({0, channel}); }
    bool has(std::uint16_t channel) const { return infos_.contains({0, channel}); }
    std::optional<Reading> reading(std::uint16_t channel = 0) const {
        const auto found = readings_.find({0, channel});
        return found == readings_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<double> power(std::uint16_t channel = 0) const {
        return reading(channel) ? reading(channel)->get(Quantity::Power) : std::nullopt;
    }
    void lose() { meters_.lose("gone", true, counters_), take(); }

    MeterCounters counters_;
    std::size_t announced_ = 0;
    std::set<std::string> all_serials_;
    std::set<SourceId> lost_;
    std::string log_text_;

  private:
    void take() {
        readings_.clear();
        for (MeterUpdate& update : handoff_.take(Clock::now(), {})) {
            if (update.info) {
                all_serials_.insert(update.info->serial);
                infos_[update.source] = std::move(*update.info);
                ++announced_;
            }
            if (update.reading) {
                readings_[update.source] = *update.reading;
            }
            if (update.lost) {
                lost_.insert(update.source);
            }
        }
    }

    MeterConfig meter_;
    Handoff handoff_;
    Log log_ = [this](LogLevel, std::string_view, std::string_view text) {
        log_text_ += std::string(text) + "\n";
    };
    LineMeters meters_{{0, 0}, meter_, handoff_, log_};
    std::unique_ptr<StreamDecoder> decoder_;
    Clock::time_point now_{1h};
    std::map<SourceId, MeterInfo> infos_;
    std::map<SourceId, Reading> readings_;
};

std::string p1_of(const std::string& serial, double seconds = 1) {
    P1Meter meter;
    meter.serial = serial;
    return p1_telegram(simulate_values(seconds), meter);
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

TEST(LineMeters, ANewSerialNumberInEachTelegramMakesOneMeter) {
    for (const DriverKind driver : {DriverKind::P1, DriverKind::Sml, DriverKind::D0}) {
        SCOPED_TRACE(static_cast<int>(driver));
        Line line(driver);
        for (int i = 0; i < 100; ++i) {
            const std::string serial = "E00440000000" + std::to_string(10000 + i);
            SmlMeter sml;
            sml.server_id.back() = static_cast<std::uint8_t>(i);
            D0Meter d0;
            d0.serial = serial;
            d0.has_checksum = true;
            if (driver == DriverKind::Sml) {
                line.send(sml_telegram(simulate_values(1), sml));
            } else {
                line.send(driver == DriverKind::P1 ? p1_of(serial) : d0_telegram(simulate_values(1), d0));
            }
        }
        EXPECT_EQ(line.serials().size(), driver == DriverKind::P1 ? 2U : 1U) << "its gas meter";
        EXPECT_EQ(line.counters_.good, 1U);
        EXPECT_EQ(line.counters_.unidentified, 99U);
        EXPECT_EQ(count(line.log_text_, "ever new serial numbers"), 1U) << line.log_text_;
    }
}

TEST(LineMeters, TheOwnerIsAdvisedWhileIdentitiesAreRefused) {
    Line line(DriverKind::P1);
    line.send(p1_of("E0044000000000001"));
    for (const char* const serial : {"E1", "E2", "E3"}) {
        EXPECT_EQ(line.info().advice, "");
        line.send(p1_of(serial));
    }
    line.send(p1_of("E0044000000000001", 2));
    EXPECT_NE(line.info().advice.find("ever new serial numbers"), std::string::npos);
}

TEST(LineMeters, ALostPinIsSaidAtOnce) {
    Line line(DriverKind::Sml);
    SmlMeter sml;
    line.send(sml_telegram(simulate_values(1), sml));
    EXPECT_EQ(line.info().advice, "");
    for (const bool power_cut : {true, false, true}) {
        sml.has_power = !power_cut;
        for (int seconds = 2; seconds < 5; ++seconds) {
            line.send(sml_telegram(simulate_values(seconds), sml));
            EXPECT_EQ(line.info().advice.find("lost its PIN") != std::string::npos, power_cut);
        }
    }
    EXPECT_EQ(count(line.log_text_, "lost its PIN"), 2U) << line.log_text_;
}

TEST(LineMeters, OnePowerMissingInATelegramWithoutChecksumIsNoLostPin) {
    Line line(DriverKind::D0);
    const std::string with = "/ESY5\r\n\r\n0.0.0(4711)\r\n1.8.0(001234*kWh)\r\n16.7.0(00100*W)\r\n!\r\n";
    std::string without = with;
    without.erase(without.find("16.7.0"), 17);
    line.send(with);
    line.send(with);
    line.send(without);
    line.send(without);
    EXPECT_EQ(line.info().advice, "");
    line.send(with);
    line.send(without);
    line.send(without);
    line.send(without);
    EXPECT_NE(line.info().advice.find("lost its PIN"), std::string::npos) << line.info().advice;
    std::string with_decimals = without;
    with_decimals.replace(with_decimals.find("001234"), 6, "1234.5");
    line.send(with_decimals);
    EXPECT_EQ(line.info().advice, "its telegrams have no power any more");
}

TEST(LineMeters, TheFirstTelegramOfEachMeterIsListedOnce) {
    Line line(DriverKind::P1);
    for (int i = 1; i < 4; ++i) {
        line.send(p1_of("E1", i));
    }
    line.lose();
    line.send(p1_of("E1", 4));
    EXPECT_EQ(count(line.log_text_, "1-0:1.8.1 = "), 1U) << line.log_text_;
    EXPECT_EQ(count(line.log_text_, "0-0:96.1.1 = "), 1U);
    line.send(p1_of("E2", 5));
    line.send(p1_of("E2", 6)); // counts now
    line.send(p1_of("E2", 7));
    EXPECT_EQ(count(line.log_text_, "1-0:1.8.1 = "), 2U) << line.log_text_;
}

TEST(LineMeters, ATelegramWithoutSerialNumberIsThatOfTheMeter) {
    Line line(DriverKind::P1);
    line.send(p1_of("E0044000000000001"));
    line.send(p1_of("", 2));
    line.send(p1_of("E0044000000000001", 3));
    EXPECT_EQ(line.all_serials_.size(), 2U) << "with the gas meter";
    EXPECT_EQ(line.counters_.good, 3U);
    EXPECT_NEAR(line.power().value(), simulate_values(3).power(), 1);
}

TEST(LineMeters, AFormerSpellingStaysToo) {
    Line line(DriverKind::P1);
    std::string telegram = "/ISK5\\2M550T\r\n\r\n0-0:96.1.1(23232323)\r\n1-0:1.7.0(00.500*kW)\r\n!\r\n";
    line.send(telegram);
    line.send(telegram);
    EXPECT_EQ(line.info().serial, "23232323");
    EXPECT_EQ(line.info().former_serial, "####");
    telegram.erase(telegram.find("0-0:96"), 22);
    line.send(telegram);
    EXPECT_EQ(line.info().former_serial, "####");
    EXPECT_TRUE(line.power());
}

TEST(LineMeters, TwoThatTakeTurnsAreServedAsTwo) {
    Line line(DriverKind::P1);
    for (int i = 0; i < 10; ++i) {
        line.send(p1_of("E0044000000000001", 2 * i));
        EXPECT_NEAR(line.power().value(), simulate_values(2 * i).power(), 1);
        EXPECT_FALSE(line.power(8));
        line.send(p1_of("E0044000000000002", 2 * i + 1));
        EXPECT_FALSE(line.power(0));
        if (i > 0) {
            EXPECT_NEAR(line.power(8).value(), simulate_values(2 * i + 1).power(), 1);
            EXPECT_TRUE(line.reading(9)->has(Quantity::Volume)) << "its gas meter";
        }
    }
    EXPECT_EQ(line.info(0).serial, "E0044000000000001");
    EXPECT_EQ(line.info(8).serial, "E0044000000000002");
    EXPECT_EQ(count(line.log_text_, "2 meters take turns"), 1U);
    EXPECT_EQ(line.counters_.unidentified, 1U);
    line.lose();
    EXPECT_EQ(line.lost_, (std::set<SourceId>{{0, 0}, {0, 1}, {0, 8}, {0, 9}}));
}

TEST(LineMeters, AnMbusDeviceIsNoneOfDamageEither) {
    Line line(DriverKind::P1);
    const std::string whole = p1_of("E0044000000000001");
    const auto at = whole.find("0-1:96.1.0(");
    ASSERT_NE(at, std::string::npos);
    const auto rest = whole.find('!');
    for (int i = 0; i < 50; ++i) { // no checksum: DSMR 2.2
        std::string telegram = whole.substr(0, rest) + "!\r\n";
        telegram.replace(telegram.find("1-3:0.2.8(50)"), 13, "1-3:0.2.8(22)");
        if (i > 10) {
            telegram.replace(at + 11, 4, "47" + std::to_string(30 + i));
        }
        line.send(telegram);
    }
    EXPECT_EQ(line.all_serials_.size(), 2U);
    EXPECT_EQ(line.counters_.unidentified, 1U + 1U + 39U)
        << "the first of the meter, of its device, and damage";
    EXPECT_EQ(line.info(1).serial.substr(0, 3), "G00");
}

TEST(LineMeters, BitsFlippedInAPushAreNoValues) {
    Line line(DriverKind::D0);
    const std::string telegram = d0_telegram(simulate_values(1));
    line.send(telegram);
    EXPECT_FALSE(line.reading()) << "the first without a checksum";
    line.send(telegram);
    const auto power = line.power();
    const auto energy = line.reading()->get(Quantity::EnergyForward);
    ASSERT_TRUE(power && energy);
    const auto flip = [&](std::string_view id, double factor) {
        std::string damaged = telegram;
        const auto open = damaged.find('(', damaged.find(id));
        const auto digit = damaged.find_first_of("0123456789", open);
        damaged.at(digit) = static_cast<char>('0' + factor);
        return damaged;
    };
    line.send(flip("1-0:16.7.0", 8));
    EXPECT_FALSE(line.power());
    EXPECT_EQ(line.reading()->get(Quantity::EnergyForward), energy);
    line.send(flip("1-0:1.8.0", 4));
    EXPECT_EQ(line.power(), power);
    EXPECT_FALSE(line.reading()->has(Quantity::EnergyForward));
    EXPECT_GE(line.counters_.implausible, 2U);
    line.send(telegram);
    EXPECT_EQ(line.power(), power);
    EXPECT_EQ(line.reading()->get(Quantity::EnergyForward), energy);
}

TEST(LineMeters, ThirtyDigitsUnderAChecksumAreNoValue) {
    Line line(DriverKind::P1);
    std::string text = "/ISK5\\2M550T\r\n\r\n0-0:96.1.1(4530303434303030)\r\n"
                       "1-0:1.7.0(999999999999999999999999999999*kW)\r\n1-0:1.8.0(000012.345*kWh)\r\n!\r\n";
    line.send(text);
    line.send(text);
    EXPECT_FALSE(line.power());
    EXPECT_EQ(line.reading()->get(Quantity::EnergyForward), 12.345);
    EXPECT_EQ(line.counters_.implausible, 1U);
}

} // namespace
} // namespace gridbridge::test
