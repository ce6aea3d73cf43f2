// What stands in place of a secret, and in which forms it is found.
#include "app/bundle/patterns.hpp"
#include "app/bundle/text_secrets.hpp"
#include "drivers/text/characters.hpp"
#include "mqtt/settings/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

BundleKey key_of(int number) {
    BundleKey key{};
    key.fill(static_cast<std::uint8_t>(number));
    return key;
}

std::vector<Replacement> replaced(const std::vector<Secret>& secrets, int key = 1) {
    SecretList list;
    for (const Secret& secret : secrets) {
        list.add(secret.text, secret.kind);
    }
    return replacements_for(list, key_of(key));
}

std::string only(const std::string& text, SecretKind kind = SecretKind::Number, int key = 1) {
    const auto all = replaced({{text, kind}}, key);
    return all.size() == 1 ? all.front().text : std::string();
}

// Digits for digits, letters for letters, everything else as it was.
void expect_same_form(const std::string& was, const std::string& is) {
    ASSERT_EQ(was.size(), is.size()) << was << ' ' << is;
    EXPECT_NE(was, is);
    for (std::size_t i = 0; i < was.size(); ++i) {
        const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
        EXPECT_EQ(is_digit(was[i]), is_digit(is[i])) << was << ' ' << is;
        EXPECT_EQ(is_capital(was[i]), is_capital(is[i])) << was << ' ' << is;
        if (!is_alphanumeric(was[i]) && static_cast<unsigned char>(was[i]) < 0x80) {
            EXPECT_EQ(was[i], is[i]) << was << ' ' << is;
        }
    }
}

TEST(Replacements, AreAsLongAndOfTheSameCharacters) {
    for (const char* const text :
         {"BQ1234567890X", "E0044000000000001", "541448820012345678", "Haus \"A\" 12",
          "M\xC3\xBCller \xE2\x82\xAC\xF0\x9F\x98\x80", "solar-box.local", "0012345", "ab"}) {
        expect_same_form(text, only(text));
    }
    for (const char c : only("0A01DEAD99BEEF", SecretKind::Number)) {
        EXPECT_TRUE(is_hex_digit(c));
    }
    EXPECT_NE(only("12345678").front(), '0');
}

TEST(Replacements, DependOnTheKeyAlone) {
    EXPECT_EQ(only("BQ1234567890X"), only("BQ1234567890X"));
    EXPECT_NE(only("BQ1234567890X"), only("BQ1234567890X", SecretKind::Number, 2));
}

TEST(Replacements, AreDifferentForDifferentSecretsAndNeverASecret) {
    std::vector<Secret> secrets;
    secrets.reserve(400);
    for (int i = 0; i < 400; ++i) {
        secrets.push_back({"X" + std::to_string(100 + i), SecretKind::Number});
    }
    std::set<std::string> texts;
    for (const Replacement& replacement : replaced(secrets)) {
        texts.insert(replacement.text);
        for (const Secret& secret : secrets) {
            EXPECT_NE(replacement.text, secret.text);
        }
    }
    EXPECT_EQ(texts.size(), secrets.size());
}

TEST(Replacements, OfAddressesAreAddresses) {
    for (int key = 0; key < 50; ++key) {
        const std::string address = only("192.168.7.20", SecretKind::Name, key);
        EXPECT_TRUE(is_ipv4(address)) << address;
        EXPECT_EQ(address.size(), std::string("192.168.7.20").size());
    }
}

TEST(Replacements, OfDinLabelsKeepTheMaker) {
    EXPECT_THAT(only("1ISK0075219242"), testing::StartsWith("1ISK00"));
    EXPECT_THAT(only("1DZG0042082910"), testing::StartsWith("1DZG0042")); // a range whose powers are repaired
    EXPECT_NE(only("1DZG0042082910"), "1DZG0042082910");
}

TEST(Replacements, HoldThoseOfSecretsWithin) {
    const auto all = replaced({{"box7.lan", SecretKind::Name}, {"box7", SecretKind::Name}});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_THAT(all[1].text, testing::StartsWith(all[0].text + "."));
}

TEST(Replacements, LeaveWordsOfTheProgramAlone) {
    EXPECT_TRUE(replaced({{"grid", SecretKind::Name},
                          {"Localhost", SecretKind::Name},
                          {"127.0.0.1", SecretKind::Name},
                          {"0000000000", SecretKind::Number},
                          {"***", SecretKind::Name},
                          {"", SecretKind::Name}})
                    .empty());
}

std::string changed(const std::string& text, const std::vector<Secret>& secrets) {
    return Patterns(replaced(secrets)).in_text(text);
}

