// A source that always has more cannot hold its driver, nor make it take what is old.
#include "app/simulate/p1_telegram.hpp"
#include "drivers/stream/source/d0_source.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

MeterConfig meter_of(DriverKind driver) {
    MeterConfig meter;
    meter.driver = driver;
    meter.transport = Transport::Tcp;
    meter.mode = ReadoutMode::Request;
    return meter;
}

// Has more bytes whenever it is asked.
class EndlessSource final : public Wire {
  public:
    explicit EndlessSource(std::atomic<int>& asked) : asked_(asked) {}
    void open(const std::stop_token&) override {}
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point,
                          const std::stop_token&) override {
        std::fill(buffer.begin(), buffer.end(), std::uint8_t{'/'});
        ++asked_;
        return buffer.size();
    }
    void write(std::span<const std::uint8_t>, const std::stop_token&) override {}
    void close() noexcept override {}
    std::string name() const override { return "endless"; }

  private:
    std::atomic<int>& asked_;
};

class StreamFlood : public testing::TestWithParam<DriverKind> {};

TEST_P(StreamFlood, DoesNotHideAStopRequest) {
    std::atomic<int> asked = 0;
    Handoff handoff;
    StreamDriver driver(
        {0, 0}, meter_of(GetParam()), handoff, [](LogLevel, std::string_view, std::string_view) {},
        [&](const MeterConfig& meter) -> std::unique_ptr<Wire> {
            auto line = std::make_unique<EndlessSource>(asked);
            return meter.driver == DriverKind::D0 ? make_d0_source(meter, std::move(line)) : std::move(line);
        });
    const std::jthread thread([&](std::stop_token stop) { driver.run(std::move(stop)); });
    while (asked < 20) {
        std::this_thread::yield();
    }
} // the thread ends

INSTANTIATE_TEST_SUITE_P(Dialects, StreamFlood,
                         testing::Values(DriverKind::P1, DriverKind::Sml, DriverKind::D0));

// Telegrams that wait; each time it is opened, others.
class WaitingSource final : public Wire {
  public:
    explicit WaitingSource(std::atomic<int>& opened) : opened_(opened) {}
    void open(const std::stop_token&) override {
        ++opened_;
        telegrams_ = 0;
    }
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point,
                          const std::stop_token&) override {
        const Bytes telegram = bytes_of(p1_telegram(simulate_values(100.0 * opened_ + telegrams_++)));
        std::copy(telegram.begin(), telegram.end(), buffer.begin());
        return telegram.size();
    }
    void close() noexcept override {}
    std::string name() const override { return "waiting"; }

  private:
    std::atomic<int>& opened_;
    int telegrams_ = 0;
};

// Held up while it looks at a telegram: what waits behind it is as old as that took.
TEST(StreamDriver, AfterAPauseWhatWaitsIsLeftOut) {
    std::atomic<int> opened = 0;
    Handoff handoff;
    const auto slow_once = [said = false](LogLevel, std::string_view, std::string_view) mutable {
        if (!std::exchange(said, true)) {
            std::this_thread::sleep_for(1600ms); // the pause itself
        }
    };
    StreamDriver driver({0, 0}, meter_of(DriverKind::P1), handoff, slow_once,
                        [&](const MeterConfig&) { return std::make_unique<WaitingSource>(opened); });
    const std::jthread thread([&](std::stop_token stop) { driver.run(std::move(stop)); });
    while (opened < 2 && !HasFailure()) {
        for (const MeterUpdate& update : handoff.take(Clock::now() + 100ms, {})) {
            const auto power = update.reading ? update.reading->get(Quantity::Power) : std::nullopt;
            EXPECT_TRUE(opened >= 2 || !power || std::abs(*power - simulate_values(100).power()) < 2);
        }
    }
}

} // namespace
} // namespace gridbridge::test
