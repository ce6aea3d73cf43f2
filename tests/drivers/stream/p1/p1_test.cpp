#include "app/simulate/p1_telegram.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/p1/p1_text.hpp"
#include "drivers/text/crc16.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace gridbridge::test {
namespace {

const std::string good = p1_telegram(simulate_values(100));

Decoded decode_p1(const std::string& stream, P1Options options = {}) {
    const MakeDecoder make = [options](TelegramSink sink) {
        return std::make_unique<P1Decoder>(std::move(sink), options);
    };
    return decode_whole(make, bytes_of(stream));
}

TEST(P1, DecodesWhatTheEncoderSays) {
    const SimulatedValues values = simulate_values(1234);
    const Decoded decoded = decode_p1(p1_telegram(values));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.telegrams[0].ident, "ISK5\\2M550T-1012");
    EXPECT_EQ(decoded.telegrams[0].serial, "E0044000000000001");
    const Reading reading = to_reading(decoded.telegrams[0]);
    EXPECT_NEAR(reading.get(Quantity::Power).value(), values.power(), 2);
    EXPECT_NEAR(reading.get(Quantity::EnergyForward).value(), values.energy_in, 0.002);
    EXPECT_NEAR(reading.get(Quantity::EnergyReverse).value(), values.energy_out, 0.002);
    for (int phase = 1; phase <= 3; ++phase) {
        const SimulatedPhase& sent = values.phases[static_cast<std::size_t>(phase - 1)];
        EXPECT_NEAR(reading.get(of_phase(Quantity::Power, phase)).value(), sent.power, 1);
        EXPECT_NEAR(reading.get(of_phase(Quantity::Voltage, phase)).value(), sent.voltage, 0.06);
        const double signed_current = sent.power < 0 ? -sent.current : sent.current;
        EXPECT_NEAR(reading.get(of_phase(Quantity::Current, phase)).value(), signed_current, 0.51);
    }
    EXPECT_EQ(reading.get(Quantity::ActiveTariff), 2.0);
    EXPECT_FALSE(reading.has(Quantity::Frequency));
}

TEST(P1, RawBytesAreTheTelegramWithoutItsLineEnd) {
    const Decoded decoded = decode_p1("noise" + good + good);
    ASSERT_EQ(decoded.raw.size(), 2U);
    EXPECT_EQ(decoded.raw[1], bytes_of(good.substr(0, good.size() - 2)));
    EXPECT_EQ(decoded.counters.skipped_bytes, 5U);
}

TEST(P1, WrongChecksumIsCountedAndCostsNoOther) {
    std::string bad = good;
    bad[200] = bad[200] == '1' ? '2' : '1';
    const Decoded decoded = decode_p1(bad + good);
    EXPECT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.rejected(Rejection::BadChecksum), 1U);
}

TEST(P1, EveryCutIsFollowedByTheGoodOne) {
    for (std::size_t cut = 1; cut < good.size() - 2; ++cut) {
        ASSERT_EQ(decode_p1(good.substr(0, cut) + good).telegrams.size(), cut >= good.size() - 2 ? 2U : 1U)
            << cut;
    }
}

TEST(P1, EveryLostByteCostsOneTelegram) {
    for (std::size_t lost = 0; lost < good.size() - 2; ++lost) {
        std::string damaged = good;
        damaged.erase(lost, 1);
        ASSERT_EQ(decode_p1(damaged + good).telegrams.size(), 1U) << lost;
    }
}

TEST(P1, EveryFlippedBitIsSeen) {
    for (std::size_t i = 0; i < good.size() - 2; ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string damaged = good;
            damaged[i] = static_cast<char>(static_cast<std::uint8_t>(damaged[i]) ^ (1U << bit));
            const Decoded decoded = decode_p1(damaged);
            // Case of the checksum's digits does not matter.
            const bool letter_case = i + 6 >= good.size() && bit == 5 && good[i] >= 'A';
            ASSERT_EQ(decoded.telegrams.size(), letter_case ? 1U : 0U) << i;
        }
    }
}

TEST(P1, TooLongIsDropped) {
    const Decoded decoded = decode_p1("/ABC5\r\n" + std::string(P1Decoder::max_telegram, 'x') + good);
    EXPECT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.rejected(Rejection::TooLong), 1U);
}

