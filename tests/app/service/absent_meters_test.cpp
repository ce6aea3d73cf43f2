#include "app/service/absent_meters.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

MeterConfig meter(const std::string& uri, OnLost on_lost = OnLost::Retry) {
    MeterConfig config;
    EXPECT_TRUE(parse_meter_uri(uri, config).empty()) << uri;
    config.on_lost = on_lost;
    return config;
}

TEST(AbsentMeters, EndTheProgramWhenNobodyOnTheConnectionAnswersAndOneOfThemWantsIt) {
    AbsentMeters absent(
        {meter("cg+tcp://a?unit=1"), meter("cg+tcp://a?unit=2", OnLost::Exit), meter("cg+tcp://b?unit=1")});
    EXPECT_FALSE(absent.ends_the_program(0)) << "the other one may answer";
    EXPECT_FALSE(absent.ends_the_program(2)) << "nobody wants it there";
    EXPECT_TRUE(absent.ends_the_program(1));
}

TEST(AbsentMeters, OneThatIsAloneEndsItAtOnceOrNever) {
    AbsentMeters absent({meter("cg+tcp://a?unit=1", OnLost::Exit), meter("p1+tcp://b:1")});
    EXPECT_FALSE(absent.ends_the_program(1));
    EXPECT_FALSE(absent.ends_the_program(1));
    EXPECT_TRUE(absent.ends_the_program(0));
}

} // namespace
} // namespace gridbridge
