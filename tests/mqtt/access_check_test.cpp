#include "mqtt/access_check.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

TEST(AccessCheck, WarnsOnceWhenOurOwnMessageDoesNotComeBack) {
    int warnings = 0;
    AccessCheck check("gridbridge/p/status", [&](const std::string&) { ++warnings; });
    Messages out;
    const Clock::time_point start{};
    check.tick(start + 1h, out);
    EXPECT_EQ(warnings, 0) << "never connected";
    check.connected(start, out);
    check.tick(start + 9s, out);
    EXPECT_EQ(warnings, 0);
    EXPECT_EQ(check.next_tick(start), start + 10s);
    check.tick(start + 10s, out);
    check.tick(start + 20s, out);
    EXPECT_EQ(warnings, 1);
}

TEST(AccessCheck, IsContentWhenItComesBack) {
    int warnings = 0;
    AccessCheck check("gridbridge/p/status", [&](const std::string&) { ++warnings; });
    Messages out;
    const Clock::time_point start{};
    check.connected(start, out);
    check.request({"gridbridge/p/status", "online", false}, start + 1s, out);
    check.tick(start + 1h, out);
    EXPECT_EQ(warnings, 0);
    EXPECT_EQ(check.filters(), std::vector<std::string>{"gridbridge/p/status"});
}

} // namespace
} // namespace gridbridge
