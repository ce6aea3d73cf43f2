// With certificates that openssl made.
#include "mqtt/broker/own_certificate.hpp"

#include "tests/fakes/folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace gridbridge {
namespace {

std::string made(const TestFolder& folder, int days) {
    const std::string file = folder.path() + "/own.crt";
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gw -days " +
        std::to_string(days) + " -keyout " + folder.path() + "/own.key -out " + file + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return file;
}

TEST(OwnCertificate, ItsEndIsSaidThirtyDaysBefore) {
    const TestFolder folder;
    const std::int64_t now = std::time(nullptr);
    const std::string file = made(folder, 31);
    const auto end = certificate_end(file);
    ASSERT_TRUE(end);
    EXPECT_NEAR(static_cast<double>(*end - now), 31 * 86400, 120);
    EXPECT_EQ(certificate_remark(file, end, now), "");
    EXPECT_NE(certificate_remark(file, end, now + 2 * 86400).find("own.crt ends on 20"), std::string::npos);
    EXPECT_NE(certificate_remark(file, end, now + 32 * 86400).find("own.crt has ended on 20"),
              std::string::npos);
}

TEST(OwnCertificate, WhatIsNoneHasNoEnd) {
    const TestFolder folder;
    EXPECT_EQ(certificate_end(folder.path() + "/none"), std::nullopt);
    std::ofstream(folder.path() + "/odd") << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    EXPECT_EQ(certificate_end(folder.path() + "/odd"), std::nullopt);
    EXPECT_EQ(certificate_remark("none", std::nullopt, 0), "");
}

} // namespace
} // namespace gridbridge