TEST(P1, LongestTelegramIsTaken) {
    const auto telegram_of = [](std::size_t filler) {
        std::string text =
            "/ABC5\r\n\r\n1-0:1.7.0(00.100*kW)\r\n0-0:96.13.0(" + std::string(filler, '4') + ")\r\n!\r";
        return text;
    };
    const std::size_t around = telegram_of(0).size();
    EXPECT_EQ(decode_p1(telegram_of(P1Decoder::max_telegram - around)).telegrams.size(), 1U);
    EXPECT_EQ(decode_p1(telegram_of(P1Decoder::max_telegram - around + 1)).telegrams.size(), 0U);
}

TEST(P1, OldTelegramWithoutChecksumNeedsEveryLineGood) {
    const std::string old = "/KMP5 ZABF\r\n\r\n1-0:1.7.0(0000.98*kW)\r\n!\r\n";
    EXPECT_EQ(decode_p1(old).telegrams.size(), 1U);
    const Decoded broken = decode_p1("/KMP5 ZABF\r\n\r\n1-0:1.7.0(0000.98*kW\r\n!\r\n");
    EXPECT_EQ(broken.telegrams.size(), 0U);
    EXPECT_EQ(broken.rejected(Rejection::Malformed), 1U);
    const Decoded spliced = decode_p1(old.substr(0, 20) + old);
    EXPECT_EQ(spliced.telegrams.size(), 1U);
    EXPECT_EQ(spliced.rejected(Rejection::Truncated), 1U);
}

TEST(P1, EndMarkBehindTheLastLine) {
    EXPECT_EQ(decode_p1("/ADN9 6534\r\n\r\n1-0:71.7.0(006.9*A)!\r\n").telegrams.size(), 1U);
}

TEST(P1, BareEndMarkAtTheEndOfAFile) {
    const std::string old = "/KMP5 ZABF\r\n\r\n1-0:1.7.0(0000.98*kW)\r\n!";
    EXPECT_EQ(decode_p1(old).telegrams.size(), 1U);
    EXPECT_EQ(decode_p1("/ISK5\\2\r\n\r\n1-3:0.2.8(50)\r\n1-0:1.7.0(00.100*kW)\r\n!").telegrams.size(), 0U);
    EXPECT_EQ(decode_p1("/KMP5 ZABF\r\n\r\n1-0:1.7.0(0000.98*kW\r\n!").telegrams.size(), 0U);
    EXPECT_EQ(decode_p1(good + "!").telegrams.size(), 1U);
    // A link that broke off is no end of file.
    std::size_t telegrams = 0;
    P1Decoder decoder([&](const Telegram&, std::span<const std::uint8_t>) { ++telegrams; });
    decoder.feed(bytes_of(old));
    decoder.reset();
    EXPECT_EQ(telegrams, 0U);
}

TEST(P1, WithoutChecksumEveryByteIsText) {
    EXPECT_EQ(
        decode_p1("/KMP5 ZABF\r\n\r\n1-0:1.7.0(0000.98*kW)\r\n0-0:96.13.0(\xFF)\r\n!\r\n").telegrams.size(),
        0U);
}

// Each header would cost a checksum over all that follows.
TEST(P1, FloodOfHeadersBeforeOneEndMark) {
    std::string flood;
    while (flood.size() < P1Decoder::max_telegram - good.size() - 10) {
        flood += "/ABC5";
    }
    const Decoded decoded = decode_p1(flood + good);
    EXPECT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_LT(decoded.rejected(Rejection::BadChecksum), 20U);
}

TEST(P1, Dsmr5WithoutChecksumIsAnOption) {
    const std::string stripped = "/ISK5\\2\r\n\r\n1-3:0.2.8(50)\r\n1-0:1.7.0(00.100*kW)\r\n!\r\n";
    const Decoded strict = decode_p1(stripped);
    EXPECT_EQ(strict.telegrams.size(), 0U);
    EXPECT_EQ(strict.rejected(Rejection::NoChecksum), 1U);
    EXPECT_EQ(decode_p1(stripped, {.accept_without_crc = true}).telegrams.size(), 1U);
    EXPECT_EQ(
        decode_p1("/FLU5\\2\r\n\r\n0-0:96.1.4(50217)\r\n1-0:1.7.0(00.100*kW)\r\n!\r\n").telegrams.size(), 0U);
}

