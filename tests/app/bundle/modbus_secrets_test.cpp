// Registers in which secrets were replaced, and checksums around them.
#include "app/bundle/modbus_secrets.hpp"
#include "app/slave/bitwise_crc16.hpp"
#include "app/slave/slave_frame.hpp"
#include "tests/app/bundle/streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

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
    SecretPlaces all = places.received;
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
    EXPECT_EQ(wrong_bits(ByteView(after.received).first(first)),
              wrong_bits(ByteView(before.received).first(first)));
    EXPECT_NE(wrong_bits(ByteView(after.received).first(first)), 0U);
    EXPECT_EQ(wrong_bits(ByteView(after.received).subspan(first)), 0U);
}

TEST(ModbusSecrets, OfAShortSerialNumber) {
    RtuTalk talk(SlaveFraming::Tcp);
    talk.read(0x5000, std::string("\0"
                                  "1\0"
                                  "2\0"
                                  "A\0\0\0\0\0\0\0\0",
                                  14));
    const AnonymousTalk after = anonymous(talk, true, false);
    EXPECT_THAT(text_of(after.received), Not(HasSubstr(std::string("1\0"
                                                                   "2\0"
                                                                   "A",
                                                                   5))));
    EXPECT_EQ(after.received.size(), talk.talk().received.size());
}

const std::string payload =
    R"({"FV":"1.0","GI":"EM580","GS":"KY1234567890S","PG":"T23","ID":"04A1B2C3D4E5F6",)"
    R"("TT":"Tarif Nord<=>0f8fad5b-d9cb-469f-a165-70867728950e","RD":[{"TM":)"
    R"("2026-11-30T12:00:00,000+0100 S","TX":"B","RV":1234.5,"RI":"1-b:1.8.0","RU":"kWh"}]})";

TEST(ModbusSecrets, OfASignedRecordAndNoSignature) {
    const std::string signature(136, 'A');
    const std::string record =
        "OCMF|" + payload + "|{\"SA\":\"ECDSA-secp256r1-SHA256\",\"SD\":\"" + signature + "\"}";
    RtuTalk talk(SlaveFraming::Tcp);
    talk.read(0x5000, "KY1234567890S");
    talk.write(0x7007, std::string("04A1B2C3D4E5F6") + '\0' + '\0');
    for (std::size_t at = 0; at < record.size(); at += 200) {
        talk.read(static_cast<unsigned>(0x7110 + at / 2), record.substr(at, 200));
    }
    const AnonymousTalk after = anonymous(talk, true, true);
    std::string text;
    for (const TalkRegisters& registers : talk.talk().registers) {
        text += registers.first >= 0x7110
                    ? text_of(ByteView(after.received).subspan(registers.at, registers.size))
                    : std::string();
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

} // namespace
} // namespace gridbridge
