// Telegrams in which secrets were replaced: the meters' own decoders still read them, and what was damaged
// still is.
#include "app/bundle/sml_frames.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/slave/bitwise_crc16.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "tests/app/bundle/planted.hpp"
#include "tests/app/bundle/streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(P1Secrets, OfGoodAndDamagedTelegrams) {
    Bytes stream = p1(1);
    Bytes cut = p1(2); // followed directly by a good one
    cut.resize(cut.size() / 2);
    add(stream, cut);
    add(stream, p1(3));
    Bytes flipped = p1(4);
    flipped[200] ^= 1U;
    add(stream, flipped);
    add(stream, p1(5));
    const Bytes after = anonymous(WireDialect::P1, stream);
    expect_same_reading<P1Decoder>(stream, after);
    EXPECT_EQ(decoded<P1Decoder>(after).counters.rejected[0], 2U);
    EXPECT_THAT(text_of(after), Not(HasSubstr(planted_upper_hex("E0044000000000001"))));
}

// A damaged serial number is one nobody knows: it is replaced as well.
TEST(P1Secrets, AreReplacedWhereTheyAreDamaged) {
    Bytes stream = p1(1);
    std::string text = text_of(stream);
    text.replace(text.find("453030"), 6, "453031");
    const Bytes after = anonymous(WireDialect::P1, bytes_of(text));
    EXPECT_THAT(text_of(after), Not(HasSubstr("453031")));
    expect_same_reading<P1Decoder>(bytes_of(text), after);
}

TEST(P1Secrets, UnderX25) {
    std::string text = text_of(p1(1));
    text.resize(text.rfind('!') + 1);
    const unsigned sum = bitwise_crc16(bytes_of(text), 0x8408, 0xFFFF) ^ 0xFFFFU;
    char digits[8]{};
    std::snprintf(digits, sizeof digits, "%04x\r\n", sum);
    const Bytes stream = bytes_of(text + digits);
    ASSERT_EQ(decoded<P1Decoder>(stream).telegrams.size(), 1U);
    expect_same_reading<P1Decoder>(stream, anonymous(WireDialect::P1, stream));
}

TEST(P1Secrets, WithoutChecksum) {
    P1Meter meter;
    meter.has_crc = false;
    Bytes stream = p1(1, meter);
    add(stream, p1(2, meter));
    expect_same_reading<P1Decoder>(stream, anonymous(WireDialect::P1, stream));
}

Bytes with_parity(Bytes stream) {
    for (std::uint8_t& byte : stream) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80 : 0));
    }
    return stream;
}

TEST(P1Secrets, OfALineWithParity) {
    const Bytes stream = with_parity(p1(1));
    const Bytes after = anonymous(WireDialect::P1, stream);
    expect_same_reading<ParityDecoder>(stream, after);
    EXPECT_EQ(decoded<ParityDecoder>(after).telegrams.size(), 1U);
    EXPECT_EQ(after, with_parity([after] {
                  Bytes seven = after;
                  for (std::uint8_t& byte : seven) {
                      byte &= 0x7FU;
                  }
                  return seven;
              }()));
}

Bytes d0(double seconds, bool has_checksum = true) {
    D0Meter meter;
    meter.has_checksum = has_checksum;
    return bytes_of(d0_telegram(simulate_values(seconds), meter));
}

TEST(D0Secrets, OfGoodAndDamagedReadouts) {
    for (const bool has_checksum : {true, false}) {
        Bytes stream = d0(1, has_checksum);
        Bytes flipped = d0(2, has_checksum);
        flipped[flipped.size() / 2] ^= 1U;
        add(stream, flipped);
        add(stream, d0(3, has_checksum));
        for (const Bytes& line : {stream, with_parity(stream)}) {
            const Bytes after = anonymous(WireDialect::D0, line);
            expect_same_reading<D0Decoder>(line, after);
            EXPECT_GE(decoded<D0Decoder>(after).telegrams.size(), 2U);
        }
    }
}