TEST(P1, ResetCountsTheUnfinishedTelegram) {
    P1Decoder decoder([](const Telegram&, std::span<const std::uint8_t>) {});
    decoder.feed(bytes_of(good.substr(0, 300)));
    decoder.reset();
    EXPECT_EQ(decoder.counters().rejected[static_cast<std::size_t>(Rejection::Truncated)], 1U);
    decoder.feed(bytes_of(good));
    EXPECT_EQ(decoder.counters().telegrams, 1U);
}

Telegram parse(const std::string& lines, std::size_t malformed = 0) {
    Telegram telegram;
    EXPECT_EQ(parse_p1_text("XXX5ident\r\n\r\n" + lines, telegram), malformed);
    return telegram;
}

TEST(P1Text, ValueForms) {
    const Telegram telegram =
        parse("1-0:1.8.1(000051.775*kWh)\r\n0-0:96.14.0(0001)\r\n0-0:96.13.0()\r\n"
              "0-1:24.2.1(150117180000W)(00473.789*m3)\r\n0-2:24.2.1(632525252525S)(00000.000)\r\n"
              "1-1:31.4.0(100*A)(-063*A)\r\n");
    EXPECT_EQ(find(telegram, "1-0:1.8.1")->number, 51.775);
    EXPECT_EQ(find(telegram, "1-0:1.8.1")->unit, "kWh");
    EXPECT_EQ(find(telegram, "0-0:96.14.0")->text, "0001");
    EXPECT_FALSE(find(telegram, "0-0:96.14.0")->number);
    EXPECT_EQ(find(telegram, "0-0:96.13.0")->text, "");
    EXPECT_EQ(find(telegram, "0-1:24.2.1")->time, "150117180000W");
    EXPECT_EQ(find(telegram, "0-1:24.2.1")->number, 473.789);
    EXPECT_EQ(find(telegram, "0-2:24.2.1")->text, "00000.000");
    EXPECT_EQ(find(telegram, "1-1:31.4.0")->groups, (std::vector<std::string>{"100*A", "-063*A"}));
}

TEST(P1Text, OldGasValueIsOnALineOfItsOwn) {
    const Telegram telegram =
        parse("0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)\r\n0-1:24.4.0(1)\r\n");
    const ObisObject* const gas = find(telegram, "0-1:24.3.0");
    EXPECT_EQ(gas->number, 124.477);
    EXPECT_EQ(gas->unit, "m3");
    EXPECT_EQ(gas->time, "120517020000");
    EXPECT_EQ(find(telegram, "0-1:24.4.0")->text, "1");
}

TEST(P1Text, WrappedLineIsJoined) {
    const Telegram telegram = parse("0-0:96.13.0(3031\r\n3233)\r\n1-0:1.7.0(00.1\r\n00*kW)\r\n");
    EXPECT_EQ(find(telegram, "0-0:96.13.0")->text, "30313233");
    EXPECT_EQ(find(telegram, "1-0:1.7.0")->number, 0.1);
}

TEST(P1Text, MalformedLineCostsOnlyItself) {
    const Telegram telegram =
        parse("1-0:2.7.0(00.2*kW\r\n1-0:1.7.0(00.1*kW)\r\nnonsense\r\n1-0:21.7.0(1*kW)x\r\n", 3);
    EXPECT_EQ(telegram.objects.size(), 3U) << "two of the three have a code";
    EXPECT_EQ(find(telegram, "1-0:1.7.0")->number, 0.1);
    EXPECT_FALSE(find(telegram, "1-0:21.7.0")->number);
}

TEST(P1Text, NumbersThatAreNoneStayText) {
    const Telegram telegram = parse("1-0:1.8.1(NaN*kWh)\r\n1-0:1.8.2(1e400*kWh)\r\n1-0:2.8.1(*A)\r\n");
    for (const ObisObject& object : telegram.objects) {
        EXPECT_FALSE(object.number);
        EXPECT_FALSE(object.text.empty());
    }
}

TEST(P1Text, CountsAreBounded) {
    std::string many_groups = "1-0:99.97.0";
    std::string many_lines;
    for (int i = 0; i < 2000; ++i) {
        many_groups += "()";
        many_lines += "1-0:1.7.0()\r\n";
    }
    parse(many_groups + "\r\n", 1);
    EXPECT_EQ(parse(many_lines, 2000 - 512).objects.size(), 512U);
}

