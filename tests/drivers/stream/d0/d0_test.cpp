#include "drivers/stream/d0/d0.hpp"

#include "app/simulate/d0_telegram.hpp"
#include "drivers/stream/d0/d0_text.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace gridbridge::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "\x02" DATA "!\r\n\x03" BCC behind an identification; the checksum by its definition.
std::string readout(const std::string& data, const std::string& ident = "LGZ5ZMF") {
    const std::string checked = data + "!\r\n\x03";
    int bcc = 0;
    for (const char c : checked) {
        bcc ^= c;
    }
    return "/" + ident + "\r\n\x02" + checked + static_cast<char>(bcc);
}

Decoded decode_text(const std::string& text) {
    return decode_whole(make_d0, bytes_of(text));
}

const ObisObject& object(const Telegram& telegram, std::string_view id) {
    static const ObisObject none;
    for (const ObisObject& object : telegram.objects) {
        if (object.id == id) {
            return object;
        }
    }
    ADD_FAILURE() << id << " is missing";
    return none;
}

Reading reading_of(const std::string& data, const std::string& ident = "LGZ5ZMF") {
    const Decoded decoded = decode_text(readout(data, ident));
    EXPECT_EQ(decoded.telegrams.size(), 1U) << data;
    return decoded.telegrams.empty() ? Reading{} : to_reading(decoded.telegrams[0]);
}

TEST(D0, PushReadoutEndsAtItsMark) {
    const Decoded decoded = decode_text("/EMH5eHZ\r\n\r\n1-0:1.8.0*255(000001.5*kWh)\r\n!\r\n");
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.telegrams[0].ident, "EMH5eHZ");
    EXPECT_EQ(decoded.raw[0].back(), '!');
    EXPECT_EQ(decoded.counters.skipped_bytes, 0U);
}

TEST(D0, ChecksumDecides) {
    const std::string good = readout("1.8.0(1.5*kWh)\r\n");
    EXPECT_EQ(decode_text(good).telegrams.size(), 1U);
    for (std::size_t i = 10; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        EXPECT_THAT(decode_text(bad).telegrams, IsEmpty()) << "byte " << i;
    }
}

TEST(D0, EvenParityInBitSevenIsMasked) {
    Bytes bytes = bytes_of(readout("1.8.0(1.5*kWh)\r\n"));
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    const Decoded decoded = decode_whole(make_d0, bytes);
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.raw[0], bytes) << "as received";
}

TEST(D0, ParityIsTheCheckWhereThereIsNoOther) {
    Bytes bytes = bytes_of("/EMH5eHZ\r\n\r\n1-0:1.8.0*255(000001.5*kWh)\r\n!\r\n");
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    EXPECT_EQ(decode_whole(make_d0, bytes).telegrams.size(), 1U);
    const auto digit = std::find(bytes.begin(), bytes.end(), std::uint8_t{'5'});
    ASSERT_NE(digit, bytes.end());
    *digit ^= 0x01U;
    const Decoded damaged = decode_whole(make_d0, bytes);
    EXPECT_THAT(damaged.telegrams, IsEmpty());
    EXPECT_EQ(damaged.rejected(Rejection::BadChecksum), 1U);
}

TEST(D0, WithoutEtxTheNextReadoutOrSilenceEndsIt) {
    const std::string open = "/ACE0\\3k260\r\n\x02"
                             "1.8.0(1.5*kWh)\r\n!\r\n";
    D0Decoder waiting([](const Telegram&, std::span<const std::uint8_t>) { FAIL(); });
    waiting.feed(bytes_of(open));
    EXPECT_TRUE(waiting.awaits_silence());
    EXPECT_EQ(decode_text(open).telegrams.size(), 1U);
    EXPECT_EQ(decode_text(open + open).telegrams.size(), 2U);
    EXPECT_THAT(decode_text("/ACE0\\3k260\r\n\x02"
                            "1.8.0(1.5*kWh)\r\n")
                    .telegrams,
                IsEmpty())
        << "silence ends nothing that has no mark";
    EXPECT_THAT(decode_text("/ACE0\\3k260\r\n\x02"
                            "1.8.0(1.5*kWh)\r\nx\r\n!\r\n")
                    .telegrams,
                IsEmpty())
        << "every line must be well formed";
}

TEST(D0, AMeterThatSentAChecksumMustSendOne) {
    const std::string good = readout("1.8.0(1.5*kWh)\r\n");
    const std::string without_stx = "/LGZ5ZMF\r\n1.8.0(7.5*kWh)\r\n!\r\n";
    EXPECT_EQ(decode_text(without_stx + good).telegrams.size(), 2U);
    const Decoded decoded = decode_text(good + without_stx);
    EXPECT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.rejected(Rejection::NoChecksum), 1U);
}

