#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/sml/sml_file.hpp"
#include "drivers/stream/sml/sml_tlv.hpp"
#include "drivers/text/crc16.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

const Bytes good = sml_telegram(simulate_values(100));

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Decoded decode_sml(const Bytes& bytes) {
    return decode_whole(make_sml, bytes);
}

TEST(Sml, DecodesWhatTheEncoderSays) {
    const SimulatedValues values = simulate_values(1234);
    const Decoded decoded = decode_sml(sml_telegram(values));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.telegrams[0].server_id, "0a0149534b00047bc12a");
    EXPECT_EQ(decoded.telegrams[0].serial, "1ISK0075219242");
    const Reading reading = to_reading(decoded.telegrams[0]);
    EXPECT_NEAR(reading.get(Quantity::Power).value(), values.power(), 0.006);
    EXPECT_NEAR(reading.get(Quantity::EnergyForward).value(), values.energy_in, 0.0001);
    EXPECT_NEAR(reading.get(Quantity::EnergyReverse).value(), values.energy_out, 0.0001);
    EXPECT_NEAR(reading.get(Quantity::Frequency).value(), values.frequency, 0.006);
    for (int phase = 1; phase <= 3; ++phase) {
        const SimulatedPhase& sent = values.phases[static_cast<std::size_t>(phase - 1)];
        EXPECT_NEAR(reading.get(of_phase(Quantity::Power, phase)).value(), sent.power, 0.006);
        EXPECT_NEAR(reading.get(of_phase(Quantity::Voltage, phase)).value(), sent.voltage, 0.06);
        EXPECT_NEAR(std::abs(reading.get(of_phase(Quantity::Current, phase)).value()), sent.current, 0.006);
    }
}

TEST(Sml, MeterWithoutPinHasNoPower) {
    const Decoded decoded = decode_sml(sml_telegram(simulate_values(5), {.has_power = false}));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    const Reading reading = to_reading(decoded.telegrams[0]);
    EXPECT_FALSE(reading.has(Quantity::Power));
    EXPECT_FALSE(reading.has(Quantity::PowerL1));
    EXPECT_EQ(reading.get(Quantity::EnergyForward), 4321.0);
}

TEST(Sml, EveryCutIsFollowedByTheGoodOne) {
    for (std::size_t cut = 1; cut < good.size(); ++cut) {
        const Bytes cut_off(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut));
        ASSERT_EQ(decode_sml(cut_off + good).telegrams.size(), 1U) << cut;
    }
}

TEST(Sml, EveryLostByteCostsOneFrame) {
    for (std::size_t lost = 0; lost < good.size(); ++lost) {
        Bytes damaged = good;
        damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(lost));
        ASSERT_EQ(decode_sml(damaged + good + good).telegrams.size(), 2U) << lost;
    }
}

TEST(Sml, EveryFlippedBitIsSeen) {
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes damaged = good;
            damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ (1U << bit));
            ASSERT_EQ(decode_sml(damaged).telegrams.size(), 0U) << i;
        }
    }
}

TEST(Sml, RunOfEscapesBeforeTheStartIsNoise) {
    for (std::size_t run = 1; run < 20; ++run) {
        const Decoded decoded = decode_sml(Bytes(run, 0x1B) + good);
        EXPECT_EQ(decoded.telegrams.size(), 1U) << run;
        EXPECT_EQ(decoded.counters.skipped_bytes, run);
    }
}

TEST(Sml, KermitChecksumIsHighByteFirst) {
    Bytes frame = good;
    const std::uint16_t crc = crc16_kermit(std::span(frame).first(frame.size() - 2));
    frame[frame.size() - 2] = static_cast<std::uint8_t>(crc >> 8U);
    frame[frame.size() - 1] = static_cast<std::uint8_t>(crc & 0xFFU);
    EXPECT_EQ(decode_sml(frame + frame + good).telegrams.size(), 3U);
}

