// Which wait of a driver was late comes back as it was.
#include "app/replay/replayed_wire.hpp"

#include "app/replay/virtual_time.hpp"
#include "drivers/io/recorded_wire.hpp"
#include "drivers/io/stop_wait.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Has nothing to say, and is held up whenever it is looked at, as on a busy machine.
class HeldUp final : public Wire {
  public:
    void open(const std::stop_token& /*stop*/) override {}
    std::size_t read_some(std::span<std::uint8_t> /*buffer*/, Clock::time_point /*deadline*/,
                          const std::stop_token& /*stop*/) override {
        std::this_thread::sleep_for(4 * SteppedTime::forgiven);
        return 0;
    }
    void close() noexcept override {}
    std::string name() const override { return "held up"; }
};

// What is due at times that no recording has.
constexpr auto odd = 333ns;

// A driver that sleeps until its meter is due, decides, and looks for late bytes before it asks.
std::vector<Clock::time_point> decided_at(Wire& wire, Clock::time_point begin) {
    std::vector<Clock::time_point> times;
    wire.open({});
    for (int i = 1; i <= 3; ++i) {
        const auto due = begin + i * 50ms + odd;
        wait_until(due, {});
        times.push_back(Clock::now());
        std::array<std::uint8_t, 8> buffer{};
        wire.read_some(buffer, due, {});
        times.push_back(Clock::now());
    }
    return times;
}

TEST(ReplayedWire, ALookForBytesThatWasLateIsNoLateSleep) {
    std::vector<WireRecord> records;
    const auto tap = [&](const WireEvent& event) { records.push_back(WireRecord::of(event)); };
    SteppedTime time(tap);
    const auto begin = time.now();
    std::vector<Clock::time_point> live;
    {
        const WithTime with(time);
        live = decided_at(*make_recorded_wire(std::make_unique<HeldUp>(), &time, tap), begin);
    }
    EXPECT_GT(live[1], live[0]) << "nothing was held up";
    for (const auto at : live) {
        EXPECT_EQ(whole_microsecond(at), at);
    }

    WireTrack track(std::move(records));
    TrackTime track_time(track);
    std::vector<Clock::time_point> again;
    VirtualTime all(begin);
    all.add([&](const std::stop_token& /*stop*/) {
        track_time.begin();
        const WithTime with(track_time);
        again = decided_at(*make_replayed_wire(track), begin);
    });
    all.run(begin + 10s, [](Clock::time_point) { return Clock::time_point::max(); });
    all.stop();
    EXPECT_EQ(again, live);
    EXPECT_FALSE(track.difference());
}

} // namespace
} // namespace gridbridge