TEST(D0, ACheckCharacterMayComeLate) {
    const std::string good = readout("1.8.0(1.5*kWh)\r\n");
    std::size_t telegrams = 0;
    D0Decoder decoder([&](const Telegram& telegram, std::span<const std::uint8_t>) {
        EXPECT_TRUE(telegram.has_checksum);
        ++telegrams;
    });
    decoder.feed(bytes_of(good));
    const Bytes bytes = bytes_of(good);
    decoder.feed(std::span(bytes).first(bytes.size() - 2));
    EXPECT_FALSE(decoder.awaits_silence());
    decoder.silence();
    decoder.feed(std::span(bytes).last(2));
    EXPECT_EQ(telegrams, 2U);
    EXPECT_EQ(decoder.counters().skipped_bytes, 0U);
}

TEST(D0, IdentificationAloneIsNoTelegramAndNoError) {
    const Decoded decoded = decode_text("/?!\r\n/LGZ5ZMF\r\n/?!\r\n/LGZ5ZMF\r\n\x06"
                                        "050\r\n" +
                                        readout("1.8.0(1.5*kWh)\r\n").substr(10));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.counters.rejected, StreamCounters{}.rejected);
}

TEST(D0, ACutOffReadoutCostsOnlyItself) {
    const std::string good = readout("1.8.0(1.5*kWh)\r\n2.8.0(2.5*kWh)\r\n");
    const std::string push = "/EMH5eHZ\r\n\r\n1-0:1.8.0*255(000001.5*kWh)\r\n1-0:2.8.0*255(2.5*kWh)\r\n!\r\n";
    for (const std::string& telegram : {good, push}) {
        for (std::size_t cut = 1; cut < telegram.size() - 3; ++cut) {
            const Decoded decoded = decode_text(telegram.substr(0, cut) + telegram + telegram);
            EXPECT_GE(decoded.telegrams.size(), 2U) << "cut at " << cut;
        }
    }
}

TEST(D0, IdsAndValuesInAllTheirForms) {
    const Decoded decoded =
        decode_text(readout("F.F(00)\r\nC.1.0(18438636)\r\nL(1)P(2)\r\nFF(00000000)\r\n"
                            "16.7(-00.66*kW)\r\n1.8.0(  12.5*kWh)\r\n"
                            "1.8.0*01(9*kWh)\r\n1.8.0&02(8*kWh)\r\n1-0:1.8.0*96(7*kWh)\r\n"
                            "2.8.0(0000123 kWh)\r\n1.6.0(00.123*kW)(2304121015)\r\n"
                            "9.4(088*C&082*C)\r\n6.8.1()\r\n1-1:30D(5)\r\n"
                            "P.01(1)(2)(3)\r\n(4)(5)\r\n"));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    const Telegram& telegram = decoded.telegrams[0];
    EXPECT_EQ(object(telegram, "F.F").text, "00");
    EXPECT_EQ(object(telegram, "P").text, "2");
    EXPECT_EQ(object(telegram, "FF").text, "00000000");
    EXPECT_EQ(object(telegram, "16.7").number, -0.66);
    EXPECT_EQ(object(telegram, "16.7").unit, "kW");
    EXPECT_EQ(object(telegram, "1.8.0").number, 12.5);
    EXPECT_EQ(object(telegram, "1.8.0*01").number, 9.0);
    EXPECT_EQ(object(telegram, "1.8.0&02").number, 8.0);
    EXPECT_EQ(object(telegram, "1-0:1.8.0*96").number, 7.0);
    EXPECT_EQ(object(telegram, "2.8.0").number, 123.0);
    EXPECT_EQ(object(telegram, "2.8.0").unit, "kWh");
    EXPECT_EQ(object(telegram, "1.6.0").time, "2304121015");
    EXPECT_EQ(object(telegram, "9.4").text, "088*C&082*C");
    EXPECT_EQ(object(telegram, "6.8.1").text, "");
    EXPECT_EQ(object(telegram, "1-1:30D").text, "5");
    EXPECT_THAT(object(telegram, "P.01").groups, ElementsAre("1", "2", "3"));
    EXPECT_EQ(telegram.serial, "18438636");
    const Reading reading = to_reading(telegram);
    EXPECT_EQ(reading.get(Quantity::Power), -660.0);
    EXPECT_EQ(reading.get(Quantity::EnergyForward), 12.5) << "history never overwrites";
}

TEST(D0, HistoryBeforeTheCurrentValueIsNotTakenForIt) {
    const Reading reading = reading_of("1-0:1.8.0*96(7*kWh)\r\n1.8.0*01(9*kWh)\r\n1.8.0&01(8*kWh)\r\n");
    EXPECT_FALSE(reading.has(Quantity::EnergyForward));
}

