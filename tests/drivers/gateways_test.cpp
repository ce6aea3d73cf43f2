#include "drivers/gateways.hpp"

#include <gtest/gtest.h>

#include <map>

namespace gridbridge {
namespace {

std::vector<MeterConfig> meters_at(const std::vector<std::string>& uris) {
    std::vector<MeterConfig> meters;
    for (const std::string& uri : uris) {
        EXPECT_TRUE(parse_meter_uri(uri, meters.emplace_back()).empty()) << uri;
    }
    return meters;
}

struct Names {
    std::map<std::string, std::vector<std::string>> addresses;
    std::vector<std::string> asked;

    std::vector<std::string> keys_of(const std::vector<std::string>& uris) {
        const auto meters = meters_at(uris);
        return shared_connections(meters, [this](const std::string& host) {
            asked.push_back(host);
            return addresses[host];
        });
    }
};

TEST(Gateways, OneHostIsOneConnectionAndNotLookedUp) {
    Names names;
    const auto keys = names.keys_of({"cg+tcp://gateway.lan?unit=1", "cg+tcp://GATEWAY.lan.:502?unit=2",
                                     "sunspec+tcp://gateway.lan", "cg+rtutcp://gateway.lan:502",
                                     "p1+tcp://gateway.lan:502", "cg+rtu:///dev/ttyUSB0"});
    EXPECT_EQ(keys[0], keys[1]);
    EXPECT_EQ(keys[0], keys[2]);
    EXPECT_NE(keys[0], keys[3]) << "other frames";
    EXPECT_TRUE(names.asked.empty());
}

TEST(Gateways, NameAndAddressOfOneGatewayAreOneConnection) {
    Names names{
        {{"gateway", {"fd00::5", "192.0.2.5"}}, {"192.0.2.5", {"192.0.2.5"}}, {"192.0.2.6", {"192.0.2.6"}}},
        {}};
    const auto keys =
        names.keys_of({"cg+tcp://192.0.2.6", "cg+tcp://192.0.2.5?unit=1", "cg+tcp://gateway?unit=2",
                       "cg+tcp://gateway?unit=3", "cg+tcp://gateway:1502"});
    EXPECT_NE(keys[0], keys[1]);
    EXPECT_EQ(keys[1], keys[2]);
    EXPECT_EQ(keys[1], keys[3]);
    EXPECT_NE(keys[1], keys[4]) << "another port";
    EXPECT_EQ(names.asked.size(), 3U) << "each once";
}

TEST(Gateways, WhatCannotBeLookedUpHasAConnectionOfItsOwn) {
    Names names;
    const auto keys = names.keys_of({"cg+tcp://one", "cg+tcp://two"});
    EXPECT_NE(keys[0], keys[1]);
}

} // namespace
} // namespace gridbridge
