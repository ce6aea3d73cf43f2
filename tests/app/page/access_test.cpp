#include "app/page/access.hpp"
#include "app/page/password_gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

HttpMessage from(std::string address, std::vector<std::pair<std::string, std::string>> headers) {
    HttpMessage request;
    request.method = "POST";
    request.from = std::move(address);
    request.headers = std::move(headers);
    return request;
}

const AccessRules rules{{"Gateway.local"}, {"172.30.32.0/23"}, true};

TEST(Access, HostIsAnAddressOrAKnownName) {
    for (const char* host : {"192.168.1.7", "192.168.1.7:8480", "[::1]:8480", "localhost", "LOCALHOST:1",
                             "gateway.local:8480", "GATEWAY.LOCAL"}) {
        EXPECT_TRUE(is_host_allowed(from("192.168.1.9", {{"host", host}}), rules)) << host;
    }
    for (const char* host :
         {"evil.example", "evil.example:8480", "gateway.local.evil.example", "", "127.0.0.1.evil.example",
          "localhost.evil.example", "[::1", "a b", "192.168.1.7@evil.example"}) {
        EXPECT_FALSE(is_host_allowed(from("192.168.1.9", {{"host", host}}), rules)) << host;
    }
    EXPECT_FALSE(is_host_allowed(from("192.168.1.9", {}), rules));
    EXPECT_TRUE(is_host_allowed(from("172.30.32.2", {{"host", "any.example"}}), rules))
        << "the proxy has checked";
}

TEST(Access, AChangeComesFromThePageItself) {
    const std::pair<std::string, std::string> json{"content-type", "application/json; charset=utf-8"};
    const std::pair<std::string, std::string> host{"host", "10.0.0.5:8480"};
    const std::pair<std::string, std::string> origin{"origin", "http://10.0.0.5:8480"};
    EXPECT_EQ(why_no_change(from("10.0.0.9", {host, origin, json}), rules), "");
    EXPECT_THAT(why_no_change(from("10.0.0.9", {host, json}), rules), HasSubstr("Origin"));
    for (const char* other :
         {"http://evil.example", "null", "10.0.0.5:8480", "http://10.0.0.5", "file://10.0.0.5:8480"}) {
        EXPECT_THAT(why_no_change(from("10.0.0.9", {host, {"origin", other}, json}), rules),
                    HasSubstr("Origin"))
            << other;
    }
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"}) {
        EXPECT_THAT(why_no_change(from("10.0.0.9", {host, origin, {"content-type", type}}), rules),
                    HasSubstr("Content-Type"))
            << type;
    }
    AccessRules closed = rules;
    closed.has_password = false;
    EXPECT_THAT(why_no_change(from("10.0.0.9", {host, origin, json}), closed), HasSubstr("password_file"));
}

TEST(Access, BehindATrustedProxyTheForwardedHostCounts) {
    AccessRules closed = rules;
    closed.has_password = false;
    const std::vector<std::pair<std::string, std::string>> headers{{"host", "172.30.33.4:8480"},
                                                                   {"x-forwarded-host", "ha.example:8123"},
                                                                   {"origin", "https://ha.example:8123"},
                                                                   {"content-type", "application/json"}};
    EXPECT_EQ(why_no_change(from("172.30.32.2", headers), closed), "");
    EXPECT_THAT(why_no_change(from("10.0.0.9", headers), closed), HasSubstr("Origin"))
        << "anybody can send that header";
}

TEST(Access, PasswordsOfBasicAuthentication) {
    EXPECT_EQ(basic_password("Basic YWRtaW46c2VjcmV0"), "secret");  // admin:secret
    EXPECT_EQ(basic_password("basic OnNlY3JldA=="), "secret");      // :secret
    EXPECT_EQ(basic_password("Basic YTpiOmM="), "b:c");             // a:b:c
    EXPECT_EQ(basic_password("Basic YTpww6Rzcw=="), "p\xC3\xA4ss"); // a:päss
    for (const char* header :
         {"", "Basic", "Basic ", "Basic !!!!", "Bearer OnNlY3JldA==", "Basic c2VjcmV0"}) {
        EXPECT_EQ(basic_password(header), "") << header;
    }
}

TEST(Access, EqualTexts) {
    EXPECT_TRUE(are_equal("secret", "secret"));
    EXPECT_TRUE(are_equal("", ""));
    for (const char* given : {"", "secre", "secrets", "Secret", "secret\n"}) {
        EXPECT_FALSE(are_equal(given, "secret")) << given;
    }
    EXPECT_FALSE(are_equal(std::string_view("secret\0", 7), "secret"));
}

TEST(PasswordGate, OpensForTheRightOneAndSlowsDownGuesses) {
    PasswordGate gate;
    Clock::time_point now{1h};
    EXPECT_EQ(gate.check("a", "secret", "secret", now), Entry::Open);
    EXPECT_EQ(gate.check("a", "", "secret", now), Entry::Wrong) << "a browser asks without one first";
    EXPECT_EQ(gate.check("a", "", "", now), Entry::Wrong) << "no password opens nothing";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(gate.check("a", "guess", "secret", now), Entry::Wrong) << i;
    }
    EXPECT_EQ(gate.check("a", "secret", "secret", now), Entry::TooSoon);
    EXPECT_EQ(gate.pause("a", now), 2s);
    EXPECT_EQ(gate.check("b", "secret", "secret", now), Entry::Open) << "others are not shut out";
    now += 2s;
    EXPECT_EQ(gate.check("a", "guess", "secret", now), Entry::Wrong);
    EXPECT_EQ(gate.pause("a", now), 4s);
    now += 4s;
    EXPECT_EQ(gate.check("a", "secret", "secret", now), Entry::Open);
    EXPECT_EQ(gate.check("a", "guess", "secret", now), Entry::Wrong) << "counted from the start again";
    EXPECT_EQ(gate.pause("a", now), 0s);
}

TEST(PasswordGate, AMillionGuessesTakeYears) {
    PasswordGate gate;
    Clock::time_point now{1h};
    const auto begin = now;
    int looked_at = 0;
    while (looked_at < 100) {
        looked_at += gate.check("a", "guess", "secret", now) == Entry::Wrong ? 1 : 0;
        now += std::max(gate.pause("a", now), 1s);
    }
    EXPECT_GT(now - begin, 7h);
}

TEST(PasswordGate, RemembersOnlySoManyAddresses) {
    PasswordGate gate;
    const Clock::time_point now{1h};
    for (int address = 0; address < 5000; ++address) {
        for (unsigned i = 0; i < PasswordGate::free_tries; ++i) {
            gate.check(std::to_string(address), "guess", "secret", now + std::chrono::milliseconds(address));
        }
    }
    int remembered = 0;
    for (int address = 0; address < 5000; ++address) {
        remembered += gate.pause(std::to_string(address), now) > 0s ? 1 : 0;
    }
    EXPECT_EQ(remembered, static_cast<int>(PasswordGate::most_addresses));
    EXPECT_GT(gate.pause("4999", now), 0s);
}

} // namespace
} // namespace gridbridge
