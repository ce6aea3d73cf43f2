// What real drivers did on real lines, once more from what was recorded of it.
#include "app/replay/replay.hpp"

#include "app/verbs/local_bridge.hpp"
#include "tests/drivers/modbus/test_bus.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

struct Taken {
    std::string serial;
    Clock::time_point received;
    std::string values;
    bool operator==(const Taken&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Taken& taken) {
    return out << taken.serial << ' ' << taken.received.time_since_epoch().count() << ' ' << taken.values;
}

class TakesReadings final : public Outlet {
  public:
    explicit TakesReadings(std::vector<Taken>& taken) : taken_(taken) {}
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        std::string values;
        for (std::size_t i = 0; i < quantity_count; ++i) {
            const auto quantity = static_cast<Quantity>(i);
            if (meter.reading.has(quantity)) {
                values += std::to_string(i) + '=' + std::to_string(*meter.reading.get(quantity)) + ' ';
            }
        }
        taken_.push_back({meter.info.serial, meter.reading.received, values});
    }

  private:
    std::vector<Taken>& taken_;
};

OutletRow takes(std::vector<Taken>& taken) {
    return {"takes", [&taken] { return std::make_unique<TakesReadings>(taken); }};
}

struct Tape {
    std::mutex mutex;
    RecordedWires wires;
    Clock::time_point end{};

    DriverWires recorder() {
        return recorded_wires([this](std::span<const MeterConfig> meters) -> WireTap {
            return [this, uri = meters.front().uri](const WireEvent& event) {
                const std::lock_guard lock(mutex);
                wires[uri].push_back(WireRecord::of(event));
                end = std::max(end, event.at);
            };
        });
    }
};

// Reads until enough has come, and replays that.
void expect_equal_replay(const std::vector<MeterConfig>& meters, std::size_t readings) {
    Config config;
    config.meters = meters;
    std::vector<Taken> live;
    Tape tape;
    const auto silent = [](LogLevel, std::string_view, std::string_view) {};
    const auto begin = SystemClock::now();
    {
        LocalBridge bridge(config, Settings(), {takes(live)}, silent, tape.recorder());
        const auto limit = begin + 60s;
        bridge.run({}, [&] { return live.size() < readings && SystemClock::now() < limit; });
    }
    ASSERT_GE(live.size(), readings);
    std::vector<Taken> again;
    VirtualService::Parts parts;
    parts.begin = begin;
    parts.meters = meters;
    parts.outlets = {takes(again)};
    parts.log = silent;
    Replay replay(std::move(parts), tape.wires);
    replay.run(tape.end + 1ms, {}, [](const Messages&, Clock::time_point) {});
    EXPECT_TRUE(replay.differences().empty()) << replay.differences().front().second;
    // The publisher of the live one, woken late, may have left out a reading that the next one has replaced,
    // and have taken those of two meters the other way round.
    std::map<std::string, std::size_t> next; // by serial number
    for (const Taken& taken : live) {
        std::size_t& at = next[taken.serial];
        while (at < again.size() && !(again[at] == taken)) {
            ++at;
        }
        ASSERT_LT(at, again.size()) << "not in the replay: " << taken;
    }
    EXPECT_LE(again.size(), live.size() + live.size() / 10 + 2);
}

SlaveOptions with_faults(Line line, const char* image) {
    SlaveOptions options = slave_options(line, {*built_in_image(image)});
    options.faults.drop_every = 17;
    options.faults.crc_every = line == Line::Tcp ? 0 : 13;
    options.faults.late = 300ms;
    options.faults.late_every = 19;
    return options;
}

class ReplayOf : public testing::TestWithParam<Line> {};

TEST_P(ReplayOf, EveryReadingIsTheSameToTheLastBit) {
    const TestSlave slave(with_faults(GetParam(), "em24"));
    MeterConfig meter = meter_on(slave, GetParam());
    meter.uri = "one";
    meter.interval = 50ms;
    expect_equal_replay({meter}, 15);
}

INSTANTIATE_TEST_SUITE_P(Lines, ReplayOf, testing::Values(Line::Pty, Line::Tcp, Line::SerialOverTcp),
                         [](const auto& line) { return name_of_line(line.param); });

TEST(Replay, OfTwoMetersBesideEachOther) {
    const TestSlave first(slave_options(Line::Tcp, {*built_in_image("em24")}));
    const TestSlave second(slave_options(Line::Pty, {*built_in_image("et340")}));
    MeterConfig one = meter_on(first, Line::Tcp);
    MeterConfig other = meter_on(second, Line::Pty);
    one.uri = "one";
    other.uri = "other";
    one.interval = other.interval = 50ms;
    expect_equal_replay({one, other}, 40);
}

// A wait that nothing ends is as long as it was.
TEST(Replay, OfAMeterThatIsNotThere) {
    const TestSlave slave(slave_options(Line::Tcp, {*built_in_image("em24")}));
    MeterConfig meter = meter_on(slave, Line::Tcp);
    meter.unit = 9;
    meter.timeout = 500ms;
    Tape tape;
    Config config;
    config.meters = {meter};
    const auto silent = [](LogLevel, std::string_view, std::string_view) {};
    const auto begin = SystemClock::now();
    {
        LocalBridge bridge(config, Settings(), {}, silent, tape.recorder());
        bridge.run({}, [&] { return SystemClock::now() < begin + 3s; });
    }
    VirtualService::Parts parts;
    parts.begin = begin;
    parts.meters = config.meters;
    parts.log = silent;
    ASSERT_GE(tape.wires[meter.uri].size(), 3U);
    Replay replay(std::move(parts), tape.wires);
    replay.run(tape.end, {}, [](const Messages&, Clock::time_point) {});
    EXPECT_TRUE(replay.differences().empty()) << replay.differences().front().second;
}

} // namespace
} // namespace gridbridge