TEST(D0Secrets, OfARequestToAnAddress) {
    const std::string after = text_of(anonymous(WireDialect::D0, bytes_of("/?12345678!\r\n")));
    EXPECT_THAT(after, Not(HasSubstr("12345678")));
    EXPECT_EQ(after.size(), 13U);
    EXPECT_EQ(text_of(anonymous(WireDialect::D0, bytes_of("/?!\r\n"))), "/?!\r\n");
}

TEST(D0Secrets, OfAShortNumberAreNowhereElse) {
    const std::string text = "/ESY5Q3\r\n\r\n0.0.0(1234)\r\n1.8.0(001234.0*kWh)\r\n!\r\n";
    const std::string after = text_of(anonymous(WireDialect::D0, bytes_of(text)));
    EXPECT_THAT(after, Not(HasSubstr("0.0.0(1234)")));
    EXPECT_THAT(after, HasSubstr("1.8.0(001234.0*kWh)"));
}

Bytes sml(double seconds, const SmlMeter& meter = {}) {
    return sml_telegram(simulate_values(seconds), meter);
}

TEST(SmlSecrets, OfGoodAndDamagedFiles) {
    Bytes stream = sml(1);
    Bytes flipped = sml(2);
    flipped[150] ^= 4U;
    add(stream, flipped);
    Bytes cut = sml(3);
    cut.resize(cut.size() / 2);
    add(stream, cut);
    for (int i = 4; i < 40; ++i) {
        add(stream, sml(i));
    }
    const Bytes after = anonymous(WireDialect::Sml, stream);
    expect_same_reading<SmlDecoder>(stream, after);
    EXPECT_EQ(decoded<SmlDecoder>(after).telegrams.size(), 37U);
    EXPECT_THAT(text_of(after), Not(HasSubstr(planted_server_id("1ISK0075219242"))));
}

// A meter that leaves out a zero in front of a checksum does so behind a replacement too.
Bytes with_short_checksums(const Bytes& frame) {
    std::vector<std::size_t> escapes;
    const auto frames = sml_frames(frame, escapes);
    Bytes file = octets_at(sml_payload(frames.at(0), frame), frame);
    for (bool again = true; again;) {
        again = false;
        for (const SmlMessage& message : sml_messages(file)) {
            if (message.crc_size != 2) {
                continue;
            }
            for (unsigned id = 0; file[message.crc] != 0; ++id) { // until the checksum is short
                file[message.id] = static_cast<std::uint8_t>(id >> 8U);
                file[message.id + 1] = static_cast<std::uint8_t>(id);
                const auto covered = std::span(file).subspan(message.begin, message.end - message.begin);
                const unsigned sum = bitwise_crc16(covered, 0x8408, 0xFFFF) ^ 0xFFFFU;
                file[message.crc] = static_cast<std::uint8_t>(sum);
                file[message.crc + 1] = static_cast<std::uint8_t>(sum >> 8U);
            }
            file.erase(file.begin() + static_cast<std::ptrdiff_t>(message.crc));
            file[message.crc - 1] = 0x62;
            again = true;
            break;
        }
    }
    return sml_frame(file);
}

TEST(SmlSecrets, UnderShortChecksums) {
    Bytes stream;
    for (int i = 0; i < 5; ++i) {
        add(stream, with_short_checksums(sml(i)));
    }
    ASSERT_EQ(decoded<SmlDecoder>(stream).telegrams.size(), 5U);
    expect_same_reading<SmlDecoder>(stream, anonymous(WireDialect::Sml, stream));
}

TEST(SmlSecrets, LeaveEscapesAsTheyAre) {
    SmlMeter meter;
    meter.server_id = {0x0A, 0x01, 0x49, 0x53, 0x4B, 0x1B, 0x1B, 0x1B, 0x1B, 0x2A};
    const Bytes stream = sml(1, meter);
    const Bytes after = anonymous(WireDialect::Sml, stream);
    EXPECT_EQ(decoded<SmlDecoder>(stream).telegrams.size(), decoded<SmlDecoder>(after).telegrams.size());
}

} // namespace
} // namespace gridbridge
