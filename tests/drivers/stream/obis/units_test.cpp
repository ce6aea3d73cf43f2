#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/values/interval.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

TEST(Crc, CheckValues) {
    const Bytes check = bytes_of("123456789");
    EXPECT_EQ(crc16_arc(check), 0xBB3D);
    EXPECT_EQ(crc16_x25(check), 0x906E);
    EXPECT_EQ(crc16_kermit(check), 0x2189);
}

TEST(Crc, OfPiecesIsThatOfTheWhole) {
    Bytes bytes;
    for (int i = 0; i < 100; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(i * 37));
    }
    for (const auto crc : {crc16_arc, crc16_x25, crc16_kermit}) {
        const std::uint16_t whole = crc(bytes, 0);
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            EXPECT_EQ(crc(std::span(bytes).subspan(cut), crc(std::span(bytes).first(cut), 0)), whole);
        }
    }
}

TEST(Decimal, IsExact) {
    EXPECT_EQ(parse_decimal("001.19"), 1.19);
    EXPECT_EQ(parse_decimal("123456.789"), 123456.789);
    EXPECT_EQ(parse_decimal("-063"), -63.0);
    EXPECT_EQ(parse_decimal("+1"), 1.0);
    EXPECT_EQ(parse_decimal(".5"), 0.5);
    EXPECT_EQ(parse_decimal("12345678901234567890.5"), 12345678901234567890.5);
    EXPECT_EQ(scale_decimal(std::int64_t{1773601}, -1), 177360.1);
    EXPECT_EQ(scale_decimal(std::uint64_t{6148914691236517205U}, -4), 614891469123651.7205);
}

TEST(Decimal, RefusesWhatIsNoPlainNumber) {
    for (const char* text :
         {"", "-", ".", "NaN", "inf", "1e400", "0x10", " 1", "1 ", "1.2.3", "--1", "1,5"}) {
        EXPECT_FALSE(parse_decimal(text)) << text;
    }
    EXPECT_FALSE(parse_decimal(std::string(400, '9')));
}

TEST(Decimal, HasNoNegativeZero) {
    EXPECT_FALSE(std::signbit(parse_decimal("-0.000").value_or(-1)));
}

TEST(Decimal, ScaleIsAlwaysFinite) {
    for (int exponent = -128; exponent <= 127; ++exponent) {
        for (const std::uint64_t mantissa : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
            EXPECT_TRUE(std::isfinite(scale_decimal(mantissa, exponent)));
        }
        EXPECT_TRUE(std::isfinite(scale_decimal(std::numeric_limits<std::int64_t>::min(), exponent)));
    }
}

TEST(Obis, TextAndBack) {
    for (const char* text :
         {"1-0:1.8.0", "0-1:24.2.1", "129-129:199.130.3", "1-0:1.8.0*96", "1-0:96.50.1*1"}) {
        const auto code = parse_obis(text);
        ASSERT_TRUE(code) << text;
        EXPECT_EQ(to_text(*code), text);
    }
}

TEST(Obis, RefusesOtherForms) {
    for (const char* text :
         {"", "1.8.0", "1-0:1.8", "1-0:1.8.0*", "1-0:256.8.0", "1-0:1.8.0 ", "1-0:1.8.-1", "1-0:1,8.0"}) {
        EXPECT_FALSE(parse_obis(text)) << text;
    }
}

TEST(Interval, IsTheMedianAndWaitsForThree) {
    IntervalMeter meter;
    Clock::time_point now{};
    for (const auto step : {0ms, 1000ms, 1010ms}) {
        meter.arrived(now += step);
        EXPECT_FALSE(meter.rounded());
    }
    meter.arrived(now += 10s); // nine telegrams lost
    EXPECT_EQ(meter.rounded(), 1000ms);
    EXPECT_EQ(meter.interval(), 1010ms);
}

