// What is kept of a telegram for its topics.
#include "drivers/stream/obis/kept_telegram.hpp"

#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace gridbridge::test {
namespace {

using testing::IsEmpty;

MeterConfig publishing(DriverKind driver) {
    MeterConfig meter;
    meter.driver = driver;
    meter.raw = true;
    meter.obis_all = true;
    return meter;
}

SharedTelegram kept(const MakeDecoder& make, const Bytes& bytes, const MeterConfig& meter) {
    const Decoded decoded = decode_whole(make, bytes);
    return copy_telegram(decoded.telegrams.at(0), decoded.raw.at(0), meter, false);
}

const ObisValue& value(const SharedTelegram& telegram, const std::string& code) {
    return *std::find_if(telegram->values.begin(), telegram->values.end(),
                         [&](const ObisValue& known) { return known.code == code; });
}

TEST(KeptTelegram, TheWholeTelegramHoweverLong) {
    std::string text = "/ISK5\\2\r\n\r\n0-0:96.1.1(45)\r\n1-0:1.7.0(00.100*kW)\r\n";
    for (int i = 0; i < 8; ++i) {
        text += "0-0:96.13." + std::to_string(i) + "(" + std::string(1000, '3') + ")\r\n";
    }
    text += "!\r\n";
    const auto telegram = kept(make_p1, bytes_of(text), publishing(DriverKind::P1));
    EXPECT_GT(text.size(), TelegramCopy::max_raw);
    EXPECT_EQ(telegram->text, text);
    EXPECT_THAT(telegram->raw, IsEmpty()) << "of queries only";
}

TEST(KeptTelegram, OctetsAreDigits) {
    const Bytes bytes = sml_telegram(simulate_values(1));
    const auto telegram = kept(make_sml, bytes, publishing(DriverKind::Sml));
    EXPECT_EQ(telegram->text.size(), 2 * bytes.size());
    EXPECT_TRUE(telegram->text.starts_with("1b1b1b1b01010101"));
    MeterConfig encrypted = publishing(DriverKind::P1);
    encrypted.key = std::string(32, '0');
    EXPECT_EQ(copy_telegram({}, Bytes{0xDB, 0x08}, encrypted, false)->text, "db08");
}

TEST(KeptTelegram, ParityIsNoPartOfTheText) {
    const std::string text = d0_telegram(simulate_values(1), {.has_checksum = true});
    Bytes bytes = bytes_of(text);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    EXPECT_EQ(kept(make_d0, bytes, publishing(DriverKind::D0))->text, text);
}

TEST(KeptTelegram, NothingThatNobodyWants) {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    const Bytes bytes = bytes_of(p1_telegram(simulate_values(1)));
    const auto telegram = kept(make_p1, bytes, meter);
    EXPECT_THAT(telegram->text, IsEmpty());
    EXPECT_THAT(telegram->raw, IsEmpty());
    EXPECT_THAT(telegram->values, IsEmpty());
}

TEST(KeptTelegram, NumbersAreNumbersAndIdentitiesStayTexts) {
    const auto p1 = kept(make_p1, bytes_of(p1_telegram(simulate_values(1))), publishing(DriverKind::P1));
    EXPECT_TRUE(value(p1, "1-0:1.8.1").number);
    EXPECT_EQ(value(p1, "1-0:1.8.1").unit, "kWh");
    EXPECT_FALSE(value(p1, "0-0:96.1.1").number);
    EXPECT_EQ(value(p1, "0-0:96.14.0").number, 2.0) << "a tariff is a quantity";
    EXPECT_TRUE(value(p1, "0-1:24.2.1").time.ends_with("W"));
    const auto d0 = kept(make_d0,
                         bytes_of("/ESY5Q3\r\n\r\n0.0.0(0012345)\r\nF.F(00)\r\n1.8.0(000123.4)\r\n"
                                  "1.8.0*01(000100.0)\r\n!\r\n"),
                         publishing(DriverKind::D0));
    EXPECT_FALSE(value(d0, "1-0:0.0.0").number) << "digits, no number";
    EXPECT_EQ(value(d0, "1-0:1.8.0").number, 123.4) << "without a unit its quantity's is meant";
    EXPECT_EQ(value(d0, "1-0:1.8.0*1").value, "000100.0");
    EXPECT_EQ(value(d0, "F.F").value, "00") << "what is no code keeps its name";
}

} // namespace
} // namespace gridbridge::test