TEST(P1Text, SerialIsDecodedFromHexOrTakenAsText) {
    EXPECT_EQ(parse("0-0:96.1.1(204B413655)\r\n").serial, "KA6U");
    EXPECT_EQ(parse("0-0:96.1.1(39602219769671)\r\n").serial, "39602219769671"); // not printable
    EXPECT_EQ(parse("0-0:96.1.1(serienummer)\r\n").serial, "serienummer");
    EXPECT_EQ(parse("0-0:96.1.0(383930)\r\n0-1:96.1.0(31)\r\n").serial, "890");
    EXPECT_EQ(parse("0-0:96.1.1()\r\n").serial, "");
}

// A telegram of `watts`, with its checksum printed by the given function.
template <typename Checksum>
Bytes summed(int watts, Checksum checksum) {
    const std::string text = "/HOL5\\DTSD545\r\n\r\n1-0:1.7.0(" + std::to_string(watts) + "*W)\r\n!";
    std::array<char, 12> digits{};
    std::snprintf(digits.data(), digits.size(), "%04X\r\n", unsigned{checksum(bytes_of(text))});
    return bytes_of(text + digits.data());
}
Bytes arc(int watts) {
    return summed(watts, [](const Bytes& bytes) { return crc16_arc(bytes); });
}
Bytes x25(int watts) {
    return summed(watts, [](const Bytes& bytes) { return crc16_x25(bytes); });
}

// Powers of the telegrams taken.
std::vector<double> taken(const std::vector<Bytes>& telegrams, std::uint64_t& refused) {
    Bytes stream;
    for (const Bytes& telegram : telegrams) {
        stream.insert(stream.end(), telegram.begin(), telegram.end());
    }
    const Decoded decoded = decode_whole(make_p1, stream);
    refused = decoded.rejected(Rejection::BadChecksum);
    std::vector<double> powers;
    for (const Telegram& telegram : decoded.telegrams) {
        powers.push_back(find(telegram, "1-0:1.7.0")->number.value());
    }
    return powers;
}

TEST(P1Checksum, TheFirstTelegramSettlesItsKind) {
    std::uint64_t refused = 0;
    EXPECT_EQ(taken({x25(1), x25(2), x25(3)}, refused), (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(refused, 0U);
    EXPECT_EQ(taken({x25(1), arc(2), x25(3), arc(4), x25(5)}, refused), (std::vector<double>{1, 3, 5}));
    EXPECT_EQ(refused, 2U);
    EXPECT_EQ(taken({arc(1), x25(2), arc(3)}, refused), (std::vector<double>{1, 3}));
}

TEST(P1Checksum, AnotherKindCountsAfterTwoInARow) {
    std::uint64_t refused = 0;
    EXPECT_EQ(taken({arc(1), x25(2), x25(3), x25(4), x25(5)}, refused), (std::vector<double>{1, 4, 5}));
    EXPECT_EQ(refused, 2U);
    Bytes damaged = x25(3);
    damaged[30] ^= 1U;
    EXPECT_EQ(taken({arc(1), x25(2), damaged, x25(4), arc(5)}, refused), (std::vector<double>{1, 5}));
    EXPECT_EQ(taken({damaged, x25(4)}, refused), (std::vector<double>{4}));
}

TEST(P1Text, ALineThatIsNoObjectIsThereAllTheSame) {
    for (const char* const line : {"1-0:2.7.0(", "1-0:2.7.0", "1-0:2.7.0(00.1", "1-0:2.7.0((00.1*kW))",
                                   "1-0:2.7.0(00.1*kW)x", "1-0:2.7.0)00.1*kW("}) {
        const Telegram telegram = parse("1-0:1.7.0(00.500*kW)\r\n" + std::string(line) + "\r\n", 1);
        ASSERT_EQ(telegram.objects.size(), 2U) << line;
        EXPECT_FALSE(to_reading(telegram).has(Quantity::Power)) << line;
    }
    for (const char* const value : {"", "00,1*kW", "00.1 *kW", "0x1*kW", "00.1", "00.1*k", "*kW", "-*kW"}) {
        const Telegram telegram = parse("1-0:2.7.0(00.000*kW)\r\n1-0:1.7.0(" + std::string(value) + ")\r\n");
        EXPECT_FALSE(to_reading(telegram).has(Quantity::Power)) << value;
    }
}

} // namespace
} // namespace gridbridge::test