TEST(D0, UnitsLeftOutAreThoseOfTheQuantity) {
    const Reading reading =
        reading_of("1.8.0(002653.5)\r\n32.7.0(231.5)\r\n31.7.0(02.14)\r\n16.7.0( -310)\r\n");
    EXPECT_EQ(reading.get(Quantity::EnergyForward), 2653.5);
    EXPECT_EQ(reading.get(Quantity::VoltageL1), 231.5);
    EXPECT_EQ(reading.get(Quantity::CurrentL1), -2.14);
    EXPECT_EQ(reading.get(Quantity::Power), -310.0);
    EXPECT_FALSE(reading_of("1.8.0(12.5 )\r\n16.7.0(NaN*kW)\r\n").has(Quantity::Power));
}

TEST(D0, PowerIsNetThenDifferenceThenPhases) {
    EXPECT_EQ(reading_of("1.7.0(1*kW)\r\n2.7.0(3*kW)\r\n16.7.0(5*W)\r\n").get(Quantity::Power), 5.0);
    EXPECT_EQ(reading_of("1.7.0(1*kW)\r\n2.7.0(3*kW)\r\n").get(Quantity::Power), -2000.0);
    EXPECT_EQ(reading_of("21.7.0(1*W)\r\n41.7.0(2*W)\r\n61.7.0(-4*W)\r\n").get(Quantity::Power), -1.0);
    EXPECT_EQ(reading_of("1.7.255(7*W)\r\n21.7.255(7*W)\r\n").get(Quantity::Power), 7.0);
}

TEST(D0, ATotalThatIsOnePhaseIsNotTakenFromAnElster) {
    const std::string phases = "21.7.0(100*W)\r\n41.7.0(200*W)\r\n61.7.0(-50*W)\r\n";
    const auto power = [](const std::string& data, const std::string& ident) {
        return reading_of(data, ident).get(Quantity::Power);
    };
    EXPECT_EQ(power("1.7.0(200*W)\r\n" + phases, "ELS5T510"), 250.0);
    EXPECT_EQ(power("1.7.0(-50*W)\r\n" + phases, "ELS5T510"), 250.0);
    EXPECT_EQ(power("1.7.0(200*W)\r\n2.7.0(50*W)\r\n" + phases, "ELS5T510"), 150.0);
    EXPECT_EQ(power("1.7.0(-350*W)\r\n21.7.0(100*W)\r\n41.7.0(200*W)\r\n61.7.0(50*W)\r\n", "ELS5T510"),
              -350.0)
        << "phases without sign";
    EXPECT_EQ(power("1.7.0(0*W)\r\n21.7.0(500*W)\r\n41.7.0(0*W)\r\n61.7.0(0*W)\r\n", "LGZ5ZMF"), 0.0)
        << "another maker's total: phase 2 exports 700 W";
}

TEST(D0, HalfADifferenceIsNoPower) {
    EXPECT_FALSE(reading_of("1.7.0(1*kW)\r\n2.7.0(x*kW)\r\n").has(Quantity::Power));
    EXPECT_FALSE(reading_of("21.7.0(-)\r\n22.7.0(3*W)\r\n").has(Quantity::PowerL1));
}

TEST(D0, SerialNumberAndFirmware) {
    const auto telegram = [](const std::string& data) { return decode_text(readout(data)).telegrams.at(0); };
    EXPECT_EQ(telegram("0.0.0(123)\r\n1-0:96.1.0*255(001LOG1)\r\n").serial, "001LOG1");
    EXPECT_EQ(telegram("1-0:0.0.0*255(331200-5)\r\n0-0:96.1.255*255(0000680476)\r\n").serial, "0000680476");
    EXPECT_EQ(telegram("0.0(      0012)\r\nC.1.1(   )\r\n").serial, "0012");
    EXPECT_EQ(telegram("0.0.0(00000000)\r\n").serial, "") << "a number that nobody set";
    EXPECT_EQ(telegram("1-0:0.2.0*255(ver.03)\r\n").firmware, "ver.03");
}

TEST(D0, LimitsHold) {
    const Decoded endless = decode_text("/LGZ5ZMF\r\n\x02" + std::string(100000, '1'));
    EXPECT_THAT(endless.telegrams, IsEmpty());
    EXPECT_EQ(endless.rejected(Rejection::TooLong), 1U);
    const std::string line = "0.2.0(" + std::string(1100, 'x') + ")\r\n";
    const Decoded long_line = decode_text(readout("1.8.0(1*kWh)\r\n" + line));
    ASSERT_EQ(long_line.telegrams.size(), 1U);
    EXPECT_EQ(long_line.telegrams[0].objects.size(), 1U);
    EXPECT_THAT(decode_text("/LGZ5ZMF\r\n1.8.0(1*kWh)\r\n" + line + "!\r\n").telegrams, IsEmpty());
    EXPECT_THAT(decode_text("/LGZ5" + std::string(100, 'x') + "\r\n1.8.0(1*kWh)\r\n!\r\n").telegrams,
                IsEmpty());
}