TEST(Sml, WrongMessageChecksumIsRejected) {
    Bytes payload(good.begin() + 8, good.end() - 8 - good[good.size() - 3]);
    payload[20] ^= 1U; // inside the open message
    const Decoded decoded = decode_sml(sml_frame(payload));
    EXPECT_EQ(decoded.telegrams.size(), 0U);
    EXPECT_EQ(decoded.rejected(Rejection::BadChecksum), 1U);
}

TEST(Sml, TooLongIsDropped) {
    const Bytes start(good.begin(), good.begin() + 8);
    const Decoded decoded = decode_sml(start + Bytes(SmlDecoder::max_frame, 0x55) + good);
    EXPECT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.rejected(Rejection::TooLong), 1U);
}

TEST(Sml, LongestFrameIsTakenWholeOrNotAtAll) {
    const Bytes filler(SmlDecoder::max_frame, 0x00);
    for (std::size_t size = SmlDecoder::max_frame - 24; size < SmlDecoder::max_frame; ++size) {
        const Bytes frame =
            sml_frame(Bytes(filler.begin(), filler.begin() + static_cast<std::ptrdiff_t>(size)));
        const Decoded decoded = decode_sml(frame + good);
        EXPECT_EQ(decoded.telegrams.size(), 1U);
        EXPECT_EQ(decoded.rejected(Rejection::TooLong), frame.size() > SmlDecoder::max_frame ? 1U : 0U);
    }
}

TEST(Sml, ResetCountsTheUnfinishedFrame) {
    SmlDecoder decoder([](const Telegram&, std::span<const std::uint8_t>) {});
    decoder.feed(std::span(good).first(100));
    decoder.reset();
    EXPECT_EQ(decoder.counters().rejected[static_cast<std::size_t>(Rejection::Truncated)], 1U);
    decoder.feed(good);
    EXPECT_EQ(decoder.counters().telegrams, 1U);
}

TEST(SmlTlv, IntegersOfAnyWidth) {
    for (std::size_t width = 1; width <= 8; ++width) {
        Bytes bytes{static_cast<std::uint8_t>(0x51 + width)};
        bytes.insert(bytes.end(), width, 0xFF);
        const auto element = SmlReader(bytes).next();
        ASSERT_TRUE(element);
        EXPECT_EQ(element->as_signed(), -1);
        EXPECT_FALSE(element->as_unsigned());
        bytes[0] = static_cast<std::uint8_t>(0x61 + width);
        EXPECT_EQ(SmlReader(bytes).next()->as_unsigned(), ~std::uint64_t{0} >> (64 - 8 * width));
    }
}

TEST(SmlTlv, LongHeads) {
    Bytes octets{0x83, 0x02};
    octets.resize(50, 0xAA);
    EXPECT_EQ(SmlReader(octets).next()->data.size(), 48U);
    octets.pop_back();
    EXPECT_FALSE(SmlReader(octets).next());
    Bytes list{0xF1, 0x0E};
    list.resize(32, 0x01);
    EXPECT_EQ(SmlReader(list).next()->count, 30U);
    EXPECT_TRUE(SmlReader(list).skip());
}

TEST(SmlTlv, RefusesBadHeads) {
    for (const Bytes& bytes :
         {Bytes{}, Bytes{0x81}, Bytes{0x80, 0x01}, Bytes{0x10}, Bytes{0x22}, Bytes{0x07, 1, 2}, Bytes{0x7F},
          Bytes(20, 0xFF), Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}}) {
        EXPECT_FALSE(SmlReader(bytes).next());
    }
}

TEST(SmlTlv, DeepNestingCostsNoStack) {
    Bytes nested(1000000, 0x71);
    EXPECT_FALSE(SmlReader(nested).skip());
    nested.push_back(0x01);
    EXPECT_TRUE(SmlReader(nested).skip());
}

