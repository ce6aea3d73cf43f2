// What is said of another server than that of `[mqtt]` names the keys that belong to it.
#include "mqtt/connection/broker_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

// One of each text.
std::vector<std::string> all_texts() {
    std::vector<std::string> texts{explain_early_end(), explain_unknown_host("h"), suspect_take_over("id")};
    for (int code = -1; code <= 6; ++code) {
        texts.push_back(explain_refusal(code, 0));
        texts.push_back(explain_refusal(code, 0, LoginBy::Certificate));
    }
    for (int code = 0x80; code < 0xA4; ++code) {
        texts.push_back(explain_refusal(0, code));
        texts.push_back(explain_loss(code));
    }
    for (const char* line :
         {"unsupported protocol", "unexpected eof", "wrong version number", "unknown ca",
          "certificate required", "handshake failure", "key values mismatch", "No such file"}) {
        texts.push_back(explain_tls_error(line));
    }
    for (const long verdict : {9L, 10L, 20L, 62L, 64L}) {
        texts.push_back(explain_certificate(verdict, "why"));
    }
    for (const int error : {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EIO}) {
        texts.push_back(explain_unreachable(error));
    }
    return texts;
}

TEST(ServerWords, OfAnotherServerNeverNameTheKeysOfTheBroker) {
    for (const std::string& text : all_texts()) {
        for (const ServerWords& words : {words_of_gx, words_of_uplink, words_of_store}) {
            EXPECT_THAT(in_words_of(words, text), Not(HasSubstr("[mqtt]"))) << text;
        }
        EXPECT_THAT(in_words_of(words_of_gx, text), Not(HasSubstr("[gx] servers"))) << text;
        EXPECT_THAT(in_words_of(words_of_store, text), Not(HasSubstr("broker"))) << text;
    }
}

// A gateway that was revoked has no password that anybody could check.
TEST(Refusal, OfACertificateSpeaksOfNoPassword) {
    for (const auto& [return_code, reason_code] : {std::pair{4, 0}, {5, 0}, {5, 0x86}, {5, 0x87}}) {
        const std::string text = explain_refusal(return_code, reason_code, LoginBy::Certificate);
        EXPECT_THAT(text, HasSubstr("[mqtt] cert_file"));
        EXPECT_THAT(text, Not(HasSubstr("password")));
        EXPECT_TRUE(is_login_refusal(text));
        EXPECT_THAT(explain_refusal(return_code, reason_code), HasSubstr("password_file"));
    }
    EXPECT_EQ(explain_refusal(3, 0, LoginBy::Certificate), explain_refusal(3, 0));
}

TEST(ServerWords, NameTheKeyToChange) {
    const std::string name_differs = explain_certificate(62, "hostname mismatch");
    EXPECT_EQ(
        in_words_of(words_of_store, name_differs),
        "the store's certificate is not trusted (hostname mismatch): name the host in url as the certificate "
        "does");
    EXPECT_THAT(in_words_of(words_of_gx, name_differs), HasSubstr("name the host in [gx] server as the"));
    EXPECT_THAT(in_words_of(words_of_uplink, name_differs), HasSubstr("name the host in servers as the"));
    EXPECT_THAT(in_words_of(words_of_store, explain_tls_error("wrong version number")),
                HasSubstr("or use http://"));
}

} // namespace
} // namespace gridbridge
