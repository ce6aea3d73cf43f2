#include "app/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Checked {
    Config config;
    Findings findings;
};

Checked checked(const std::string& status) {
    Checked made;
    apply_file(made.config, "[status]\n" + status + "[[meter]]\nuri = \"p1+tcp://d:1\"\n", "f",
               made.findings);
    check_config(made.config, made.findings);
    return made;
}

TEST(PageConfig, APasswordOnTheWireIsWarnedOf) {
    const std::string password = "password_file = \"/p\"\n";
    EXPECT_THAT(checked(password).findings.warnings, IsEmpty()) << "this machine only";
    EXPECT_THAT(checked("listen = \"0.0.0.0:8480\"\n").findings.warnings, IsEmpty()) << "no password";
    const auto open = checked("listen = \"0.0.0.0:8480\"\n" + password).findings.warnings;
    ASSERT_EQ(open.size(), 1U);
    EXPECT_THAT(open[0].text, HasSubstr("can be read on the wire at 0.0.0.0:8480: put a proxy"));
    EXPECT_THAT(checked("listen = \"0.0.0.0:8480\"\ntrusted_proxies = [\"172.30.32.2\"]\n" + password)
                    .findings.warnings,
                IsEmpty());
}

TEST(PageConfig, HostsAreNames) {
    EXPECT_THAT(checked("hosts = [\"gateway.local\", \"gw\"]\n").config.status_hosts,
                ElementsAre("gateway.local", "gw"));
    for (const char* host : {"http://gateway.local", "gateway.local:8480", "a@b", "a b"}) {
        const auto errors = checked("hosts = [\"" + std::string(host) + "\"]\n").findings.errors;
        ASSERT_EQ(errors.size(), 1U) << host;
        EXPECT_THAT(errors[0].text, HasSubstr("is not a host name as in gateway.local"));
    }
}

} // namespace
} // namespace gridbridge
