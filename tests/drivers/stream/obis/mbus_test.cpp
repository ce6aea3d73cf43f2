#include "drivers/stream/obis/mbus.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/obis_texts.hpp"
#include "drivers/stream/obis/time_stamp.hpp"
#include "drivers/stream/p1/p1_text.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

Telegram parse(const std::string& lines, const std::string& ident = "XXX5ident") {
    Telegram telegram;
    EXPECT_EQ(parse_p1_text(ident + "\r\n\r\n" + lines, telegram), 0U);
    return telegram;
}

std::vector<MbusDevice> devices(const std::string& lines) {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.uri = "p1+serial:///dev/ttyUSB0";
    return mbus_devices(parse(lines), meter, "/dev/ttyUSB0");
}

std::string text_at(const MeterInfo& info, std::string_view path) {
    for (const auto& [known, text] : info.texts) {
        if (known == path) {
            return text;
        }
    }
    return "none";
}

TEST(TimeStamp, IsADateOfTheCalendar) {
    EXPECT_EQ(iso_time(parse_time_stamp("150117180000W").value()), "2015-01-17T18:00:00");
    EXPECT_EQ(iso_time(parse_time_stamp("240229235959S").value()), "2024-02-29T23:59:59");
    EXPECT_EQ(parse_time_stamp("120517020000")->season, ' ');
    for (const char* bad : {"632525252525S", "250000000000W", "230229000000W", "150117240000W",
                            "150117180000X", "15011718000", "", "15011718000OW"}) {
        EXPECT_FALSE(parse_time_stamp(bad)) << bad;
    }
}

TEST(TimeStamp, TheRepeatedHourIsInOrder) {
    const auto before = parse_time_stamp("231029023000S").value();
    const auto after = parse_time_stamp("231029020000W").value();
    EXPECT_LT(standard_time(before), standard_time(after));
}

TEST(Mbus, GasMeter) {
    const auto found =
        devices("0-1:24.1.0(003)\r\n0-1:96.1.0(4730303339)\r\n0-1:24.2.1(150117180000W)(00473.789*m3)\r\n"
                "0-1:24.4.0(1)\r\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].channel, 1);
    EXPECT_EQ(found[0].info.kind, "p1");
    EXPECT_EQ(found[0].info.serial, "G0039");
    EXPECT_TRUE(found[0].info.serial_is_stable);
    EXPECT_EQ(found[0].info.product_name, "Gas meter");
    EXPECT_EQ(found[0].info.connection, "/dev/ttyUSB0 M-Bus channel 1");
    EXPECT_EQ(found[0].info.default_role, "pulsemeter");
    EXPECT_TRUE(found[0].info.role_is_fixed);
    EXPECT_EQ(text_at(found[0].info, "Time"), "2015-01-17T18:00:00");
    EXPECT_EQ(found[0].reading.get(Quantity::Volume), 473.789);
    EXPECT_EQ(found[0].reading.get(Quantity::Valve), 1.0);
}

TEST(Mbus, KindsByDeviceTypeNotByChannel) {
    const auto found = devices(
        "0-1:24.1.0(007)\r\n0-1:24.2.1(150117180000W)(00010.001*m3)\r\n"
        "0-2:24.1.0(012)\r\n0-2:24.2.1(150117180000W)(00003.600*GJ)\r\n"
        "0-3:24.1.0(002)\r\n0-3:96.1.0(39602219769671)\r\n0-3:24.2.1(150117180000W)(00012.5*kWh)\r\n"
        "0-4:24.1.0(003)\r\n0-4:96.1.1(31)\r\n0-4:96.1.2(35)\r\n0-4:24.2.3(150117180000W)(00020.002*m3)\r\n");
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].info.product_name, "Water meter");
    EXPECT_FALSE(found[0].info.serial_is_stable);
    EXPECT_EQ(found[0].info.serial.size(), 16U);
    EXPECT_EQ(found[1].info.product_name, "Heat meter");
    EXPECT_DOUBLE_EQ(found[1].reading.get(Quantity::HeatEnergy).value(), 1000.0);
    EXPECT_EQ(found[2].info.product_name, "Electricity meter");
    EXPECT_EQ(found[2].info.serial, "39602219769671"); // not printable: as hex
    EXPECT_EQ(found[2].reading.get(Quantity::EnergyForward), 12.5);
    EXPECT_EQ(found[3].info.serial, "31");
    EXPECT_EQ(text_at(found[3].info, "Ean"), "35");
    EXPECT_EQ(found[3].reading.get(Quantity::Volume), 20.002);
}

