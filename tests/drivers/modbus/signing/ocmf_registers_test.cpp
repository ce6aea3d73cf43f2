#include "drivers/modbus/map/register_job.hpp"
#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

constexpr const char* id = "0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01";

TEST(OcmfRegisters, TextsAreWholeWordsWithANul) {
    EXPECT_EQ(ocmf::encode_text(""), (std::vector<std::uint16_t>{0}));
    EXPECT_EQ(ocmf::encode_text("A"), (std::vector<std::uint16_t>{0x4100}));
    EXPECT_EQ(ocmf::encode_text("AB"), (std::vector<std::uint16_t>{0x4142, 0}));
    EXPECT_EQ(ocmf::encode_text("\u00FC"), (std::vector<std::uint16_t>{0xC3BC, 0}));
    EXPECT_EQ(ocmf::encode_text(std::string(250, 'x')).size(), ocmf::text_words);
    EXPECT_EQ(ocmf::encode_text(std::string(39, 'x')).size(), 20U);
    EXPECT_EQ(ocmf::decode_text(std::vector<std::uint16_t>{0x4142, 0x4300, 0x4444}), "ABC");
    EXPECT_EQ(ocmf::decode_text(std::vector<std::uint16_t>{0x4142}), "AB");
}

TEST(OcmfRegisters, TariffsAreCutBetweenCharacters) {
    EXPECT_EQ(ocmf::shortened("abc", 3), "abc");
    EXPECT_EQ(ocmf::shortened("ab\u20ACd", 5), "ab\u20AC");
    EXPECT_EQ(ocmf::shortened("ab\u20ACd", 4), "ab");
    EXPECT_EQ(ocmf::shortened("ab\u20ACd", 3), "ab");
    EXPECT_EQ(ocmf::shortened("\xBF\xBF\xBF", 2), "") << "no UTF-8 at all";
}

TEST(OcmfRegisters, TextsBeyondTheMeterAreCutWhenAskedFor) {
    StartTransaction start;
    start.transaction_id = "4711";
    start.evse_id = std::string(38, 'x') + "\u00E4";
    start.identification_data = std::string(40, 'y');
    EXPECT_NE(ocmf::problem_with(start).find("at most 39 bytes"), std::string::npos);
    start.shorten = true;
    EXPECT_EQ(ocmf::problem_with(start), "");
    for (const ocmf::Write& write : ocmf::writes_for(start)) {
        if (write.address == 0x7007_reg) {
            EXPECT_EQ(ocmf::decode_text(write.words), std::string(39, 'y'));
        } else if (write.address == 0x701C_reg) {
            EXPECT_EQ(ocmf::decode_text(write.words), std::string(38, 'x')) << "no half character";
        }
    }
}

TEST(OcmfRegisters, TheIdIsBehindTheLastMarker) {
    const std::string text = id;
    EXPECT_EQ(ocmf::id_behind_marker("tariff<=>" + text), text);
    EXPECT_EQ(ocmf::id_behind_marker("a<=>b<=>" + text + " "), text);
    EXPECT_EQ(ocmf::id_behind_marker("<=>" + text.substr(1)), text.substr(1)) << "any id";
    EXPECT_EQ(ocmf::id_behind_marker("tariff<=>4711  "), "4711");
    EXPECT_EQ(ocmf::id_behind_marker("tariff<=>T7"), "");
    EXPECT_EQ(ocmf::id_behind_marker("tariff<=>" + std::string(37, 'x')), "");
    EXPECT_EQ(ocmf::id_behind_marker(text), "");
    EXPECT_EQ(ocmf::id_behind_marker("<=>"), "");
}

TEST(OcmfRegisters, KeysLoseTheirFiller) {
    std::vector<std::uint16_t> raw(33, 0xABCD);
    raw.front() = 0x04AB;
    raw.back() = 0xAB00;
    EXPECT_EQ(ocmf::raw_key_of(raw).size(), 130U);
    EXPECT_TRUE(ocmf::raw_key_of(raw).ends_with("CDAB"));
    EXPECT_EQ(ocmf::raw_key_of(std::vector<std::uint16_t>(33)), "");
    EXPECT_EQ(ocmf::der_key_of(std::vector<std::uint16_t>{0x3003, 0x0102, 0x03FF}), "3003010203");
    EXPECT_EQ(ocmf::der_key_of(std::vector<std::uint16_t>{0x3009, 0x0102, 0x03FF}), "")
        << "longer than the block";
    EXPECT_EQ(ocmf::der_key_of(std::vector<std::uint16_t>{}), "");
    EXPECT_EQ(ocmf::key_layout(1)->raw_words, 49);
    EXPECT_EQ(ocmf::key_layout(1)->der_words, 62);
    EXPECT_FALSE(ocmf::key_layout(2));
}

TEST(OcmfRegisters, TimeIsLowWordFirst) {
    EXPECT_EQ(ocmf::encode_time(0x123456789), (std::vector<std::uint16_t>{0x6789, 0x2345, 1, 0}));
}

// The payload of a real record (EVerest, ocmf_validation) in its unusual spacing.
TEST(OcmfRegisters, RecordsAreRecognised) {
    const std::string good =
        R"(OCMF|{"FV":"1.2","PG":"T23","ID":"(x {y|","TT": "0,49<=>)" + std::string(id) +
        R"(","CT":"EVSEID","CI":"<=>7c3d9e55-0b1c-4f7a-8e2d-6a5b4c3d2e10"}|{"SA":"x","SD":"30"})";
    EXPECT_TRUE(ocmf::is_record(good));
    EXPECT_EQ(ocmf::id_of_record(good), id) << "of the tariff, whatever the other texts say";
    EXPECT_FALSE(ocmf::is_record(good.substr(0, good.size() - 1)));
    EXPECT_FALSE(ocmf::is_record(good.substr(1)));
    EXPECT_FALSE(ocmf::is_record("OCMF|{}"));
    EXPECT_FALSE(ocmf::is_record("OCMF|"));
    EXPECT_FALSE(ocmf::is_record(""));
    EXPECT_EQ(ocmf::id_of_record(R"(OCMF|{"PG":"T23","TT":"none"}|{})"), "T23");
    EXPECT_EQ(ocmf::id_of_record(R"(OCMF|{"PG":"../x","TT":"none"}|{})"), "");
    EXPECT_EQ(ocmf::id_of_record("XXXX|{}|"), "");
}

TEST(RegisterJob, IsSplitIntoRequests) {
    RegisterJob read = RegisterJob::read(0x7110_reg, 260);
    EXPECT_EQ(read.request(), (RegisterRequest{0x7110_reg, 125}));
    EXPECT_EQ(read.request(), (RegisterRequest{0x7110_reg, 125})) << "until it is answered";
    EXPECT_FALSE(read.take(std::vector<std::uint16_t>(125, 1)));
    EXPECT_FALSE(read.take(std::vector<std::uint16_t>(125, 2)));
    EXPECT_EQ(read.request(), (RegisterRequest{0x720A_reg, 10}));
    EXPECT_TRUE(read.take(std::vector<std::uint16_t>(10, 3)));
    EXPECT_EQ(read.words().size(), 260U);
    EXPECT_EQ(read.words().back(), 3);

    RegisterJob write = RegisterJob::write(0x6900_reg, std::vector<std::uint16_t>(126, 7));
    EXPECT_EQ(write.request().write.size(), 123U);
    EXPECT_FALSE(write.take({}));
    EXPECT_EQ(write.request(), (RegisterRequest{0x697B_reg, 0, {7, 7, 7}}));
    EXPECT_TRUE(write.take({}));
}

} // namespace
} // namespace gridbridge
