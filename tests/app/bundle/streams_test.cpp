// Streams in which secrets were replaced: the meters' own decoders still read them, and what was damaged
// still is.
#include "app/bundle/deciphered.hpp"
#include "app/bundle/modbus_secrets.hpp"
#include "app/bundle/sml_frames.hpp"
#include "app/bundle/sml_secrets.hpp"
#include "app/bundle/telegram_secrets.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/slave/bitwise_crc16.hpp"
#include "app/slave/slave_frame.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "tests/app/bundle/planted.hpp"
#include "tests/drivers/stream/cipher/encrypt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}
std::string text_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

Patterns patterns_for(const Places& places, const std::vector<std::string>& known = {}) {
    SecretList list;
    for (const Place& place : places) {
        list.add(place.secret, SecretKind::Number);
    }
    for (const std::string& secret : known) {
        list.add(secret, SecretKind::Number);
    }
    BundleKey key{};
    key.fill(5);
    return Patterns(replacements_for(list, key));
}

Bytes anonymous(WireDialect dialect, const Bytes& stream, const std::vector<std::string>& known = {}) {
    if (dialect == WireDialect::Sml) {
        return anonymous_sml(stream, patterns_for(places_in_sml(stream), known));
    }
    return anonymous_telegrams(dialect, stream, patterns_for(places_in_telegrams(dialect, stream), known));
}

struct Decoded {
    std::vector<Telegram> telegrams;
    StreamCounters counters;
};
template <typename Decoder>
Decoded decoded(const Bytes& stream) {
    Decoded out;
    Decoder decoder([&](const Telegram& telegram, std::span<const std::uint8_t>) { out.telegrams.push_back(telegram); });
    decoder.feed(stream);
    out.counters = decoder.counters();
    return out;
}

template <typename Decoder>
void expect_same_reading(const Bytes& before, const Bytes& after) {
    const Decoded was = decoded<Decoder>(before);
    const Decoded is = decoded<Decoder>(after);
    EXPECT_EQ(before.size(), after.size());
    ASSERT_EQ(was.telegrams.size(), is.telegrams.size());
    EXPECT_EQ(was.counters.rejected, is.counters.rejected);
    EXPECT_EQ(was.counters.skipped_bytes, is.counters.skipped_bytes);
    for (std::size_t i = 0; i < was.telegrams.size(); ++i) {
        EXPECT_EQ(was.telegrams[i].serial.empty(), is.telegrams[i].serial.empty());
        EXPECT_TRUE(was.telegrams[i].serial.empty() || was.telegrams[i].serial != is.telegrams[i].serial);
        ASSERT_EQ(was.telegrams[i].objects.size(), is.telegrams[i].objects.size());
        for (std::size_t n = 0; n < was.telegrams[i].objects.size(); ++n) {
            EXPECT_EQ(was.telegrams[i].objects[n].number, is.telegrams[i].objects[n].number);
        }
    }
}

Bytes p1(double seconds, const P1Meter& meter = {}) {
    return bytes_of(p1_telegram(simulate_values(seconds), meter));
}

void add(Bytes& stream, const Bytes& more) {
    stream.insert(stream.end(), more.begin(), more.end());
}

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
    Bytes file = octets_at(frames.at(0).payload, frame);
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

// Requests and answers of RTU, one after the other.
class RtuTalk {
  public:
    explicit RtuTalk(SlaveFraming framing = SlaveFraming::Serial) : framing_(framing) {}

