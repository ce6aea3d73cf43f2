#include "drivers/modbus/signing/request_runner.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Kind = RegisterAnswer::Kind;
using Outcome = RequestRunner::Outcome;

constexpr Clock::time_point now{1h};

RegisterAnswer good(std::size_t words) {
    return {Kind::Good, 0, std::vector<std::uint16_t>(words, 7)};
}

TEST(RequestRunner, PutsTheAnswersOfALongReadTogether) {
    RequestRunner runner(3, 500ms);
    EXPECT_EQ(runner.take(good(1)), Outcome::Unasked);
    runner.go({Step::Text, RegisterJob::read(0x6900_reg, 126)});
    EXPECT_EQ(runner.request().words, 125);
    EXPECT_EQ(runner.take(good(125)), Outcome::GoesOn);
    EXPECT_EQ(runner.request(), (RegisterRequest{0x697D_reg, 1, {}}));
    EXPECT_EQ(runner.take(good(1)), Outcome::Done);
    EXPECT_EQ(runner.words().size(), 126U);
    EXPECT_FALSE(runner.is_busy());
    EXPECT_EQ(runner.step(), Step::Text) << "until something else follows";
    runner.rest();
    EXPECT_EQ(runner.step(), Step::Rest);
}

TEST(RequestRunner, AnAnswerOfAnotherLengthIsLost) {
    RequestRunner runner(3, 500ms);
    runner.go({Step::State, RegisterJob::read(0x7100_reg, 1)});
    EXPECT_EQ(runner.take(good(2)), Outcome::Lost);
    EXPECT_EQ(runner.take({Kind::Refused, 2, {}}), Outcome::Refused);
    EXPECT_TRUE(runner.is_busy()) << "it can be asked again";
}

TEST(RequestRunner, GivesTheFirstContactMoreTime) {
    RequestRunner runner(2, 500ms);
    for (int attempt = 1; attempt < 10; ++attempt) {
        EXPECT_TRUE(runner.retry(now)) << attempt;
        EXPECT_EQ(runner.not_before(), now + 2s);
    }
    EXPECT_FALSE(runner.retry(now));
    runner.forget_attempts();
    runner.contact_made();
    EXPECT_TRUE(runner.retry(now));
    EXPECT_EQ(runner.not_before(), now + 500ms);
    EXPECT_FALSE(runner.retry(now));
}

TEST(RequestRunner, AGoodAnswerEndsTheCount) {
    RequestRunner runner(2, 500ms);
    runner.contact_made();
    runner.go({Step::Text, RegisterJob::read(0x6900_reg, 126)});
    EXPECT_TRUE(runner.retry(now));
    runner.take(good(125));
    EXPECT_TRUE(runner.retry(now));
}

} // namespace
} // namespace gridbridge