TEST(SmlSerial, AsPrintedOnTheMeter) {
    EXPECT_EQ(sml_serial("0a01445a47000282225e"), (Label{"1DZG0042082910", ""}));
    EXPECT_EQ(sml_serial("0901454d481100000001"), (Label{"1EMH1100000001", ""}));
    EXPECT_EQ(sml_serial("3032323830383136"), (Label{"02280816", ""}));
    EXPECT_EQ(sml_serial("06454d4801027156cd45"), (Label{"06454d4801027156cd45", ""}));
    EXPECT_EQ(sml_serial(""), (Label{"", ""}));
    EXPECT_EQ(sml_serial("23232323"), (Label{"23232323", "####"}));
    EXPECT_EQ(sml_serial("0a01232323000282225e"), (Label{"0a01232323000282225e", "1###0042082910"}));
}

// One GetListResponse with the given actSensorTime and entries, all as hex.
Telegram list_of(const std::string& sensor_time, const std::vector<std::string>& entries) {
    std::string body = "77"
                       "01"
                       "0b0a014844480000030201"
                       "01" +
                       sensor_time + "7" + std::to_string(entries.size());
    for (const std::string& entry : entries) {
        body += entry;
    }
    const std::string message = "76"
                                "0501020304"
                                "6200"
                                "6200"
                                "72"
                                "630701" +
                                body +
                                "01"
                                "01";
    Bytes bytes;
    for (std::size_t i = 0; i < message.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(message.substr(i, 2), nullptr, 16)));
    }
    const std::uint16_t crc = crc16_x25(bytes);
    bytes = bytes + Bytes{0x63, static_cast<std::uint8_t>(crc), static_cast<std::uint8_t>(crc >> 8U), 0x00};
    Telegram telegram;
    EXPECT_EQ(parse_sml_file(bytes, telegram), SmlFileResult::Telegram);
    return telegram;
}

const std::string head_of_import = "77"
                                   "070100010800ff"
                                   "64"
                                   "1c0104";

TEST(SmlQuirks, BareTimesOfHolley) {
    const auto telegram = list_of("6500000001", {head_of_import + "6500000002"
                                                                  "621e"
                                                                  "52ff"
                                                                  "6405f5e1"
                                                                  "01"});
    EXPECT_EQ(find(telegram, "1-0:1.8.0")->number, 39062.5);
    EXPECT_EQ(find(telegram, "1-0:1.8.0")->status, 0x1c0104U);
}

TEST(SmlQuirks, LocalTimeStamps) {
    const std::string local = "72620373"
                              "6500000002"
                              "53003c"
                              "53003c";
    const auto telegram = list_of(local, {head_of_import + local +
                                          "621e"
                                          "52ff"
                                          "6405f5e1"
                                          "01"});
    EXPECT_EQ(find(telegram, "1-0:1.8.0")->number, 39062.5);
}

TEST(SmlQuirks, EightByteCountersWithSmallScalers) {
    const auto telegram = list_of("01", {head_of_import + "01"
                                                          "621e"
                                                          "52fc"
                                                          "59000000123456789a"
                                                          "01",
                                         "77"
                                         "070100100700ff"
                                         "01"
                                         "01"
                                         "621b"
                                         "52fe"
                                         "59ffffffffffffff9c"
                                         "01"});
    EXPECT_DOUBLE_EQ(find(telegram, "1-0:1.8.0")->number.value(), 7818749.353);
    EXPECT_EQ(find(telegram, "1-0:16.7.0")->number, -1.0);
}

TEST(SmlQuirks, MeterWithoutTotalsHasTheSumOfItsTariffs) {
    const auto telegram = list_of("01", {"77"
                                         "070100010801ff"
                                         "01"
                                         "01"
                                         "621e"
                                         "5200"
                                         "6203"
                                         "01",
                                         "77"
                                         "070100010802ff"
                                         "01"
                                         "01"
                                         "621e"
                                         "5203"
                                         "6204"
                                         "01",
                                         "77"
                                         "070100010701ff"
                                         "01"
                                         "01"
                                         "621b"
                                         "5200"
                                         "52fe"
                                         "01"});
    const Reading reading = to_reading(telegram);
    EXPECT_DOUBLE_EQ(reading.get(Quantity::EnergyForward).value(), 4.003);
    EXPECT_EQ(reading.get(Quantity::Power), -2.0);
}