TEST(Mbus, OldGasForm) {
    const auto found = devices("0-1:24.1.0(03)\r\n0-1:96.1.0(3238)\r\n"
                               "0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)\r\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].reading.get(Quantity::Volume), 124.477);
    EXPECT_EQ(text_at(found[0].info, "Time"), "2012-05-17T02:00:00");
}

TEST(Mbus, InvalidStampOrUnitIsNoReading) {
    EXPECT_TRUE(devices("0-2:24.1.0(007)\r\n0-2:24.2.1(632525252525S)(00000.000)\r\n").empty());
    EXPECT_TRUE(devices("0-2:24.1.0(007)\r\n0-2:24.2.1(632525252525S)(00000.000*m3)\r\n").empty());
    EXPECT_TRUE(devices("0-2:24.1.0(003)\r\n0-2:24.2.1(150117180000W)(00001.000*V)\r\n").empty());
    EXPECT_TRUE(devices("0-2:24.1.0(003)\r\n0-2:96.1.0()\r\n0-2:24.2.1()\r\n").empty());
}

TEST(Mbus, DeviceLeftBehindIsDropped) {
    const std::string old = "0-1:24.1.0(003)\r\n0-1:24.2.1(140117180000W)(00111.000*m3)\r\n";
    const std::string current = "0-2:24.1.0(003)\r\n0-2:24.2.1(150117180000W)(00002.000*m3)\r\n";
    const std::string water = "0-3:24.1.0(007)\r\n0-3:24.2.1(130117180000W)(00003.000*m3)\r\n";
    const auto found = devices(old + current + water);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].channel, 2);
    EXPECT_EQ(found[1].channel, 3); // another kind
    const std::string second = "0-4:24.1.0(003)\r\n0-4:24.2.1(150117170000W)(00004.000*m3)\r\n";
    EXPECT_EQ(devices(current + second).size(), 2U);
}

TEST(Mbus, AStampInTheFutureIsThatOfADeadMeter) {
    const std::string clock = "0-0:1.0.0(150117190000W)\r\n";
    const std::string dead = "0-1:24.1.0(003)\r\n0-1:24.2.1(681027002758S)(00111.000*m3)\r\n";
    const std::string live = "0-2:24.1.0(003)\r\n0-2:24.2.1(150117180000W)(00002.000*m3)\r\n";
    const auto found = devices(clock + dead + live);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].channel, 2);
    EXPECT_EQ(devices(clock + dead).size(), 1U) << "a lone one with a wrong clock";
    const std::string ahead = "0-1:24.1.0(003)\r\n0-1:24.2.1(150118180000W)(00111.000*m3)\r\n";
    EXPECT_EQ(devices(clock + ahead + live).size(), 2U) << "within a day";
    EXPECT_EQ(devices(clock + dead + "0-2:24.1.0(007)\r\n0-2:24.2.1(150117180000W)(00002.000*m3)\r\n").size(),
              2U);
}

TEST(P1Texts, MessageEanAndPeaks) {
    const auto texts = p1_texts(parse("0-0:96.13.1()\r\n0-0:96.13.0(48616C6C6F)\r\n0-0:96.1.2(353431)\r\n"
                                      "1-0:1.6.0(221203174500W)(03.716*kW)\r\n"));
    const std::vector<std::pair<std::string, std::string>> expected{
        {"MessageCode", ""},
        {"Message", "Hallo"},
        {"Ean", "541"},
        {"Ac/Demand/MaxPowerTime", "2022-12-03T17:45:00"}};
    EXPECT_EQ(texts, expected);
    EXPECT_EQ(p1_texts(parse("0-0:96.13.0(" + std::string(1024, '\xFF') + ")\r\n"))[0].second, "");
}

TEST(P1Texts, BelgianHistoryAndNotTheHungarian) {
    const auto belgian = parse("0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(03.695*kW)"
                               "(200401000000S)(632525252525S)(05.980*kW)\r\n");
    const auto peaks = month_peaks(belgian.objects[0]);
    ASSERT_EQ(peaks.size(), 2U);
    EXPECT_EQ(peaks[0].month, "2020-04");
    EXPECT_EQ(peaks[0].at, "2020-04-23T19:25:38");
    EXPECT_EQ(peaks[0].watts, 3695.0);
    EXPECT_EQ(peaks[1].month, "2020-03");
    EXPECT_FALSE(peaks[1].at);
    for (const char* other :
         {"0-0:98.1.0(230701000000S)(000040.777*kWh)(000008.950*kWh)(000031.827*kWh)(000142.250*kWh)\r\n",
          "0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)()\r\n", "0-0:98.1.0(12)(1-0:1.6.0)(1-0:1.6.0)\r\n"}) {
        EXPECT_TRUE(month_peaks(parse(other).objects[0]).empty()) << other;
    }
    std::string lies = "0-0:98.1.0(99)(1-0:1.6.0)(1-0:1.6.0)";
    for (int i = 0; i < 20; ++i) {
        lies += "(200501000000S)(200423192538S)(03.695*kW)";
    }
    EXPECT_EQ(month_peaks(parse(lies + "\r\n").objects[0]).size(), 13U);
}

