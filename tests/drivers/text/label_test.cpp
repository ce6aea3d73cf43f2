#include "drivers/text/label.hpp"

#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

struct Case {
    std::string_view sent;
    Label expected;
};

TEST(Label, OctetsOfEquipmentIdentifiersAreDecoded) {
    for (const Case& sent :
         {Case{"4530303331303033303031363939353135", {"E0031003001699515", ""}},
          Case{"4b384547303034303436333935353037", {"K8EG004046395507", ""}},
          Case{"3153414731313030303030303031", {"1SAG1100000001", ""}}, Case{"204B413655", {"KA6U", ""}},
          Case{"31333836343734322020202020202020", {"13864742", ""}},
          Case{"36303834303335343534", {"6084035454", ""}}, Case{"383930", {"890", ""}}}) {
        EXPECT_EQ(label_of_text(sent.sent), sent.expected) << sent.sent;
    }
}

TEST(Label, NumbersThatAreNoOctetsStay) {
    for (const Case& sent :
         {Case{"65432144", {"65432144", "eC!D"}}, Case{"23232323", {"23232323", "####"}},
          Case{"84035454", {"84035454", ""}}, Case{"52494650", {"52494650", "RIFP"}},
          Case{"12345678901234567890123456789012", {"12345678901234567890123456789012", ""}},
          Case{"2020202020202020", {"2020202020202020", ""}}, Case{"31", {"31", "1"}}, Case{"1", {"1", ""}},
          Case{"4B2F47", {"4B2F47", "K/G"}}, Case{"serienummer", {"serienummer", ""}}, Case{"", {"", ""}}}) {
        EXPECT_EQ(label_of_text(sent.sent), sent.expected) << sent.sent;
    }
}

TEST(Label, OctetsAreTextWhenTheyAreALabel) {
    EXPECT_EQ(label_of_octets("31323334"), (Label{"1234", ""}));
    EXPECT_EQ(label_of_octets("52494650"), (Label{"RIFP", ""})) << "octets for sure";
    EXPECT_EQ(label_of_octets("65432144"), (Label{"65432144", "eC!D"}));
    EXPECT_EQ(label_of_octets("0645"), (Label{"0645", ""}));
}

} // namespace
} // namespace gridbridge::test