// An entry of 16.7.0 in W with the given scaler and value, as hex.
std::string entry_of_power(const std::string& scaler, const std::string& value) {
    return "77"
           "070100100700ff"
           "01"
           "01"
           "621b" +
           scaler + value + "01";
}

TEST(SmlQuirks, AScalerOfAnotherTypeIsNoScaler) {
    const Telegram whole = list_of("01", {entry_of_power("52ff", "531267")});
    EXPECT_DOUBLE_EQ(find(whole, "1-0:16.7.0")->number.value(), 471.1);
    EXPECT_EQ(find(list_of("01", {entry_of_power("01", "531267")}), "1-0:16.7.0")->number, 4711.0)
        << "left out";
    for (const char* const scaler : {"62ff", "53ffff", "42ff", "02ff", "55ffffffff"}) {
        const Telegram telegram = list_of("01", {entry_of_power(scaler, "531267")});
        EXPECT_FALSE(find(telegram, "1-0:16.7.0")->number) << scaler;
        EXPECT_FALSE(to_reading(telegram).has(Quantity::Power)) << scaler;
    }
}

TEST(SmlQuirks, ANumberThatIsNoneIsUnknown) {
    for (const char* const value : {"5affffffffffffffffff", "031267", "430102", "51"}) {
        const Telegram telegram = list_of("01", {entry_of_power("52ff", value)});
        ASSERT_NE(find(telegram, "1-0:16.7.0"), nullptr) << value;
        EXPECT_FALSE(to_reading(telegram).has(Quantity::Power)) << value;
    }
    EXPECT_EQ(
        find(list_of("01", {entry_of_power("52ff", "531267"), entry_of_power("52ff", "01")}), "1-0:16.7.0")
            ->number,
        471.1);
}

TEST(SmlQuirks, TwoMetersInOneFileAreNotMixed) {
    const auto message = [](const std::string& server, const std::string& list) {
        std::string body = "76"
                           "0501020304"
                           "6200"
                           "6200"
                           "72"
                           "630701"
                           "77"
                           "01" +
                           server +
                           "01"
                           "01"
                           "71" +
                           list +
                           "01"
                           "01";
        Bytes bytes;
        for (std::size_t i = 0; i < body.size(); i += 2) {
            bytes.push_back(static_cast<std::uint8_t>(std::stoi(body.substr(i, 2), nullptr, 16)));
        }
        const std::uint16_t crc = crc16_x25(bytes);
        return bytes +
               Bytes{0x63, static_cast<std::uint8_t>(crc), static_cast<std::uint8_t>(crc >> 8U), 0x00};
    };
    const std::string one = "0b0a014844480000030201";
    const std::string another = "0b0a014844480000030202";
    const std::string entry = entry_of_power("52ff", "531267");
    Telegram telegram;
    EXPECT_EQ(parse_sml_file(message(one, entry) + message(another, entry), telegram),
              SmlFileResult::Malformed);
    EXPECT_EQ(parse_sml_file(message(one, entry) + message(one, entry), telegram), SmlFileResult::Telegram);
    EXPECT_EQ(parse_sml_file(message(one, entry) + message("01", entry), telegram), SmlFileResult::Telegram);
    EXPECT_EQ(telegram.serial, "1HDH0000197121");
}

TEST(SmlQuirks, KilobytesOfNoiseBeforeAFrame) {
    Bytes noise(20000);
    std::mt19937 random(3);
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(random()); });
    EXPECT_EQ(decode_sml(noise + good).telegrams.size(), 1U);
}

} // namespace
} // namespace gridbridge::test
