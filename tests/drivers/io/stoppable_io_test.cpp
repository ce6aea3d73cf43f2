#include "drivers/io/stoppable_io.hpp"

#include "tests/drivers/io/io_ends.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

constexpr auto patience = 60s;

class StoppableIoTest : public testing::Test {
  protected:
    StoppableIoTest() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
        own.reset(ends[0]);
        peer.reset(ends[1]);
    }
    IoResult read(Clock::duration limit, const std::stop_token& stop = {}) {
        return io.read(own.get(), buffer, Clock::now() + limit, stop);
    }

    Descriptor own;
    Descriptor peer;
    StoppableIo io;
    Bytes buffer = Bytes(16);
};

TEST_F(StoppableIoTest, ReadsWhatIsThereEvenAfterTheDeadline) {
    ASSERT_EQ(::write(peer.get(), "abc", 3), 3);
    const IoResult result = read(-1s);
    EXPECT_EQ(result.size, 3U);
    EXPECT_EQ(buffer[2], 'c');
    const IoResult nothing = read(1ms);
    EXPECT_EQ(nothing.size, 0U);
    EXPECT_EQ(nothing.error, 0);
    EXPECT_FALSE(nothing.has_ended);
}

// A machine that stood still is told by a nap that was too long, not by what the caller had to do long ago.
TEST_F(StoppableIoTest, ADeadlineThatIsLongPastIsNoPause) {
    const IoResult nothing = read(-60s);
    EXPECT_EQ(nothing.size, 0U);
    EXPECT_EQ(nothing.error, 0);
    EXPECT_FALSE(nothing.has_ended);
}

TEST_F(StoppableIoTest, WaitsForTheFirstByte) {
    const std::jthread sender([&] { EXPECT_EQ(::write(peer.get(), "x", 1), 1); });
    EXPECT_EQ(read(patience).size, 1U);
}

TEST_F(StoppableIoTest, TheEndAndErrorsAreToldApart) {
    peer.reset();
    EXPECT_TRUE(read(patience).has_ended);
    EXPECT_EQ(io.write(own.get(), buffer, Clock::now() + patience, {}).error, EPIPE) << "and no signal";
    EXPECT_EQ(io.read(-1, buffer, Clock::now(), {}).error, EBADF);
}

TEST_F(StoppableIoTest, EveryStopRequestEndsTheWaitItIsFor) {
    for (int i = 0; i < 2; ++i) { // the second token takes the place of the first
        std::stop_source stop;
        std::atomic<bool> reading = false;
        const std::jthread stopper([&] {
            reading.wait(false);
            stop.request_stop();
        });
        reading = true;
        reading.notify_one();
        const IoResult result = read(patience, stop.get_token());
        EXPECT_EQ(result.size, 0U);
        EXPECT_EQ(result.error, 0);
    }
    EXPECT_EQ(::write(peer.get(), "x", 1), 1);
    EXPECT_EQ(read(patience).size, 1U) << "without a stop request it goes on";
}

TEST_F(StoppableIoTest, WritesAllToAReaderThatIsSlower) {
    const Bytes much(4'000'000, 'x');
    std::size_t received = 0;
    {
        const std::jthread reader([&] {
            StoppableIo other;
            Bytes part(100'000);
            while (received < much.size()) {
                const IoResult result = other.read(peer.get(), part, Clock::now() + patience, {});
                if (result.size == 0) {
                    return;
                }
                received += result.size;
            }
        });
        EXPECT_EQ(io.write(own.get(), much, Clock::now() + patience, {}).size, much.size());
    }
    EXPECT_EQ(received, much.size());
}

TEST_F(StoppableIoTest, AReaderThatNeverReadsCostsTheDeadlineOnly) {
    const IoResult result = io.write(own.get(), Bytes(4'000'000), Clock::now() + 10ms, {});
    EXPECT_EQ(result.error, 0);
    EXPECT_LT(result.size, 4'000'000U);
}

} // namespace
} // namespace gridbridge::test