TEST(D0, SimulatedMetersReadBackAsSimulated) {
    const SimulatedValues values = simulate_values(1234);
    for (const D0Meter& meter :
         {D0Meter{}, D0Meter{.has_checksum = true, .short_ids = true}, D0Meter{.has_units = false}}) {
        const Decoded decoded = decode_text(d0_telegram(values, meter));
        ASSERT_EQ(decoded.telegrams.size(), 1U);
        EXPECT_EQ(decoded.telegrams[0].serial, meter.serial);
        const Reading reading = to_reading(decoded.telegrams[0]);
        EXPECT_NEAR(*reading.get(Quantity::Power), values.power(), 0.006);
        EXPECT_NEAR(*reading.get(Quantity::PowerL3), values.phases[2].power, 0.006);
        EXPECT_NEAR(*reading.get(Quantity::CurrentL3), -values.phases[2].current, 0.006);
        EXPECT_NEAR(*reading.get(Quantity::EnergyForward), values.energy_in, 1e-6);
        EXPECT_NEAR(*reading.get(Quantity::Frequency), values.frequency, 0.006);
    }
}

TEST(D0Text, AHeatMeterIsNoElectricityMeter) {
    Telegram heat;
    heat.ident = "LUGCUH50";
    parse_d0_text("6.8(0071956*kWh)6.26(01087.18*m3)9.21(70000057)\r\n6.8*01(0059059*kWh)9.4(114.9*C&090.8*C)"
                  "9.7(20000)\r\n",
                  heat);
    Telegram other = heat;
    other.ident = "XYZ0HEAT";
    parse_d0_text("6.8(19.988*GJ)6.26(01087.18*m3)9.7(20000)\r\n", other);
    for (const auto& [telegram, kwh] : {std::pair(&heat, 71956.0), std::pair(&other, 19988.0 / 3.6)}) {
        const Reading reading = to_reading(*telegram);
        EXPECT_NEAR(reading.get(Quantity::HeatEnergy).value_or(0), kwh, 0.001);
        EXPECT_EQ(reading.get(Quantity::Volume), 1087.18);
        for (const Quantity electric : {Quantity::ApparentPower, Quantity::Power, Quantity::EnergyForward}) {
            EXPECT_FALSE(reading.has(electric));
        }
        EXPECT_TRUE(is_heat_meter(*telegram));
        MeterConfig meter;
        meter.driver = DriverKind::D0;
        const MeterInfo info = describe_meter(*telegram, meter, "test", std::nullopt);
        EXPECT_EQ(info.default_role, "pulsemeter");
        EXPECT_TRUE(info.role_is_fixed);
    }
    Telegram electricity;
    parse_d0_text("1.8.0(1*kWh)\r\n6.8.0(2*kvarh)9.7.0(20000)\r\n", electricity);
    EXPECT_EQ(to_reading(electricity).get(Quantity::ApparentPower), 20000.0);
    EXPECT_FALSE(is_heat_meter(electricity));
}

TEST(D0Text, GroupZeroIsTheCurrentValueWhereThereIsNoOther) {
    Telegram telegram;
    parse_d0_text("1.8.0*00(142081.18*kWh)\r\n2.8.0(5*kWh)\r\n2.8.0*00(4*kWh)\r\n1.8.0*01(140000*kWh)\r\n",
                  telegram);
    EXPECT_EQ(to_reading(telegram).get(Quantity::EnergyForward), 142081.18);
    EXPECT_EQ(to_reading(telegram).get(Quantity::EnergyReverse), 5.0);
}

TEST(D0Text, AValueThatIsMalformedIsThereAllTheSame) {
    Telegram telegram;
    EXPECT_EQ(parse_d0_text("1-0:1.7.0(00.5*kW)\r\n1-0:2.7.0((00.1*kW)\r\n", telegram), 1U);
    EXPECT_FALSE(to_reading(telegram).has(Quantity::Power));
}

TEST(D0, AnyPrintableSpeedCharacterIsModeA) {
    for (const char c : std::string_view(".:-[ ~!")) {
        const std::string readout = std::string("/ABB") + c + "METER\r\n1-0:1.8.0(4711.1*kWh)\r\n!\r\n";
        EXPECT_EQ(decode_whole(make_d0, bytes_of(readout)).telegrams.size(), 1U) << c;
    }
}

} // namespace
} // namespace gridbridge::test