TEST(Patterns, FindNumbersWithinWordsAndNamesAsWords) {
    const std::vector<Secret> secrets{{"BQ1234567", SecretKind::Number}, {"Anna", SecretKind::Name}};
    EXPECT_THAT(changed("cgwacs_xBQ1234567y", secrets), Not(HasSubstr("BQ1234567")));
    EXPECT_THAT(changed("xbq1234567y", secrets), Not(HasSubstr("bq1234567")));
    EXPECT_EQ(changed("Hannah and annas", secrets), "Hannah and annas");
    EXPECT_THAT(changed("for ANNA: \\nanna %20Anna,", secrets), Not(HasSubstr("nna")));
}

TEST(Patterns, LeaveMeasuredNumbersAlone) {
    const std::vector<Secret> secrets{{"123456", SecretKind::Number}};
    for (const char* const text : {"(123456.789*kWh)", "(00123456)", "1.123456", "(123456*Wh)", "123456.5"}) {
        EXPECT_EQ(changed(text, secrets), text);
    }
    EXPECT_THAT(changed("serial 123456.", secrets), Not(HasSubstr("123456")));
}

TEST(Patterns, FindMacAddressesAndTheirDigits) {
    const std::string text = changed("d8:3a:dd:ab:12:cd D8-3A-DD-AB-12-CD N/d83addab12cd/",
                                     {{"d8:3a:dd:ab:12:cd", SecretKind::Number}});
    for (const char* const form : {"d8:3a", "D8-3A", "d83a"}) {
        EXPECT_THAT(text, Not(HasSubstr(form)));
    }
}

bool is_found(const std::string& text, const std::string& secret) {
    SecretList found;
    find_in_text(text, found);
    return found.has(secret);
}

TEST(TextSecrets, AreFoundByTheirForm) {
    EXPECT_TRUE(is_found("mqtt://anna:geheim@broker9.example.org:1883/x", "anna"));
    EXPECT_TRUE(is_found("mqtt://anna:geheim@broker9.example.org:1883/x", "geheim"));
    EXPECT_TRUE(is_found("mqtt://anna:geheim@broker9.example.org:1883/x", "broker9.example.org"));
    EXPECT_TRUE(is_found("uri = \"em24+tcp://10.0.0.7:502\"", "10.0.0.7"));
    EXPECT_TRUE(is_found("lost 192.168.1.77:502.", "192.168.1.77"));
    EXPECT_TRUE(is_found("tcp://[fd00::12]:502", "fd00::12"));
    EXPECT_TRUE(is_found("from fe80::1:2 at", "fe80::1:2"));
    EXPECT_TRUE(is_found("ap 00:11:22:aa:bb:cc,", "001122aabbcc"));
    EXPECT_TRUE(is_found("solar-3.fritz.box answers", "solar-3.fritz.box"));
    EXPECT_TRUE(is_found("/dev/serial/by-id/usb-FTDI_FT232R_AB0JQ12X-if00-port0", "AB0JQ12X"));
    EXPECT_TRUE(is_found("/home/anna/gridbridge.toml", "anna"));
    EXPECT_TRUE(is_found("name = \"Haus \\\"Sonne\\\"\"", "Haus \"Sonne\""));
    EXPECT_TRUE(is_found("address = 12345678", "12345678"));
    EXPECT_TRUE(is_found(R"({"serial":"BX123","x":1})", "BX123"));
    EXPECT_TRUE(is_found(R"({"CustomName": "Keller"})", "Keller"));
}

TEST(TextSecrets, AreNotSeenInOrdinaryText) {
    SecretList found;
    find_in_text(
        "12:30:45 info 1-0:1.8.0*255 is 12.5 kWh, version 0.1.0, 127.0.0.1:3240, [::1]:80, mqtt://localhost, "
        "/dev/ttyUSB0, role = \"grid\"\n",
        found);
    for (const Secret& secret : found.by_length()) {
        ADD_FAILURE() << secret.text;
    }
}

TEST(TextSecrets, OfSettingsAreTheirDevices) {
    Settings settings;
    settings.set_portal_id("c0619ab0a1b2");
    settings.write("BX1230010001S_S", "CustomName", std::string("Keller"));
    SecretList found;
    find_in_settings(settings.to_json(), found);
    EXPECT_TRUE(found.has("c0619ab0a1b2"));
    EXPECT_TRUE(found.has("BX1230010001S"));
    EXPECT_TRUE(found.has("Keller"));
}

} // namespace
} // namespace gridbridge