    void read(unsigned first, const std::string& text, bool is_damaged = false) {
        const std::size_t words = (text.size() + 1) / 2;
        Bytes request{3};
        add_word(request, first);
        add_word(request, static_cast<unsigned>(words));
        say(true, framed({1, ++transaction_, {}}, request, framing_));
        Bytes answer{3, static_cast<std::uint8_t>(2 * words)};
        add(answer, bytes_of(text));
        answer.resize(2 + 2 * words);
        Bytes frame = framed({1, transaction_, {}}, answer, framing_);
        frame.back() ^= static_cast<std::uint8_t>(is_damaged ? 0x10 : 0);
        say(false, frame);
    }
    void write(unsigned first, const std::string& text) {
        Bytes request{16};
        add_word(request, first);
        add_word(request, static_cast<unsigned>(text.size() / 2));
        request.push_back(static_cast<std::uint8_t>(text.size()));
        add(request, bytes_of(text));
        say(true, framed({1, ++transaction_, {}}, request, framing_));
    }
    ModbusTalk talk() const {
        std::vector<TalkPiece> pieces;
        for (const auto& [is_sent, bytes] : said_) {
            pieces.push_back({is_sent, bytes});
        }
        return modbus_talk(framing_ == SlaveFraming::Tcp, pieces);
    }

  private:
    void say(bool is_sent, Bytes bytes) { said_.emplace_back(is_sent, std::move(bytes)); }

    SlaveFraming framing_;
    std::uint16_t transaction_ = 0;
    std::vector<std::pair<bool, Bytes>> said_;
};

AnonymousTalk anonymous(const RtuTalk& talk, bool is_tcp, bool signs) {
    const ModbusTalk heard = talk.talk();
    const ModbusPlaces places = places_in_modbus(heard, signs);
    Places all = places.received;
    all.insert(all.end(), places.sent.begin(), places.sent.end());
    return anonymous_modbus(is_tcp, heard, signs, patterns_for(all));
}

unsigned wrong_bits(ByteView frame) {
    const unsigned sum = bitwise_crc16(frame.first(frame.size() - 2), 0xA001, 0xFFFF);
    return sum ^ (unsigned{frame[frame.size() - 2]} | unsigned{frame[frame.size() - 1]} << 8U);
}

TEST(ModbusSecrets, KeepChecksumsRightOrWrong) {
    RtuTalk talk;
    talk.read(0x5000, "BQ1234567890XY", true);
    talk.read(0x5000, "BQ1234567890XY");
    const ModbusTalk before = talk.talk();
    ASSERT_EQ(before.received_frames.size(), 2U);
    const AnonymousTalk after = anonymous(talk, false, false);
    EXPECT_THAT(text_of(after.received), Not(HasSubstr("BQ123")));
    const auto first = before.received_frames[0].size;
    EXPECT_EQ(wrong_bits(ByteView(after.received).first(first)), wrong_bits(ByteView(before.received).first(first)));
    EXPECT_NE(wrong_bits(ByteView(after.received).first(first)), 0U);
    EXPECT_EQ(wrong_bits(ByteView(after.received).subspan(first)), 0U);
}

TEST(ModbusSecrets, OfAShortSerialNumber) {
    RtuTalk talk(SlaveFraming::Tcp);
    talk.read(0x5000, std::string("\0" "1\0" "2\0" "A\0\0\0\0\0\0\0\0", 14));
    const AnonymousTalk after = anonymous(talk, true, false);
    EXPECT_THAT(text_of(after.received), Not(HasSubstr(std::string("1\0" "2\0" "A", 5))));
    EXPECT_EQ(after.received.size(), talk.talk().received.size());
}

const std::string payload = R"({"FV":"1.0","GI":"EM580","GS":"KY1234567890S","PG":"T23","ID":"04A1B2C3D4E5F6",)"
                            R"("TT":"Tarif Nord<=>0f8fad5b-d9cb-469f-a165-70867728950e","RD":[{"TM":)"
                            R"("2026-11-30T12:00:00,000+0100 S","TX":"B","RV":1234.5,"RI":"1-b:1.8.0","RU":"kWh"}]})";

