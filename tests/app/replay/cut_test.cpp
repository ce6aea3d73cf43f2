// A recording that begins in the middle says what was measured all the same.
#include "app/recording/recording_memory.hpp"
#include "app/recording/wire_record.hpp"
#include "app/replay/answering_wire.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/verbs/local_bridge.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/waist/guarded.hpp"
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Kind = WireEvent::Kind;
using Octets = std::vector<std::uint8_t>;

Clock::time_point at(std::chrono::milliseconds time) {
    return Clock::time_point(time);
}

Octets answered(const RecordedAnswers& answers, const Octets& request, std::chrono::milliseconds time) {
    Octets all;
    for (const auto& piece : answers.answer(request, at(time))) {
        all.insert(all.end(), piece.bytes.begin(), piece.bytes.end());
    }
    return all;
}

TEST(RecordedAnswers, AreThoseOfTheMomentWithTheNumberOfTheRequest) {
    const std::vector<WireRecord> records{
        {Kind::Sent, at(1s), {0, 1, 7}},           {Kind::Received, at(1100ms), {0}},
        {Kind::Received, at(1200ms), {1, 10}},     {Kind::Sent, at(20s), {0, 2, 9}},
        {Kind::Received, at(20100ms), {0, 2, 20}}, {Kind::Sent, at(24s), {0, 3, 9}},
        {Kind::Received, at(24100ms), {0, 3, 24}}, {Kind::Sent, at(40s), {0, 4, 9}}};
    const RecordedAnswers answers(records, at(15s), true);
    EXPECT_EQ(answered(answers, {5, 6, 7}, 16s), (Octets{5, 6, 10})) << "from before the cut";
    EXPECT_EQ(answered(answers, {5, 6, 7}, 26s), Octets()) << "that was the beginning only";
    EXPECT_EQ(answered(answers, {5, 6, 9}, 21s), (Octets{5, 6, 20}));
    EXPECT_EQ(answered(answers, {5, 6, 9}, 23s), (Octets{5, 6, 24}));
    EXPECT_EQ(answered(answers, {5, 6, 9}, 30s), Octets()) << "nobody knows";
    EXPECT_EQ(answered(answers, {5, 6, 9}, 40s), Octets()) << "silence was recorded";
    EXPECT_EQ(answered(answers, {5}, 21s), Octets());
    const auto pieces = answers.answer(Octets{5, 6, 7}, at(16s));
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[0].after, 100ms);
    EXPECT_EQ(pieces[1].after, 200ms);
}

// Power and when it was received, of each reading.
class TakesPowers final : public Outlet {
  public:
    explicit TakesPowers(std::map<Clock::time_point, double>& powers) : powers_(powers) {}
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        if (const auto power = meter.reading.get(Quantity::PowerL1)) {
            powers_[meter.reading.received] = *power;
        }
    }

  private:
    std::map<Clock::time_point, double>& powers_;
};

class CutOf : public testing::TestWithParam<Line> {};

TEST_P(CutOf, HasTheValuesOfItsTime) {
    const TestSlave slave(slave_options(GetParam(), {*built_in_image("em24")}));
    MeterConfig meter = meter_on(slave, GetParam());
    meter.interval = 50ms;
    meter.uri = GetParam() == Line::Pty ? "cg+rtu://" + slave.path()
                                        : (GetParam() == Line::Tcp ? "cg+tcp" : "cg+rtutcp") +
                                              ("://127.0.0.1:" + std::to_string(slave.port()));
    Config config;
    config.meters = {meter};
    Guarded<RecordingMemory> memory(recorded_head(config, Settings(), {}));
    std::map<Clock::time_point, double> live;
    const auto takes = [](std::map<Clock::time_point, double>& powers) {
        return OutletRow{"takes", [&powers] { return std::make_unique<TakesPowers>(powers); }};
    };
    const auto silent = [](LogLevel, std::string_view, std::string_view) {};
    {
        const auto tap = [&memory](std::span<const MeterConfig> meters) -> WireTap {
            memory.with([&](RecordingMemory& now) { now.add(describe_connection(1, meters)); });
            return [&memory](const WireEvent& event) {
                memory.with([&](RecordingMemory& now) { now.add(record_of(event, 1)); });
            };
        };
        LocalBridge bridge(config, Settings(), {takes(live)}, silent, recorded_wires(tap));
        const auto limit = SystemClock::now() + 60s;
        bridge.run({}, [&] { return live.size() < 40 && SystemClock::now() < limit; });
    }
    ASSERT_GE(live.size(), 40U);
    const auto from = std::next(live.begin(), 20)->first;
    const RecordingCut cut =
        memory.with([&](const RecordingMemory& now) { return now.cut(from, live.rbegin()->first); });
    std::string name = testing::TempDir() + "cut-XXXXXX";
    ASSERT_NE(::mkstemp(name.data()), -1);
    const Bytes bytes = recording_of(cut);
    std::ofstream(name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));

    const std::vector<std::string> paths{name};
    RecordedService service = recorded_service(paths);
    std::remove(name.c_str());
    ASSERT_EQ(service.cut.size(), 1U);
    EXPECT_EQ(service.cut.begin()->second.at, from);
    std::map<Clock::time_point, double> again;
    service.parts.outlets = {takes(again)};
    service.parts.log = silent;
    Replay replay(std::move(service.parts), std::move(service.wires), service.cut);
    replay.run(service.end, {}, [](const Messages&, Clock::time_point) {});
    EXPECT_GE(again.size(), 10U);
    for (const auto& [received, power] : again) {
        EXPECT_GE(received, from);
        // The publisher of the live one may have left out the reading itself: its power is between others.
        double least = power;
        double most = power;
        std::size_t others = 0;
        for (const auto& [at_live, live_power] : live) {
            if (std::chrono::abs(at_live - received) < 1s) {
                least = others == 0 ? live_power : std::min(least, live_power);
                most = others == 0 ? live_power : std::max(most, live_power);
                ++others;
            }
        }
        constexpr double step = 20; // W, of the image in a second; other registers are further away
        EXPECT_GE(others, 2U);
        EXPECT_GE(power, least - step);
        EXPECT_LE(power, most + step);
    }
}

INSTANTIATE_TEST_SUITE_P(Lines, CutOf, testing::Values(Line::Pty, Line::Tcp, Line::SerialOverTcp),
                         [](const auto& line) { return name_of_line(line.param); });

} // namespace
} // namespace gridbridge
