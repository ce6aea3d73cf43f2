#include "drivers/text/base64.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gridbridge {
namespace {

std::string decoded(std::string_view text) {
    const auto bytes = bytes_of_base64(text);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "none";
}

TEST(Base64, VectorsOfRfc4648) {
    for (const auto& [text, bytes] : {std::pair("", ""),
                                      {"Zg==", "f"},
                                      {"Zm8=", "fo"},
                                      {"Zm9v", "foo"},
                                      {"Zm9vYg==", "foob"},
                                      {"Zm9vYmE=", "fooba"},
                                      {"Zm9vYmFy", "foobar"}}) {
        EXPECT_EQ(decoded(text), bytes) << text;
    }
}

TEST(Base64, PaddingMayBeMissingAndOtherCharactersMayNotBeThere) {
    EXPECT_EQ(decoded("Zg"), "f");
    EXPECT_EQ(decoded(" Zm8 \r\n"), "fo");
    EXPECT_EQ(decoded("+/+/"), "\xFB\xFF\xBF");
    for (const char* text : {"Z", "Zm9vY", "Zm9-", "Zm 9v", "Zm\n9v", "\xC3\xA4zzz"}) {
        EXPECT_EQ(decoded(text), "none") << text;
    }
}

} // namespace
} // namespace gridbridge