TEST(ModbusSecrets, OfASignedRecordAndNoSignature) {
    const std::string signature(136, 'A');
    const std::string record = "OCMF|" + payload + "|{\"SA\":\"ECDSA-secp256r1-SHA256\",\"SD\":\"" + signature + "\"}";
    RtuTalk talk(SlaveFraming::Tcp);
    talk.read(0x5000, "KY1234567890S");
    talk.write(0x7007, std::string("04A1B2C3D4E5F6") + '\0' + '\0');
    for (std::size_t at = 0; at < record.size(); at += 200) {
        talk.read(static_cast<unsigned>(0x7110 + at / 2), record.substr(at, 200));
    }
    const AnonymousTalk after = anonymous(talk, true, true);
    std::string text;
    for (const TalkRegisters& registers : talk.talk().registers) {
        text += registers.first >= 0x7110 ? text_of(octets_at(registers.octets, after.received)) : std::string();
    }
    EXPECT_THAT(text, Not(HasSubstr("AAAA")));
    EXPECT_THAT(text, HasSubstr("\"SD\":\"" + std::string(136, '0') + "\"}"));
    EXPECT_THAT(text, HasSubstr(R"("RV":1234.5,"RI":"1-b:1.8.0","RU":"kWh")"));
    EXPECT_THAT(text, HasSubstr("<=>"));
    for (const char* const secret : {"KY1234567890S", "04A1B2C3D4E5F6", "Tarif Nord", "0f8fad5b-d9cb"}) {
        EXPECT_THAT(text, Not(HasSubstr(secret)));
        EXPECT_THAT(text_of(after.sent), Not(HasSubstr(secret)));
    }
}

TEST(ModbusSecrets, OfOtherMetersAreNoSignatures) {
    RtuTalk talk(SlaveFraming::Tcp);
    talk.read(0x0800, std::string(220, 'v'));
    EXPECT_EQ(anonymous(talk, true, false).received, talk.talk().received);
    EXPECT_NE(anonymous(talk, true, true).received, talk.talk().received);
}

Recording encrypted_recording(const CipherKey& key) {
    Recording recording;
    recording.connections[1] = {1, "p1+tcp://a:1", WireKind::StreamTcp, WireDialect::P1, ""};
    for (int i = 0; i < 3; ++i) {
        const Bytes frame = test::encrypted(p1(i), key, luxembourg_authentication, static_cast<std::uint8_t>(i + 1));
        const auto middle = frame.begin() + 100;
        const Clock::time_point at{std::chrono::seconds(i)};
        recording.records.push_back({Record::Kind::Received, 1, at, {frame.begin(), middle}, {}, 0, 0});
        recording.records.push_back({Record::Kind::Received, 1, at, {middle, frame.end()}, {}, 0, 0});
    }
    return recording;
}

TEST(Deciphered, WithTheKeyTheTelegramsStandInTheirPlace) {
    CipherKey key{};
    key.fill(0x42);
    const Recording before = encrypted_recording(key);
    const Recording after = deciphered(before, {{1, CipherKeys{key, {}}}});
    ASSERT_EQ(after.records.size(), before.records.size());
    Bytes stream;
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        EXPECT_EQ(after.records[i].bytes.size(), before.records[i].bytes.size());
        add(stream, after.records[i].bytes);
    }
    const Decoded telegrams = decoded<P1Decoder>(stream);
    EXPECT_EQ(telegrams.telegrams.size(), 3U);
    EXPECT_EQ(telegrams.counters.skipped_bytes, 0U);
}

TEST(Deciphered, WithoutTheKeyNothingIsLeft) {
    CipherKey key{};
    key.fill(0x42);
    const Recording after = deciphered(encrypted_recording(key), {});
    ASSERT_EQ(after.records.size(), 1U);
    EXPECT_EQ(after.records[0].kind, Record::Kind::Note);
    EXPECT_THAT(after.records[0].text, HasSubstr("6 records"));
    key.fill(0x43); // a wrong one
    for (const Record& record : deciphered(encrypted_recording(key), {{1, CipherKeys{CipherKey{}, {}}}}).records) {
        EXPECT_EQ(text_of(record.bytes), std::string(record.bytes.size(), '\n'));
    }
}

TEST(Deciphered, LeavesPlainTelegramsAlone) {
    Recording recording;
    recording.connections[1] = {1, "p1+tcp://a:1", WireKind::StreamTcp, WireDialect::P1, ""};
    recording.records.push_back({Record::Kind::Received, 1, {}, p1(1), {}, 0, 0});
    EXPECT_EQ(deciphered(recording, {}).records, recording.records);
}

} // namespace
} // namespace gridbridge
