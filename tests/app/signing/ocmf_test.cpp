#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/simulate/signing_key.hpp"
#include "drivers/waist/ocmf_names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gridbridge {
namespace {

TEST(Ocmf, ARecordIsSplitAtItsLastSeparator) {
    const auto parts = split_ocmf("OCMF|{\"ID\":\"a{[ b\"}|{\"SD\":\"00\"}");
    ASSERT_TRUE(parts.has_value());
    EXPECT_EQ(parts->payload, "{\"ID\":\"a{[ b\"}");
    EXPECT_EQ(parts->signature, "{\"SD\":\"00\"}");
    const std::string with_filler("OCMF|a|b\0\r\n", 11);
    EXPECT_EQ(split_ocmf(with_filler)->signature, "b");
    for (const char* text : {"", "OCMF", "OCMF|", "OCMF|a", "OCMF|a|", "OCMF||b", "ocmf|a|b", "{}"}) {
        EXPECT_FALSE(split_ocmf(text).has_value()) << text;
    }
}

TEST(Ocmf, SignaturesAreHexOrBase64) {
    const auto hex = parse_ocmf_signature(R"({"SA":"ECDSA-brainpoolP384r1-SHA256","SD":"30fF"})");
    ASSERT_TRUE(hex.has_value());
    EXPECT_EQ(hex->algorithm, "ECDSA-brainpoolP384r1-SHA256");
    EXPECT_EQ(hex->data, (std::vector<std::uint8_t>{0x30, 0xFF}));
    const auto base64 = parse_ocmf_signature(R"({"SE":"base64","SD":"MP8="})");
    ASSERT_TRUE(base64.has_value());
    EXPECT_EQ(base64->data, hex->data);
    for (const char* text : {"", "[]", "{}", R"({"SD":1})", R"({"SD":"0"})", R"({"SD":"0g"})"}) {
        EXPECT_FALSE(parse_ocmf_signature(text).has_value()) << text;
    }
}

TEST(Ocmf, WhatARecordTells) {
    const auto content = parse_ocmf_payload(
        R"({"MS":"KZ1","PG":"T23","ID":"x","TT":"t","RD":[{"TM":"2025-12-17T12:09:16,000+0100 S","TX":"B","RV":12.345,"RI":"1-b:1.8.0","RU":"kWh","ST":"G"}]})");
    ASSERT_TRUE(content.has_value());
    EXPECT_EQ(content->meter, "KZ1");
    EXPECT_EQ(content->pagination, "T23");
    ASSERT_EQ(content->readings.size(), 1U);
    EXPECT_EQ(content->readings[0].value, "12.345");
    EXPECT_EQ(content->readings[0].obis, "1-b:1.8.0");
    EXPECT_FALSE(parse_ocmf_payload("[1]").has_value());
    EXPECT_FALSE(parse_ocmf_payload(R"({"RD":[1]})").has_value());
}

TEST(Ocmf, FilesAreJsonOrBare) {
    EXPECT_EQ(parse_ocmf_file("OCMF|a|b")->record, "OCMF|a|b");
    const auto file = parse_ocmf_file(R"({"ocmf":"OCMF|a|b","public_key":"04","public_key_der":"30"})");
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->public_key, "04");
    EXPECT_FALSE(parse_ocmf_file("{}").has_value());
    EXPECT_FALSE(parse_ocmf_file("").has_value());
}

class Signature : public ::testing::TestWithParam<int> {
  protected:
    static std::string algorithm(const char* spelling) {
        return std::string("ECDSA-") + spelling + std::to_string(GetParam()) + "r1-SHA256";
    }
    const SigningKey key_{GetParam()};
    const std::string payload_ = R"({"LI": 99,"RD":[]})";
};

TEST_P(Signature, FitsWithEitherFormOfTheKeyAndEitherName) {
    const auto signature = key_.sign(payload_);
    for (const char* spelling : {"brainpoolP", "brainpool"}) {
        EXPECT_EQ(why_not_valid(payload_, {algorithm(spelling), signature}, key_.point()), "");
        EXPECT_EQ(why_not_valid(payload_, {algorithm(spelling), signature}, key_.der()), "");
    }
    EXPECT_EQ(key_.der().size(), std::size_t{2} + key_.der()[1]);
}

TEST_P(Signature, NeverFitsAnythingElse) {
    const OcmfSignature good{algorithm("brainpoolP"), key_.sign(payload_)};
    for (std::size_t i = 0; i < payload_.size(); ++i) {
        std::string changed = payload_;
        changed[i] ^= 1;
        EXPECT_NE(why_not_valid(changed, good, key_.point()), "") << i;
    }
    EXPECT_NE(why_not_valid(R"({"LI":99,"RD":[]})", good, key_.point()), "") << "written anew";
    EXPECT_NE(why_not_valid(payload_, good, SigningKey(GetParam()).point()), "") << "another meter";
    EXPECT_NE(why_not_valid(payload_, {"ECDSA-secp521r1-SHA256", good.data}, key_.point()), "");
    EXPECT_NE(why_not_valid(payload_, {"ECDSA-secp384r1-SHA256", good.data}, key_.der()), "")
        << "other curve";
    EXPECT_NE(why_not_valid(payload_, {good.algorithm, {}}, key_.point()), "");
    EXPECT_NE(why_not_valid(payload_, {good.algorithm, {0x30, 0x00}}, key_.point()), "");
    EXPECT_NE(why_not_valid(payload_, good, {}), "");
    EXPECT_NE(why_not_valid(payload_, good, std::vector<std::uint8_t>{0x04, 1, 2}), "");
}

INSTANTIATE_TEST_SUITE_P(Bits, Signature, ::testing::Values(256, 384));

TEST(Ocmf, NamesHaveTheNumbersOfTheMeter) {
    EXPECT_EQ(name_in(identification_level_names, 3), "VERIFIED");
    EXPECT_EQ(name_in(identification_level_names, 9), "UNKNOWN");
    EXPECT_EQ(name_in(identification_type_names, 10), "ISO14443");
    EXPECT_EQ(name_in(identification_type_names, 62), "CENTRAL_2");
    EXPECT_EQ(name_in(identification_type_names, 90), "KEY_CODE");
    EXPECT_EQ(name_in(modality_names, 1), "vehicle_to_grid");
    EXPECT_EQ(identification_flags[7].name, "OCPP_RS_TLS");
    EXPECT_EQ(identification_flags[7].number, 3);
    EXPECT_EQ(identification_flags[7].group, 1U);
}

} // namespace
} // namespace gridbridge
