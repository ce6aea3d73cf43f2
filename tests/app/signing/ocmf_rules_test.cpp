// Each rule of OCMF 1.2 by a record that breaks just that one.
#include "app/signing/ocmf_rules.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/simulate/ocmf_text.hpp"
#include "app/simulate/signing_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gridbridge {
namespace {

using testing::HasSubstr;

const std::string good_payload =
    R"({"FV":"1.2","GS":"KZ1","PG":"T23","MS":"KZ1","IS":true,"IL":"VERIFIED","IF":["RFID_PLAIN","OCPP_RS"],)"
    R"("IT":"ISO14443","ID":"04A1B2C3","TT":"0.45","CT":"EVSEID","CI":"DE*1","LC":{"LR": 0,"LU":"mOhm"},"RD":[)"
    R"({"TM":"2025-12-17T12:09:16,000+0100 S","TX":"B","RV":1.637,"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"},)"
    R"({"TM":"2025-12-17T12:30:30,000+0100 S","TX":"E","RV":1.643}]})";
const std::string good_signature = R"({"SD":"3003020101","SA":"ECDSA-brainpoolP384r1-SHA256"})";

std::string record_of(const std::string& payload, const std::string& signature = good_signature) {
    return "OCMF|" + payload + "|" + signature;
}

std::string told(const std::string& record) {
    std::string text;
    for (const OcmfFinding& finding : ocmf_findings(record)) {
        EXPECT_FALSE(finding.problem.empty() || finding.rule.empty()) << finding.field;
        text += finding.field + " " + finding.problem + "\n";
    }
    return text;
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(OcmfRules, NothingIsFoundInAGoodRecord) {
    EXPECT_EQ(told(record_of(good_payload)), "");
    EXPECT_EQ(told(record_of(R"({"PG":"F1","MS":"1","RD":[{"TM":"2018-07-24T13:22:04,000+0200 U","RV":1,)"
                             R"("RI":"1-0:1.8.0*198","RU":"Wh","ST":"G"}]})")),
              "")
        << "a reading without a transaction";
    const SigningKey key(256);
    OcmfTextSource source;
    source.serial = "KZ1230010001S";
    source.number = 1;
    source.type = 10;
    source.identification = "04A1B2C3";
    source.begin = {1700000000, 60, 'S', 'B', 1.5};
    source.end = {1700000600, 60, 'S', 'E', 1.75};
    EXPECT_EQ(told(ocmf_text(source, key)), "") << "of the simulated meter";
}

struct Broken {
    const char* from;
    const char* to;
    const char* told;
};

class OcmfRule : public testing::TestWithParam<Broken> {};

TEST_P(OcmfRule, NamesItsFieldAndNothingElse) {
    EXPECT_EQ(told(record_of(changed(good_payload, GetParam().from, GetParam().to))),
              std::string(GetParam().told) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Payload, OcmfRule,
    testing::Values(Broken{R"("FV":"1.2")", R"("FV":"1.2.0")", R"(FV "1.2.0" is not allowed)"},
                    Broken{R"("PG":"T23",)", "", "PG is missing"},
                    Broken{R"("PG":"T23")", R"("PG":23)", "PG 23 is no text"},
                    Broken{R"("PG":"T23")", R"("PG":"T023")", R"(PG "T023" is not allowed)"},
                    Broken{R"("GS":"KZ1","PG":"T23","MS":"KZ1")", R"("PG":"T23")",
                           "MS is missing, and so is GS"},
                    Broken{R"("IS":true,)", "", "IS is missing"},
                    Broken{R"("IS":true)", R"("IS":"true")", R"(IS "true" is not true or false)"},
                    Broken{R"("IL":"VERIFIED")", R"("IL":"verified")", R"(IL "verified" is not allowed)"},
                    Broken{R"("IT":"ISO14443",)", "", "IT is missing"},
                    Broken{R"("IT":"ISO14443")", R"("IT":"RFID")", R"(IT "RFID" is not allowed)"},
                    Broken{R"("OCPP_RS")", R"("OCPP")", R"(IF "OCPP" is not known)"},
                    Broken{R"("OCPP_RS")", R"("RFID_PSK")", R"(IF "RFID_PSK" is the second of its kind)"},
                    Broken{R"(["RFID_PLAIN","OCPP_RS"])", R"("RFID_PLAIN")", R"(IF "RFID_PLAIN" is no list)"},
                    Broken{R"("ID":"04A1B2C3")", R"("ID":"04A1B2")", R"(ID "04A1B2" is no ISO14443)"},
                    Broken{R"("CT":"EVSEID")", R"("CT":"EVSE")", R"(CT "EVSE" is not allowed)"},
                    Broken{R"("LR": 0)", R"("LR":"0")", "LC.LR is no number"},
                    Broken{R"("LU":"mOhm")", R"("LU":"Ohm")", "LC.LU is no unit of a resistance"}));

INSTANTIATE_TEST_SUITE_P(
    Readings, OcmfRule,
    testing::Values(Broken{R"("TM":"2025-12-17T12:09:16,000+0100 S",)", "", "RD[1].TM is missing"},
                    Broken{"12:09:16,000+0100 S", "12:09:16+0100 S",
                           R"(RD[1].TM "2025-12-17T12:09:16+0100 S" is wrong from its character 20)"},
                    Broken{"12:09:16,000+0100 S", "12:09:16,000+0100",
                           R"(RD[1].TM "2025-12-17T12:09:16,000+0100" is wrong from its character 29)"},
                    Broken{"12:09:16,000+0100 S", "12:09:16,000+0100 X",
                           R"(RD[1].TM "2025-12-17T12:09:16,000+0100 X" is wrong from its character 30)"},
                    Broken{"2025-12-17T12:30", "2025-02-30T12:30",
                           R"(RD[2].TM "2025-02-30T12:30:30,000+0100 S" is no time of the calendar)"},
                    Broken{"12:30:30,000+0100", "12:30:30,000+0200",
                           R"(RD[2].TM "2025-12-17T12:30:30,000+0200 S" is before the reading above it)"},
                    Broken{R"("TX":"E")", R"("TX":"End")", R"(RD[2].TX "End" is not known)"},
                    Broken{R"("TX":"E")", R"("TX":"B")", R"(RD[2].TX "B" comes after another reading)"},
                    Broken{R"("TX":"B")", R"("TX":"E")", R"(RD[2].TX "E" comes after the end)"},
                    Broken{R"("RV":1.637)", R"("RV":"1.637")", R"(RD[1].RV "1.637" is no number)"},
                    Broken{R"("RV":1.643)", R"("RV":1.6)",
                           "RD[2].RV 1.6 is less than in the reading above it"},
                    Broken{R"("RI":"1-b:1.8.0")", R"("RI":"energy")", R"(RD[1].RI "energy" is no OBIS code)"},
                    Broken{R"("RI":"1-b:1.8.0",)", "", "RD[1].RI is missing\nRD[2].RI is missing"},
                    Broken{R"("RU":"kWh")", R"("RU":"KWH")", R"(RD[1].RU "KWH" is not a unit of OCMF)"},
                    Broken{R"("RT":"AC")", R"("RT":"ac")", R"(RD[1].RT "ac" is no kind of current)"},
                    Broken{R"("EF":"")", R"("EF":"T")", R"(RD[1].EF "T" is not known)"},
                    Broken{R"("ST":"G")", R"("ST":"OK")", R"(RD[1].ST "OK" is not known)"}));

TEST(OcmfRules, WhatIsNoRecordAtAll) {
    EXPECT_EQ(told("ocmf|{}|{}"), "record does not begin with OCMF|\n");
    EXPECT_EQ(told("OCMF|{}"), "record has no signature behind its last |\n");
    EXPECT_THAT(told("OCMF|{\"PG\":|{}"), HasSubstr("payload is not JSON from its byte 7"));
    EXPECT_THAT(told(R"(OCMF|{"PG":1E999}|{"SD":-1E999})"),
                HasSubstr("payload holds a number beyond 1.8E308\nsignature holds a number beyond 1.8E308"));
    EXPECT_THAT(told("OCMF|[]|1"), HasSubstr("payload is no JSON object\nsignature is no JSON object"));
    EXPECT_THAT(told(record_of(changed(good_payload, "0.45", "0|45"))), HasSubstr("payload has a |"));
    EXPECT_THAT(told(record_of(R"({"PG":"T1","MS":"1","IS":true,"IT":"NONE"})")), HasSubstr("RD is missing"));
    EXPECT_THAT(told(record_of(R"({"RD":[]})")), HasSubstr("RD is no list of readings"));
    EXPECT_THAT(told(record_of(std::string(40, '[') + std::string(40, ']'))),
                HasSubstr("payload is larger or deeper than any record"));
}

TEST(OcmfRules, TheFieldsOfTheSignature) {
    const auto of = [](const std::string& signature) { return told(record_of(good_payload, signature)); };
    EXPECT_EQ(of(R"({"SA":"ECDSA-secp256k1-SHA256","SE":"base64","SD":"MAMCAQE="})"), "");
    EXPECT_EQ(of(R"({"SA":"RSA","SD":"3003020101"})"), "SA \"RSA\" is not known\n");
    EXPECT_EQ(of(R"({"SE":"HEX","SD":"3003020101"})"), "SE \"HEX\" is not known\n");
    EXPECT_EQ(of(R"({"SM":"text","SD":"3003020101"})"), "SM \"text\" is not known\n");
    EXPECT_EQ(of("{}"), "SD is missing\n");
    EXPECT_EQ(of(R"({"SD":"30030"})"), "SD cannot be decoded\n");
    EXPECT_EQ(of(R"({"SD":"30040201"})"), "SD is 4 bytes, its DER says otherwise\n");
    EXPECT_EQ(of("{\"SD\":\"" + std::string(128, '3') + "\"}"), "SD is 64 bytes that are not DER\n");
}

// Imported and exported energy have a begin and an end each.
TEST(OcmfRules, QuantitiesHaveACourseEach) {
    const std::string two =
        R"({"PG":"T1","MS":"1","IS":false,"IT":"NONE","RD":[)"
        R"({"TM":"2025-01-01T00:00:00,000+0000 S","TX":"B","RV":5,"RI":"1-0:1.8.0","RU":"kWh","ST":"G"},)"
        R"({"TM":"2025-01-01T01:00:00,000+0000 S","TX":"E","RV":6,"RI":"1-0:1.8.0","RU":"kWh","ST":"G"},)"
        R"({"TM":"2025-01-01T00:00:00,000+0000 S","TX":"B","RV":1,"RI":"1-0:2.8.0","RU":"kWh","ST":"G"},)"
        R"({"TM":"2025-01-01T01:00:00,000+0000 S","TX":"E","RV":2,"RI":"1-0:2.8.0","RU":"kWh","ST":"G"}]})";
    EXPECT_EQ(told(record_of(two)), "");
    EXPECT_EQ(told(record_of(changed(two, "\"RV\":2", "\"RV\":0"))),
              "RD[4].RV 0 is less than in the reading above it\n");
}

TEST(OcmfRules, KeysThatDoNotGoWithTheAlgorithm) {
    const SigningKey key(384);
    const std::string algorithm = "ECDSA-brainpoolP384r1-SHA256";
    EXPECT_EQ(why_key_not_usable(algorithm, key.point()), "");
    EXPECT_EQ(why_key_not_usable(algorithm, key.der()), "");
    EXPECT_EQ(key_as_der(algorithm, key.point()), key.der());
    EXPECT_EQ(key_as_der(algorithm, key.der()), key.der());
    const std::vector<std::uint8_t> nonsense{1, 2};
    EXPECT_EQ(key_as_der(algorithm, nonsense), nonsense);
    EXPECT_EQ(why_key_not_usable(algorithm, SigningKey(256).der()),
              "is on the curve brainpoolP256r1, the record was signed on brainpoolP384r1");
    EXPECT_EQ(why_key_not_usable(algorithm, SigningKey(256).point()),
              "has 65 bytes, a point of brainpoolP384r1 has 97");
    std::vector<std::uint8_t> off = key.point();
    off.back() ^= 1;
    EXPECT_EQ(why_key_not_usable(algorithm, off), "is no point of the curve brainpoolP384r1");
    EXPECT_THAT(why_key_not_usable(algorithm, std::vector<std::uint8_t>{0x30, 0x01}),
                HasSubstr("cannot be read"));
    EXPECT_THAT(why_key_not_usable(algorithm, nonsense), HasSubstr("begins neither with 04"));
}

} // namespace
} // namespace gridbridge
