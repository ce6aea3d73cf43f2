#include "drivers/waist/guarded.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

TEST(Guarded, GivesWhatIsReturned) {
    Guarded<std::string> text("ab");
    text.with([](std::string& value) { value += "c"; });
    const Guarded<std::string>& readable = text;
    EXPECT_EQ(readable.with([](const std::string& value) { return value; }), "abc");
}

TEST(Guarded, NoChangeOfSeveralThreadsIsLost) {
    Guarded<int> number(0);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 1000; ++n) {
                    number.with([](int& value) { ++value; });
                }
            });
        }
    }
    EXPECT_EQ(number.with([](int value) { return value; }), 4000);
}

TEST(Guarded, AWaitEndsWithTheChangeItWaitsFor) {
    Guarded<int> number(0);
    std::jthread writer([&] {
        for (int n = 0; n < 10; ++n) {
            number.change([](int& value) { ++value; });
        }
    });
    const int seen = number.wait(
        Clock::time_point::max(), {}, [](int value) { return value == 10; },
        [](int& value) { return value; });
    EXPECT_EQ(seen, 10);
}

TEST(Guarded, AWaitEndsAtItsDeadlineAndWithAStop) {
    Guarded<int> number(7);
    const auto never = [](int) { return false; };
    const auto value_of = [](int& value) { return value; };
    EXPECT_EQ(number.wait(Clock::now(), {}, never, value_of), 7);
    std::jthread waiter(
        [&](const std::stop_token& stop) { number.wait(Clock::time_point::max(), stop, never, value_of); });
    waiter.request_stop();
    waiter.join(); // or the test never ends
}

} // namespace
} // namespace gridbridge