TEST(Mapping, StatesCountersAndLimits) {
    const Reading reading = to_reading(
        parse("0-0:96.7.21(00004)\r\n0-0:96.7.9(00002)\r\n1-0:32.32.0(00001)\r\n1-0:72.36.0(00003)\r\n"
              "0-0:17.0.0(069.0*kVA)\r\n1-1:31.4.0(100*A)(-063*A)\r\n0-0:96.3.10(2)\r\n0-3:96.3.10(1)\r\n"
              "0-0:96.14.0(0004)\r\n1-0:1.6.0(221203174500W)(03.716*kW)\r\n1-0:5.8.0(1.5*kvarh)\r\n"
              "1-0:8.8.0(2.5*kvarh)\r\n1-0:15.8.0(7*kWh)\r\n"));
    EXPECT_EQ(reading.get(Quantity::PowerFailures), 4.0);
    EXPECT_EQ(reading.get(Quantity::LongPowerFailures), 2.0);
    EXPECT_EQ(reading.get(Quantity::VoltageSagsL1), 1.0);
    EXPECT_EQ(reading.get(Quantity::VoltageSwellsL3), 3.0);
    EXPECT_EQ(reading.get(Quantity::ApparentPowerLimit), 69000.0);
    EXPECT_FALSE(reading.has(Quantity::PowerLimit));
    EXPECT_EQ(reading.get(Quantity::FuseCurrent), 100.0);
    EXPECT_EQ(reading.get(Quantity::Breaker), 2.0);
    EXPECT_EQ(reading.get(Quantity::Relay3), 1.0);
    EXPECT_EQ(reading.get(Quantity::ActiveTariff), 4.0);
    EXPECT_EQ(reading.get(Quantity::PowerDemandMax), 3716.0);
    EXPECT_EQ(reading.get(Quantity::ReactiveEnergyQ1), 1.5);
    EXPECT_EQ(reading.get(Quantity::ReactiveEnergyQ4), 2.5);
    EXPECT_EQ(reading.get(Quantity::EnergyAbsolute), 7.0);
    EXPECT_DOUBLE_EQ(to_reading(parse("0-0:17.0.0(016.1*kW)\r\n")).get(Quantity::PowerLimit).value(),
                     16100.0);
    EXPECT_EQ(to_reading(parse("0-0:17.0.0(016*A)\r\n")).get(Quantity::CurrentLimit), 16.0);
    EXPECT_EQ(to_reading(parse("1-0:31.4.0(200.00*A)\r\n")).get(Quantity::FuseCurrent), 200.0);
    EXPECT_EQ(to_reading(parse("0-0:96.50.68(OFF)\r\n")).get(Quantity::Breaker), 0.0);
    EXPECT_EQ(to_reading(parse("0-0:24.4.0(1)\r\n")).get(Quantity::Breaker), 1.0);
}

TEST(Dialect, IsNamedByVersionAndMaker) {
    EXPECT_EQ(dialect_of(parse("1-3:0.2.8(50)\r\n", "Ene5\\T210-D ESMR5.0"), DriverKind::P1),
              "DSMR 5.0, Sagemcom T210-D ESMR5.0");
    EXPECT_EQ(dialect_of(parse("0-0:96.1.4(50217)\r\n", "FLU5\\253770234_A"), DriverKind::P1),
              "eMUCS-P1 2.17 (DSMR 5.0), FLU5\\253770234_A");
    EXPECT_EQ(dialect_of(parse("1-0:1.7.0(1*kW)\r\n", "KAM5"), DriverKind::P1),
              "P1 without version (DSMR 2.2, 3 or a relative), Kamstrup");
    EXPECT_EQ(dialect_of(parse("1-0:1.7.0(1*kW)\r\n", "LOG5LK13BE803319"), DriverKind::D0),
              "IEC 62056-21, LOG5LK13BE803319");
}

} // namespace
} // namespace gridbridge::test