TEST(Interval, OfTelegramsThatComeTwice) {
    IntervalMeter meter;
    Clock::time_point now{};
    for (int i = 0; i < 12; ++i) {
        meter.arrived(now += i % 2 == 0 ? 960ms : 40ms);
        if (i >= 3) {
            ASSERT_TRUE(meter.interval()) << i;
            EXPECT_EQ(*meter.interval(), 960ms);
        }
    }
}

TEST(Interval, FollowsAChangeButNotJitter) {
    IntervalMeter meter;
    Clock::time_point now{};
    for (int i = 0; i < 10; ++i) {
        meter.arrived(now += i % 2 == 0 ? 1490ms : 1510ms);
    }
    const auto first = meter.rounded();
    for (int i = 0; i < 10; ++i) {
        meter.arrived(now += i % 2 == 0 ? 1510ms : 1490ms);
        EXPECT_EQ(meter.rounded(), first);
    }
    for (int i = 0; i < 5; ++i) {
        meter.arrived(now += 10s);
    }
    EXPECT_EQ(meter.rounded(), 10s);
}

TEST(Interval, IgnoresInterruptionsAndFiles) {
    IntervalMeter meter;
    Clock::time_point now{};
    for (int i = 0; i < 10; ++i) {
        meter.arrived(now += 1h);
        meter.interrupt();
    }
    EXPECT_FALSE(meter.interval());
    for (int i = 0; i < 10; ++i) {
        meter.arrived(now += 1us);
    }
    EXPECT_FALSE(meter.interval());
}

TEST(Identity, OfP1) {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.uri = "p1+serial:///dev/ttyUSB0";
    Telegram telegram;
    telegram.ident = "ISK5\\2M550T-1012";
    telegram.serial = "E0044007378246019";
    const MeterInfo info = describe_meter(telegram, meter, "/dev/ttyUSB0", 1s);
    EXPECT_EQ(info.kind, "p1");
    EXPECT_EQ(info.serial, "E0044007378246019");
    EXPECT_TRUE(info.serial_is_stable);
    EXPECT_EQ(info.model, "ISK5\\2M550T-1012");
    EXPECT_EQ(info.product_name, "P1 smart meter");
    EXPECT_EQ(info.manufacturer, "Iskraemeco");
    EXPECT_EQ(info.connection, "/dev/ttyUSB0");
    EXPECT_EQ(info.refresh_time, 1s);
}

TEST(Identity, TheManufacturerIsNamedWhereTheMeterTells) {
    MeterConfig meter;
    meter.driver = DriverKind::D0;
    Telegram telegram;
    const auto manufacturer = [&] { return describe_meter(telegram, meter, "", std::nullopt).manufacturer; };
    telegram.ident = "ESY5Q3DA3024";
    EXPECT_EQ(manufacturer(), "") << "letters that are not known are no name";
    meter.driver = DriverKind::Sml;
    EXPECT_EQ(manufacturer(), "");
    ObisObject object;
    object.code = {1, 0, 96, 50, 1, 1};
    object.text = "454d48";
    telegram.objects = {object};
    EXPECT_EQ(manufacturer(), "EMH");
    telegram.objects[0].text = "49534b";
    EXPECT_EQ(manufacturer(), "Iskraemeco");
}

TEST(Identity, WithoutSerialComesFromTheUri) {
    MeterConfig meter;
    meter.driver = DriverKind::Sml;
    meter.uri = "sml+serial:///dev/ttyUSB0";
    const MeterInfo info = describe_meter({}, meter, "/dev/ttyUSB0", std::nullopt);
    EXPECT_EQ(info.kind, "sml");
    EXPECT_FALSE(info.serial_is_stable);
    EXPECT_EQ(info.serial.size(), 16U);
    EXPECT_EQ(info.serial, describe_meter({}, meter, "/dev/ttyUSB1", 4s).serial);
    meter.uri = "sml+serial:///dev/ttyUSB1";
    EXPECT_NE(info.serial, describe_meter({}, meter, "/dev/ttyUSB0", std::nullopt).serial);
}

} // namespace
} // namespace gridbridge::test
