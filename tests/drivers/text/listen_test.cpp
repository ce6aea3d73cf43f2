#include "drivers/meter/meter_config.hpp"
#include "drivers/text/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string normal(std::string_view text) {
    const auto endpoint = parse_listen(text);
    return endpoint ? to_text(*endpoint) : "-";
}

TEST(Listen, APortAloneIsLoopback) {
    EXPECT_EQ(normal("3240"), "127.0.0.1:3240");
    EXPECT_EQ(normal(":3240"), "127.0.0.1:3240");
    EXPECT_EQ(normal("localhost:3240"), "127.0.0.1:3240");
    EXPECT_EQ(normal("0.0.0.0:3240"), "0.0.0.0:3240");
    EXPECT_EQ(normal("[::1]:3240"), "[::1]:3240");
    for (const char* bad : {"", ":", "0", "65536", "3240x", "host:3240", "127.0.0.1", "1.2.3:4", "[::1",
                            "::1:3240", "127.0.0.1:0", "127.0.0.1:-1", " 3240"}) {
        EXPECT_EQ(normal(bad), "-") << bad;
    }
}

TEST(Listen, LoopbackIsKnown) {
    EXPECT_TRUE(is_loopback({"127.0.0.1", 1}));
    EXPECT_TRUE(is_loopback({"127.1.2.3", 1}));
    EXPECT_TRUE(is_loopback({"127.9.9.9", 1}));
    EXPECT_TRUE(is_loopback({"::1", 1}));
    EXPECT_FALSE(is_loopback({"128.0.0.1", 1}));
    EXPECT_FALSE(is_loopback({"::2", 1}));
    EXPECT_FALSE(is_loopback({"", 1}));
    EXPECT_FALSE(is_loopback({"0.0.0.0", 1}));
    EXPECT_FALSE(is_loopback({"::", 1}));
    EXPECT_FALSE(is_loopback({"192.0.2.127", 1}));
}

TEST(ShareKey, IsKeptInFullForm) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri("p1+tcp://d:1?share=3240&share_raw=true", meter), IsEmpty());
    EXPECT_EQ(meter.share, "127.0.0.1:3240");
    EXPECT_THAT(check_meter(meter), IsEmpty());
    EXPECT_EQ(find_meter_key("share")->show(meter), "127.0.0.1:3240");
    EXPECT_THAT(parse_meter_uri("p1+tcp://d:1?share=somewhere", meter),
                ElementsAre(AllOf(HasSubstr("\"share\""), HasSubstr("address:port"))));
}

TEST(ShareKey, NeedsAStream) {
    MeterConfig modbus;
    ASSERT_THAT(parse_meter_uri("cg+tcp://d?share=3240", modbus), IsEmpty());
    EXPECT_THAT(check_meter(modbus), IsEmpty()) << "no upgrade may stop a gateway";
    EXPECT_THAT(unused_text(*find_meter_key("share"), modbus), HasSubstr("does not use \"share\""));
    MeterConfig raw_only;
    ASSERT_THAT(parse_meter_uri("sml+tcp://d:1?share_raw=true", raw_only), IsEmpty());
    EXPECT_THAT(check_meter(raw_only), ElementsAre(HasSubstr("share_raw needs share")));
}

} // namespace
} // namespace gridbridge
