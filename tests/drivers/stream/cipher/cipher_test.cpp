// The cipher against the openssl program and a published vector; frames against captures (corpus_test).
#include "app/simulate/p1_telegram.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/cipher/cipher_frame.hpp"
#include "tests/drivers/stream/cipher/encrypt.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

const std::string key_text = "000102030405060708090a0b0c0d0e0f";
const CipherKey key = parse_cipher_key(key_text).value();
const CipherKey luxembourg = parse_cipher_key("00112233445566778899AABBCCDDEEFF").value();
const CipherKey own = parse_cipher_key("ffeeddccbbaa99887766554433221100").value();

Bytes encrypted(const std::string& telegram, const CipherKey& authentication, std::uint8_t counter = 1) {
    return test::encrypted(bytes_of(telegram), key, authentication, counter);
}

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Decoded decode_encrypted(const Bytes& bytes, std::optional<CipherKey> authentication = std::nullopt) {
    return decode_whole(
        [&](TelegramSink sink) {
            return std::make_unique<CipherDecoder>(std::move(sink), CipherKeys{key, authentication});
        },
        bytes);
}

const std::string good = p1_telegram(simulate_values(100));
const std::string no_crc = p1_telegram(simulate_values(100), {.has_crc = false});

TEST(Cipher, GcmVectorWithTheTagCutTo96Bits) {
    // McGrew and Viega, The Galois/Counter Mode of Operation, test case 4.
    const auto vector_key = parse_cipher_key("feffe9928665731c6d6a8f9467308308").value();
    const Bytes iv = from_hex("cafebabefacedbaddecaf888");
    const Bytes aad = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const Bytes text =
        from_hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
                 "ac84aa051ba30b396a0aac973d58e091");
    Bytes tag = from_hex("5bc94fbc3221a5db94fae95a");
    Bytes plain;
    ASSERT_TRUE(decipher(vector_key, {iv, aad, text, tag}, plain));
    EXPECT_EQ(
        plain,
        from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                 "49a6b525b16aedf5aa0de657ba637b39"));
    tag[0] = 0;
    EXPECT_FALSE(decipher(vector_key, {iv, aad, text, tag}, plain));
    EXPECT_TRUE(decipher(vector_key, {iv, aad, text, {}}, plain));
}

TEST(Cipher, KeysAre32HexDigits) {
    EXPECT_TRUE(parse_cipher_key(key_text));
    for (const char* text :
         {"", "00", "000102030405060708090a0b0c0d0e0", "g00102030405060708090a0b0c0d0e0f"}) {
        EXPECT_FALSE(parse_cipher_key(text)) << text;
    }
}

TEST(CipherFrame, LuxembourgKeyIsTheDefault) {
    const Bytes frame = encrypted(good, luxembourg);
    const Decoded decoded = decode_encrypted(frame);
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(decoded.telegrams[0].serial, "E0044000000000001");
    EXPECT_EQ(decoded.raw[0], frame);
    // The tag vouches for a telegram without a checksum of its own.
    EXPECT_EQ(decode_encrypted(encrypted(p1_telegram(simulate_values(1), {.has_crc = false}), luxembourg))
                  .telegrams.size(),
              1U);
}

TEST(CipherFrame, UnknownAuthenticationKeyNeedsTheInnerChecksum) {
    EXPECT_EQ(decode_encrypted(encrypted(good, own)).telegrams.size(), 1U);
    const Decoded without = decode_encrypted(encrypted(no_crc, own));
    EXPECT_EQ(without.telegrams.size(), 0U);
    EXPECT_EQ(without.rejected(Rejection::Undeciphered), 1U);
}

TEST(CipherFrame, GivenAuthenticationKeyMustFit) {
    EXPECT_EQ(decode_encrypted(encrypted(good, own), own).telegrams.size(), 1U);
    const Decoded wrong = decode_encrypted(encrypted(good, own), luxembourg);
    EXPECT_EQ(wrong.telegrams.size(), 0U);
    EXPECT_EQ(wrong.rejected(Rejection::Undeciphered), 1U);
}

TEST(CipherFrame, EveryCutAndEveryLostByteCostsOneTelegram) {
    const Bytes frame = encrypted(good, luxembourg);
    const Bytes next = encrypted(good, luxembourg, 2);
    for (std::size_t at = 1; at < frame.size(); at += 3) {
        const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(at));
        Bytes shorter = frame;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
        ASSERT_EQ(decode_encrypted(cut + next + next).telegrams.size(), 2U) << at;
        ASSERT_EQ(decode_encrypted(shorter + next + next).telegrams.size(), 2U) << at;
    }
}

TEST(CipherFrame, EveryFlippedBitIsSeen) {
    const Bytes frame = encrypted(good, luxembourg);
    for (std::size_t i = 0; i < frame.size(); ++i) {
        Bytes damaged = frame;
        damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 1U << i % 8);
        ASSERT_EQ(decode_encrypted(damaged, luxembourg).telegrams.size(), 0U) << i;
    }
}

TEST(CipherFrame, FalseHeadsDoNotHoldUpTheStream) {
    Bytes noise;
    for (int i = 0; i < 3000; ++i) {
        noise = std::move(noise) + from_hex("db0853414767700001028240003000000001");
    }
    const Decoded decoded = decode_encrypted(noise + encrypted(good, luxembourg));
    EXPECT_EQ(decoded.telegrams.size(), 1U);
}

TEST(CipherFrame, HeadsAndLengthForms) {
    CipherHead head;
    EXPECT_EQ(read_cipher_head(from_hex("db085341476770000102813030000000aa"), head), HeadState::Good);
    EXPECT_EQ(head.size, 17U);
    EXPECT_EQ(head.cipher_text, 0x30U - 17);
    EXPECT_EQ(read_cipher_head(from_hex("db0853414767700001027f30000000aa"), head), HeadState::Good);
    EXPECT_EQ(head.frame(), 16U + 0x7F - 17 + 12);
    EXPECT_EQ(read_cipher_head(from_hex("db08534147"), head), HeadState::Incomplete);
    for (const char* bad : {"db09", "db085341476770000102831000", "db0853414767700001028101",
                            "db08534147677000010282ffff", "db08534147677000010282020020"}) {
        EXPECT_EQ(read_cipher_head(from_hex(bad), head), HeadState::NoHead) << bad;
    }
}

TEST(CipherKeysOfAMeter, AreNeverRepeatedInMessages) {
    MeterConfig meter;
    const auto problems = parse_meter_uri("p1+serial:///dev/ttyUSB0?key=5ec2e75ec2e7&auth_key=5ec2e7", meter);
    ASSERT_EQ(problems.size(), 2U);
    for (const std::string& problem : problems) {
        EXPECT_NE(problem.find("key"), std::string::npos);
        EXPECT_EQ(problem.find("5ec2e7"), std::string::npos) << problem;
    }
    EXPECT_EQ(parse_meter_uri("p1:/x?key=5ec2e7", meter).at(0).find("5ec2e7"), std::string::npos);
    meter = {};
    static_cast<void>(parse_meter_uri("sml+serial:///dev/ttyUSB0?key=" + key_text, meter));
    const std::string unused = unused_text(*find_meter_key("key"), meter);
    EXPECT_NE(unused.find("does not use \"key\""), std::string::npos) << unused;
    EXPECT_EQ(unused.find(key_text), std::string::npos) << unused;
    meter = {};
    static_cast<void>(parse_meter_uri("p1+serial:///dev/ttyUSB0?auth_key=" + key_text, meter));
    EXPECT_EQ(check_meter(meter).size(), 1U);
}

} // namespace
} // namespace gridbridge::test
