// Every kind of bytes under every driver that may meet it, from what its decoder refuses.
#include "drivers/stream/recognise/recognise.hpp"

#include "drivers/stream/recognise/cosem.hpp"
#include "drivers/stream/recognise/frames.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/recognise/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace gridbridge::test {
namespace {

using testing::HasSubstr;
using enum StreamKind;

struct Keys {
    std::string key, auth_key;
};

MeterConfig meter_of(DriverKind driver, const Keys& keys) {
    MeterConfig meter;
    meter.driver = driver;
    meter.transport = Transport::File;
    meter.key = keys.key;
    meter.auth_key = keys.auth_key;
    return meter;
}

struct Result {
    std::size_t telegrams = 0;
    StreamFinding finding;
};

// What the driver's decoder and then the recogniser make of `bytes`.
Result read_as(DriverKind driver, const Bytes& bytes, const Keys& keys = {}) {
    Result result;
    const auto decoder =
        make_stream_decoder(meter_of(driver, keys), [&](const Telegram&, auto) { ++result.telegrams; });
    decoder->feed(bytes);
    ReadAs read{driver, std::nullopt, decoder->counters().rejected};
    if (!keys.key.empty()) {
        read.keys = CipherKeys{parse_cipher_key(keys.key).value(), parse_cipher_key(keys.auth_key)};
    }
    result.finding = recognise(std::span(bytes).last(std::min(bytes.size(), recognised_bytes)), read);
    return result;
}

constexpr std::array all_drivers{DriverKind::P1, DriverKind::Sml, DriverKind::D0};

struct Case {
    std::string name;
    StreamKind kind;
    std::vector<DriverKind> drivers;
    std::function<Bytes()> bytes; // made when the case runs: every test of this program lists all cases
    Keys keys{};
};

void PrintTo(const Case& row, std::ostream* out) {
    *out << row.name;
}

const std::vector<DriverKind> all(all_drivers.begin(), all_drivers.end());

std::vector<Case> binary_cases() {
    return {
        {"Hdlc", Hdlc, all, [] { return bytes::hdlc(); }},
        {"HdlcAfterNoise", Hdlc, all,
         [] {
             return bytes::repeated(2,
                                    [](auto i) { return i == 1 ? bytes::random_bytes(500) : bytes::hdlc(); });
         }},
        {"MBus", MBus, all, [] { return bytes::mbus(); }},
        {"Encrypted", Encrypted, all, [] { return bytes::encrypted_p1(bytes::own_auth); }},
        {"EncryptedDlms", Encrypted, all, [] { return bytes::encrypted_dlms(bytes::own_auth); }},
        {"Elgama", ProviderCipher, all, [] { return bytes::elgama(); }},
        {"ProviderBlocks", ProviderCipher, all, [] { return bytes::provider_blocks(); }},
    };
}

std::vector<Case> key_cases() {
    using enum DriverKind;
    const Keys right{bytes::key_text, ""};
    const Keys both{bytes::key_text, bytes::auth_text};
    return {
        {"RightKeyDlmsInside",
         DlmsInside,
         {P1},
         [] { return bytes::encrypted_dlms(bytes::public_auth); },
         right},
        {"RightKeysDlmsInside",
         DlmsInside,
         {P1},
         [] { return bytes::encrypted_dlms(bytes::own_auth); },
         both},
        {"RightKeyNoAuthKeyDlmsInside",
         DlmsInside,
         {P1},
         [] { return bytes::encrypted_dlms(bytes::own_auth); },
         right},
        {"EncryptedOnlyDlmsInside", DlmsInside, {P1}, [] { return bytes::encrypted_only_dlms(); }, right},
        {"RightKeyOtherInside", OtherInside, {P1}, [] { return bytes::encrypted_nonsense(); }, right},
        {"WrongAuthKey",
         WrongAuthKey,
         {P1},
         [] { return bytes::encrypted_p1(bytes::own_auth); },
         Keys{bytes::key_text, bytes::key_text}},
        {"MissingAuthKey",
         WrongAuthKey,
         {P1},
         [] { return bytes::encrypted_p1(bytes::own_auth, false); },
         right},
        {"WrongKey",
         WrongKey,
         {P1},
         [] { return bytes::encrypted_p1(bytes::public_auth); },
         Keys{bytes::other_key_text, ""}},
        {"WrongKeyForDlms",
         WrongKey,
         {P1},
         [] { return bytes::encrypted_dlms(bytes::own_auth); },
         Keys{bytes::other_key_text, bytes::auth_text}},
    };
}

std::vector<Case> text_cases() {
    return {
        {"WebPage", Web, all, [] { return bytes::web_page(); }},
        {"Telnet", Login, all, [] { return bytes::telnet(); }},
        {"LoginPrompt", Login, all, [] { return bytes::login(); }},
        {"Modem", Modem, all, [] { return bytes::modem(); }},
        {"Echo", Echo, all, [] { return bytes::echo(); }},
    };
}

std::vector<Case> dialect_cases() {
    return {
        {"P1Elsewhere", StreamKind::P1, {DriverKind::Sml, DriverKind::D0}, [] { return bytes::p1(); }},
        {"Dsmr3OnSml", StreamKind::P1, {DriverKind::Sml}, [] { return bytes::dsmr3(); }},
        {"Dsmr3WithParityOnSml",
         StreamKind::P1,
         {DriverKind::Sml},
         [] { return bytes::with_even_parity(bytes::dsmr3()); }},
        {"DamagedP1OnD0", StreamKind::P1, {DriverKind::D0}, [] { return bytes::damaged(bytes::p1()); }},
        {"SmlElsewhere", StreamKind::Sml, {DriverKind::P1, DriverKind::D0}, [] { return bytes::sml(); }},
        {"SmlThrough7E1",
         StreamKind::Sml,
         {DriverKind::P1, DriverKind::D0},
         [] { return bytes::through_7e1(bytes::sml()); }},
        {"D0Elsewhere", StreamKind::D0, {DriverKind::P1, DriverKind::Sml}, [] { return bytes::d0(); }},
        {"D0PushOnSml", StreamKind::D0, {DriverKind::Sml}, [] { return bytes::d0(3, false); }},
        {"D0WithParityOnSml",
         StreamKind::D0,
         {DriverKind::Sml},
         [] { return bytes::with_even_parity(bytes::d0()); }},
    };
}

std::vector<Case> damage_cases() {
    using enum DriverKind;
    return {
        {"P1WithoutCr", LineEnds, {P1}, [] { return bytes::without('\r', bytes::p1()); }},
        {"P1WithoutLf", LineEnds, {P1}, [] { return bytes::without('\n', bytes::p1()); }},
        {"P1CrToLf", LineEnds, {P1}, [] { return bytes::replaced('\r', {'\n'}, bytes::p1()); }},
        {"P1DoubledCr",
         LineEnds,
         {P1},
         [] {
             return bytes::replaced('\r', {'\r', '\r'}, bytes::p1());
         }},
        {"P1BadChecksum", BadChecksum, {P1}, [] { return bytes::damaged(bytes::p1()); }},
        {"SmlBadChecksum", BadChecksum, {DriverKind::Sml}, [] { return bytes::damaged_sml(); }},
        {"D0BadChecksum", BadChecksum, {DriverKind::D0}, [] { return bytes::damaged(bytes::d0()); }},
        {"P1WithoutItsChecksum", NoChecksum, {P1}, [] { return bytes::without_crc(); }},
    };
}

std::vector<Case> line_cases() {
    return {
        {"InvertedP1", Inverted, all, [] { return bytes::inverted(bytes::p1(1)); }},
        {"InvertedP1WithFramingErrors", Inverted, all, [] { return bytes::inverted(bytes::p1(1), true); }},
        {"InvertedSml", Inverted, all, [] { return bytes::inverted(bytes::sml(2)); }},
        {"InvertedSmlWithFramingErrors", Inverted, all, [] { return bytes::inverted(bytes::sml(2), true); }},
        {"ComplementP1", Inverted, all, [] { return bytes::complement(bytes::p1(1)); }},
        {"ComplementSml", Inverted, all, [] { return bytes::complement(bytes::sml(1)); }},
        {"ComplementD0", Inverted, all, [] { return bytes::complement(bytes::d0(1)); }},
        {"Random", Noise, all, [] { return bytes::random_bytes(1000); }},
        {"SixtyFourRandomBytes", Noise, all, [] { return bytes::random_bytes(64); }},
        {"MuchRandom", Noise, all, [] { return bytes::random_bytes(20000); }},
        {"P1ReadTooFast", Noise, all, [] { return bytes::at_wrong_speed(bytes::p1(1), 48, 4); }},
        {"P1ReadTooSlowly", Noise, all, [] { return bytes::at_wrong_speed(bytes::p1(3), 4, 48); }},
        {"SmlReadTooFast", Noise, all, [] { return bytes::at_wrong_speed(bytes::sml(2), 32, 4); }},
        {"D0ReadAtTwiceItsSpeed", Noise, all, [] { return bytes::at_wrong_speed(bytes::d0(1), 16, 8); }},
        {"D0ReadAtHalfItsSpeed", Noise, all,
         [] { return bytes::at_wrong_speed(bytes::with_even_parity(bytes::d0(3)), 8, 16); }},
        {"D0ReadAtTwiceItsSpeedWithoutFramingErrors", Noise, all,
         [] { return bytes::at_wrong_speed(bytes::d0(3), 16, 8, false); }},
        {"Zeros", Noise, all, [] { return Bytes(500, 0); }},
        {"Modbus", Unknown, all,
         [] { return bytes::repeated(20, [](auto) { return from_hex("010300000002c40b"); }); }},
        {"OtherText", Unknown, all,
         [] { return bytes_of("temperature 21.5 humidity 40\ntemperature 21.6 humidity 41\n"); }},
        {"TwentyBytes", Unknown, all, [] { return bytes::random_bytes(20); }},
        {"TooFew", Nothing, all, [] { return bytes::random_bytes(15); }},
        {"Silence", Nothing, all, [] { return Bytes{}; }},
    };
}

std::vector<Case> cases() {
    std::vector<Case> all_cases;
    for (const auto& some :
         {binary_cases(), key_cases(), text_cases(), dialect_cases(), damage_cases(), line_cases()}) {
        all_cases.insert(all_cases.end(), some.begin(), some.end());
    }
    return all_cases;
}

class RecogniseKind : public testing::TestWithParam<Case> {};

TEST_P(RecogniseKind, NamesTheKind) {
    const Case& row = GetParam();
    const Bytes bytes = row.bytes();
    for (const DriverKind driver : row.drivers) {
        SCOPED_TRACE(driver_row(driver).name);
        const Result result = read_as(driver, bytes, row.keys);
        EXPECT_EQ(result.telegrams, 0U);
        EXPECT_EQ(result.finding.kind, row.kind) << finding_text(result.finding, driver);
    }
}

INSTANTIATE_TEST_SUITE_P(Stream, RecogniseKind, testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

TEST(FindingText, SaysWhatItIsAndWhatToDoInOneLine) {
    for (const StreamKindRow& row : stream_kind_table) {
        const std::string text = finding_text({row.kind, 3, ""}, DriverKind::D0);
        EXPECT_EQ(text.empty(), row.kind == Nothing);
        EXPECT_EQ(text.find('\n'), std::string::npos);
        EXPECT_THAT(text, HasSubstr(std::string(row.what_to_do)));
        EXPECT_TRUE(row.kind == Nothing || row.reader || !row.what_to_do.empty()) << row.what;
        EXPECT_EQ(text.find("(3 so far)") != std::string::npos, row.counted) << text;
    }
    EXPECT_EQ(finding_text({Encrypted}, DriverKind::P1).find("driver"), std::string::npos);
    EXPECT_THAT(finding_text({Encrypted}, DriverKind::Sml), HasSubstr("the driver for them is p1, not sml"));
}

TEST(FindingText, SampleIsSixteenBytes) {
    const StreamFinding finding = read_as(DriverKind::Sml, bytes_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ")).finding;
    EXPECT_EQ(finding.kind, Unknown);
    EXPECT_EQ(finding.sample, "4142434445464748494A4B4C4D4E4F50");
}

TEST(Recognise, CountsTheTelegrams) {
    EXPECT_EQ(read_as(DriverKind::P1, bytes::damaged(bytes::p1(5))).finding.count, 5U);
    EXPECT_EQ(read_as(DriverKind::P1, bytes::without('\r', bytes::p1(4))).finding.count, 4U);
}

// With an odd number of lines: of an even one the check character is right without any CR too.
TEST(Recognise, ReadoutWithoutCr) {
    const std::string data =
        "1-0:1.8.0(1*kWh)\r\n1-0:2.8.0(2*kWh)\r\n1-0:16.7.0(3*W)\r\n1-0:32.7.0(230*V)\r\n!\r\n\3";
    char check = 0;
    for (const char c : data) {
        check = static_cast<char>(check ^ c);
    }
    const Bytes good = bytes_of("/ABC5x\r\n\2" + data + check);
    EXPECT_EQ(read_as(DriverKind::D0, good).telegrams, 1U);
    for (const bool parity : {false, true}) {
        const Bytes bare = bytes::without('\r', good);
        const Result result = read_as(DriverKind::D0, parity ? bytes::with_even_parity(bare) : bare);
        EXPECT_EQ(result.telegrams, 0U);
        EXPECT_EQ(result.finding, (StreamFinding{LineEnds, 1, ""}));
    }
}

TEST(LikelyDriver, IsThatOfTheTelegrams) {
    EXPECT_EQ(likely_driver(bytes::damaged_sml()), DriverKind::Sml);
    EXPECT_EQ(likely_driver(bytes::damaged(bytes::d0())), DriverKind::D0);
    EXPECT_EQ(likely_driver(bytes::damaged(bytes::p1())), DriverKind::P1);
    EXPECT_EQ(likely_driver(bytes::damaged(bytes::dsmr3())), DriverKind::P1);
    EXPECT_EQ(likely_driver(bytes::random_bytes(500)), DriverKind::P1);
}

TEST(Cosem, IsWellFormedToItsLastByte) {
    const Bytes good = bytes::cosem();
    EXPECT_TRUE(is_cosem(good));
    EXPECT_TRUE(is_cosem(std::span(good).subspan(18))); // the structure alone
    EXPECT_FALSE(is_cosem({}));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(is_cosem(std::span(good).first(size))) << size;
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(is_cosem(longer));
    EXPECT_FALSE(is_cosem(Bytes(5000, 0x01))) << "nested arrays";
    EXPECT_FALSE(is_cosem(from_hex("0282ffff00")));
    EXPECT_FALSE(is_cosem(bytes_of(p1_telegram(simulate_values(1)))));
}

TEST(Frames, AreCountedWhereverTheyStand) {
    const Bytes frame = bytes::hdlc_frame(bytes::cosem());
    Bytes shared = frame; // two frames may share a flag
    shared.insert(shared.end(), frame.begin() + 1, frame.end());
    EXPECT_EQ(count_hdlc(shared).good, 2U);
    Bytes bad = frame;
    bad[20] ^= 1U;
    EXPECT_EQ(count_hdlc(bad).good, 0U);
    EXPECT_EQ(count_hdlc(bad).framed, 1U);
    for (std::size_t size = 0; size < frame.size(); ++size) {
        EXPECT_EQ(count_hdlc(std::span(frame).first(size)).framed, 0U);
    }
    Bytes mbus = bytes::mbus();
    EXPECT_EQ(count_mbus(mbus).good, 2U);
    mbus[10] ^= 1U;
    EXPECT_EQ(count_mbus(mbus).good, 1U);
    EXPECT_EQ(count_mbus(mbus).framed, 2U);
    EXPECT_EQ(count_sml_starts(bytes::sml(3)), 3U);
}

} // namespace
} // namespace gridbridge::test
