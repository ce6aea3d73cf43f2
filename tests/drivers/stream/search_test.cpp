// Serial settings found by listening.
#include "app/simulate/p1_telegram.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/serial_search.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

MeterConfig p1_on_serial() {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.transport = Transport::Serial;
    return meter;
}

Bytes with_even_parity(std::string_view text) {
    Bytes bytes = bytes_of(text);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 == 0 ? 0U : 0x80U));
    }
    return bytes;
}

const std::string dsmr3 = p1_telegram(simulate_values(3), {.has_crc = false});

TEST(SerialSearch, ListensElevenSecondsAndGoesOn) {
    SerialSearch search(p1_on_serial());
    Clock::time_point now = Clock::time_point{} + 1h;
    search.opened(now);
    EXPECT_EQ(search.step().baud, 115200);
    EXPECT_EQ(search.applied_to(p1_on_serial()).baud, 115200);
    EXPECT_FALSE(search.expire(now + 10999ms));
    EXPECT_EQ(search.deadline(), now + 11s);
    EXPECT_TRUE(search.expire(now += 11s));
    EXPECT_EQ(search.step().baud, 9600);
    EXPECT_FALSE(search.all_tried());
    EXPECT_TRUE(search.expire(search.deadline()));
    EXPECT_EQ(search.step().baud, 115200);
    EXPECT_TRUE(search.all_tried());
}

TEST(SerialSearch, StaysWhereATelegramCame) {
    SerialSearch search(p1_on_serial());
    search.opened({});
    EXPECT_TRUE(search.expire(Clock::time_point{} + 11s));
    search.found();
    search.opened(Clock::time_point{} + 1h); // reconnected
    EXPECT_EQ(search.deadline(), Clock::time_point::max());
    EXPECT_FALSE(search.expire(Clock::time_point{} + 1000h));
    EXPECT_EQ(search.applied_to(p1_on_serial()).baud, 9600);
}

TEST(SerialSearch, IsOffWhenSettingsAreGivenOrCannotDiffer) {
    EXPECT_TRUE(SerialSearch(p1_on_serial()).wanted());
    const std::vector<std::function<void(MeterConfig&)>> changes{
        [](MeterConfig& m) { m.baud = 9600; },
        [](MeterConfig& m) { m.parity = Parity::Even; },
        [](MeterConfig& m) { m.data_bits = 7; },
        [](MeterConfig& m) { m.stop_bits = 1; },
        [](MeterConfig& m) { m.key = "00"; },
        [](MeterConfig& m) { m.driver = DriverKind::Sml; },
        [](MeterConfig& m) { m.transport = Transport::Tcp; },
    };
    for (const auto& change : changes) {
        MeterConfig meter = p1_on_serial();
        change(meter);
        const SerialSearch search(meter);
        EXPECT_FALSE(search.wanted());
        EXPECT_EQ(search.deadline(), Clock::time_point::max());
        EXPECT_EQ(search.applied_to(meter), meter);
    }
}

struct Listened {
    std::size_t telegrams = 0;
    bool parity = false;
};
Listened listen(const Bytes& bytes) {
    Listened listened;
    ParityDecoder decoder([&](const Telegram&, std::span<const std::uint8_t>) { ++listened.telegrams; });
    decoder.feed(bytes);
    listened.parity = decoder.strips_parity();
    return listened;
}

TEST(ParityDecoder, TakesParityOff) {
    const Bytes twice = with_even_parity(dsmr3 + dsmr3);
    EXPECT_EQ(listen(twice).telegrams, 2U);
    EXPECT_TRUE(listen(twice).parity);
}

TEST(ParityDecoder, IsThatOfEveryTransport) {
    for (const Transport transport : {Transport::Serial, Transport::Tcp, Transport::File}) {
        MeterConfig meter = p1_on_serial();
        meter.transport = transport;
        meter.baud = 115200;
        std::size_t telegrams = 0;
        const auto decoder =
            make_stream_decoder(meter, [&](const Telegram&, std::span<const std::uint8_t>) { ++telegrams; });
        decoder->feed(with_even_parity(dsmr3));
        EXPECT_EQ(telegrams, 1U);
    }
}

TEST(ParityDecoder, PlainBytesComeOnceAndUnchanged) {
    const Listened plain = listen(bytes_of(dsmr3 + dsmr3));
    EXPECT_EQ(plain.telegrams, 2U);
    EXPECT_FALSE(plain.parity);
}

TEST(ParityDecoder, EightBitDataUnderAChecksumStays) {
    std::string text =
        "/AUX5\r\n\r\n1-0:1.7.0(00.100*kW)\r\n0-0:96.13.0(" + std::string(64, '\xFF') + ")\r\n!";
    unsigned crc = 0;
    for (const char c : text) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0xA001U : crc >> 1U;
        }
    }
    std::array<char, 12> digits{};
    std::snprintf(digits.data(), digits.size(), "%04X\r\n", crc);
    const Listened listened = listen(bytes_of(text + digits.data()));
    EXPECT_EQ(listened.telegrams, 1U);
    EXPECT_FALSE(listened.parity);
}

TEST(ParityDecoder, WrongParityIsDamage) {
    const Bytes good = with_even_parity(dsmr3);
    for (std::size_t i = 0; i < good.size() - 3; ++i) {
        Bytes damaged = good;
        damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 1U << i % 8);
        ASSERT_EQ(listen(damaged).telegrams, 0U) << i;
    }
}

} // namespace
} // namespace gridbridge::test
