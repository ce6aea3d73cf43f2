#include "mqtt/outlet/venus_request.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

// The rows of the keepalive table as measured on dbus-flashmq v25.
TEST(Keepalive, Options) {
    EXPECT_TRUE(parse_keepalive("").republish);
    const auto echo =
        parse_keepalive(R"({ "keepalive-options" : [ {"full-publish-completed-echo": "Ucq2YLVt" } ] })");
    EXPECT_TRUE(echo.republish);
    EXPECT_EQ(echo.echo, "Ucq2YLVt");
    EXPECT_FALSE(parse_keepalive(R"({"keepalive-options":["suppress-republish"]})").republish);
    EXPECT_FALSE(parse_keepalive("xx suppress-republish").republish);
    const auto both = parse_keepalive(
        R"({"keepalive-options":[{"full-publish-completed-echo":"t"},"suppress-republish"]})");
    EXPECT_FALSE(both.republish);
    EXPECT_EQ(both.echo, std::nullopt);
}

TEST(Keepalive, AnythingElseCountsAsEmpty) {
    for (const char* payload :
         {"this is not json", "1", R"(["grid/#"])", R"({"keepalive-options":["unknown-option"]})",
          R"({"keepalive-options":[{"full-publish-completed-echo":42}]})", R"({"keepalive-options":7})", "{",
          "null"}) {
        EXPECT_TRUE(parse_keepalive(payload).republish) << payload;
        EXPECT_EQ(parse_keepalive(payload).echo, std::nullopt) << payload;
    }
}

TEST(VenusTopic, Grammar) {
    const auto leaf = parse_venus_topic("grid/30/Ac/L1/Power");
    ASSERT_TRUE(leaf);
    EXPECT_EQ(leaf->type, "grid");
    EXPECT_EQ(leaf->instance, 30);
    EXPECT_EQ(leaf->path, "Ac/L1/Power");
    EXPECT_EQ(parse_venus_topic("grid/30/")->path, "");
    for (const char* topic : {"", "grid", "grid/", "grid/30", "grid/x/Ac", "grid/-1/Ac", "/30/Ac",
                              "grid/30/Ac/L1/", "grid/30//Ac", "grid/99999999999/Ac"}) {
        EXPECT_FALSE(parse_venus_topic(topic)) << topic;
    }
}

} // namespace
} // namespace gridbridge
