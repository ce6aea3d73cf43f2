#include "drivers/text/network.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gridbridge {
namespace {

bool is_in(std::string_view address, const std::string& network) {
    return is_within(address, std::vector<std::string>{network});
}

TEST(Network, AnAddressIsANetworkOfOne) {
    EXPECT_TRUE(is_in("192.168.1.7", "192.168.1.7"));
    EXPECT_FALSE(is_in("192.168.1.6", "192.168.1.7"));
    EXPECT_TRUE(is_in("fd00::1", "fd00:0::1"));
}

TEST(Network, ThePrefixDecides) {
    EXPECT_TRUE(is_in("172.16.0.1", "172.16.0.0/12"));
    EXPECT_TRUE(is_in("172.31.255.255", "172.16.0.0/12"));
    EXPECT_FALSE(is_in("172.32.0.0", "172.16.0.0/12"));
    EXPECT_TRUE(is_in("172.16.9.9", "172.31.1.1/12")) << "bits behind the prefix do not count";
    EXPECT_TRUE(is_in("8.8.8.8", "0.0.0.0/0"));
    EXPECT_FALSE(is_in("::1", "0.0.0.0/0")) << "of the other kind";
    EXPECT_TRUE(is_in("fdff::1", "fd00::/8"));
    EXPECT_FALSE(is_in("fe00::1", "fd00::/8"));
    EXPECT_FALSE(is_in("10.0.0.2", "10.0.0.1/32"));
}

TEST(Network, OneOfSeveralIsEnough) {
    const std::vector<std::string> networks{"10.0.0.0/8", "not one", "192.168.0.0/16"};
    EXPECT_TRUE(is_within("192.168.3.4", networks));
    EXPECT_FALSE(is_within("172.16.0.1", networks));
    EXPECT_FALSE(is_within("not an address", networks));
    EXPECT_FALSE(is_within("10.0.0.1", {}));
}

TEST(Network, WhatIsNoneIsKnown) {
    for (const char* text : {"10.0.0.0", "10.0.0.0/0", "10.0.0.0/32", "::/128", "::1"}) {
        EXPECT_TRUE(is_network(text)) << text;
    }
    for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8x",
                             "proxy", "10.0.0/8", "10.0.0.0/8/8"}) {
        EXPECT_FALSE(is_network(text)) << text;
    }
}

} // namespace
} // namespace gridbridge
