#include "app/verbs/transparency_xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string record_with(const std::string& reason, const std::string& number = "T23") {
    return R"(OCMF|{"PG":")" + number + R"(","RD":[{"TX":")" + reason + R"("}]}|{"SD":"30"})";
}

TEST(TransparencyXml, OneValueWithKeyAndRecord) {
    EXPECT_EQ(transparency_xml(record_with("B"), std::vector<std::uint8_t>{0x30, 0xAB}),
              R"(<?xml version="1.0" encoding="UTF-8"?>
<values>
  <value transactionId="23" context="Transaction.Begin">
    <publicKey encoding="hex">30AB</publicKey>
    <signedData format="OCMF" encoding="plain">OCMF|{"PG":"T23","RD":[{"TX":"B"}]}|{"SD":"30"}</signedData>
  </value>
</values>
)");
}

TEST(TransparencyXml, WhatXmlReservesIsEscapedAndNothingSurroundsTheRecord) {
    const std::string record =
        "OCMF|{\"TT\":\"<=> & 0,45 \xE2\x82\xAC\",\r\n\t\"PG\":\"T1\"}|{\"SD\":\"30\"}";
    const auto xml = transparency_xml(record + "\r\n", {});
    ASSERT_TRUE(xml.has_value());
    EXPECT_THAT(*xml, HasSubstr(">OCMF|{\"TT\":\"&lt;=&gt; &amp; 0,45 \xE2\x82\xAC\",&#13;\n\t\"PG\""));
    EXPECT_THAT(*xml, HasSubstr("\"30\"}</signedData>"));
    EXPECT_THAT(*xml, Not(HasSubstr("publicKey")));
}

TEST(TransparencyXml, TheContextIsThatOfTheFirstReading) {
    EXPECT_THAT(transparency_xml(record_with("P"), {}).value_or(""),
                HasSubstr(R"(context="Transaction.End")"));
    EXPECT_THAT(transparency_xml(record_with("C"), {}).value_or(""),
                HasSubstr("<value transactionId=\"23\">"));
    EXPECT_THAT(transparency_xml(record_with("C", "?"), {}).value_or(""), HasSubstr("<value>"));
}

TEST(TransparencyXml, WhatIsNoRecordIsNotWrapped) {
    for (const char* text :
         {"", "OCMF|{}", "OCMF|[]|{}", "OCMF|{}|{}", "OCMF|{\"TT\":\"\x01\"}|{\"SD\":\"30\"}",
          "OCMF|{\"TT\":\"\xFF\"}|{\"SD\":\"30\"}"}) {
        EXPECT_FALSE(transparency_xml(text, {}).has_value()) << text;
    }
}

} // namespace
} // namespace gridbridge
