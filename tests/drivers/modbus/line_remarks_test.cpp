#include "drivers/modbus/line_remarks.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

LineHealth advised(std::string advice) {
    LineHealth health;
    health.advice = std::move(advice);
    return health;
}

TEST(LineRemarks, AreNewsOnceWhateverTheFigures) {
    LineRemarks remarks;
    EXPECT_TRUE(remarks.take({}).empty());
    EXPECT_EQ(remarks.take(advised("up to 400 ms late")).size(), 1U);
    EXPECT_TRUE(remarks.take(advised("up to 700 ms late")).empty());
    EXPECT_EQ(remarks.advice_after(""), "up to 400 ms late");
    EXPECT_EQ(remarks.take(advised("another client")).size(), 1U);
    EXPECT_TRUE(remarks.take({}).empty());
    EXPECT_EQ(remarks.advice_after(""), "");
    EXPECT_EQ(remarks.take(advised("another client")).size(), 1U) << "it began anew";
}

TEST(LineRemarks, AnEchoIsSaidOnce) {
    LineRemarks remarks;
    LineHealth echo;
    echo.echoes = true;
    EXPECT_EQ(remarks.take(echo).size(), 1U);
    EXPECT_TRUE(remarks.take(echo).empty());
    EXPECT_EQ(remarks.advice_after(""), "");
}

} // namespace
} // namespace gridbridge
