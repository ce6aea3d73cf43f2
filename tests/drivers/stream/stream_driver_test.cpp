#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/io_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

MeterConfig meter_of(DriverKind driver, Transport transport, const std::string& path,
                     std::uint16_t port = 0) {
    MeterConfig meter;
    meter.driver = driver;
    meter.transport = transport;
    meter.path = path;
    meter.host = "127.0.0.1";
    meter.port = port;
    meter.uri = "test:" + path;
    return meter;
}

// A driver on its thread and what it hands over.
class Running {
  public:
    explicit Running(const MeterConfig& meter)
        : driver_(make_stream_driver({0, 0}, meter, handoff_,
                                     [](LogLevel, std::string_view, std::string_view) {})),
          thread_([this](std::stop_token stop) { driver_->run(std::move(stop)); }) {}
    Running(const MeterConfig& meter, WireFactory make_source)
        : driver_(std::make_unique<StreamDriver>(
              SourceId{0, 0}, meter, handoff_, [](LogLevel, std::string_view, std::string_view) {},
              std::move(make_source))),
          thread_([this](std::stop_token stop) { driver_->run(std::move(stop)); }) {}

    // Waits for an update that `wanted` accepts; keeps the newest info and counters.
    template <typename Wanted>
    bool wait_for(Wanted wanted) {
        const auto deadline = Clock::now() + 20s;
        while (Clock::now() < deadline) {
            for (MeterUpdate& update : handoff_.take(deadline, {})) {
                if (update.info && update.source.channel == 0) {
                    info = update.info;
                    ++announcements;
                }
                if (update.counters) {
                    counters = *update.counters;
                }
                if (wanted(update)) {
                    return true;
                }
            }
        }
        return false;
    }
    bool wait_for_reading(double power) {
        return wait_for([power](const MeterUpdate& update) {
            const auto value = update.reading ? update.reading->get(Quantity::Power) : std::nullopt;
            return value && std::abs(*value - power) < 2;
        });
    }
    bool wait_for_loss() {
        return wait_for([](const MeterUpdate& update) { return update.lost.has_value(); });
    }
    Clock::duration stop() {
        const auto requested = Clock::now();
        thread_.request_stop();
        thread_.join();
        return Clock::now() - requested;
    }

    std::optional<MeterInfo> info;
    int announcements = 0;
    MeterCounters counters;

  private:
    Handoff handoff_;
    std::unique_ptr<Driver> driver_;
    std::jthread thread_;
};

// Silent for as long as it is asked to wait, without waiting.
class SilentSource final : public Wire {
  public:
    explicit SilentSource(std::vector<Clock::duration>& waits) : waits_(waits) {}
    void open(const std::stop_token&) override { sent_ = 0; }
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token&) override {
        if (sent_ == telegram_.size()) {
            waits_.push_back(deadline - Clock::now());
            return 0;
        }
        const std::size_t size = std::min(buffer.size(), telegram_.size() - sent_);
        std::copy_n(telegram_.begin() + static_cast<std::ptrdiff_t>(sent_), size, buffer.begin());
        sent_ += size;
        return size;
    }
    void close() noexcept override {}
    std::string name() const override { return "silent"; }

  private:
    std::vector<Clock::duration>& waits_;
    Bytes telegram_ = bytes_of(p1_telegram(simulate_values(1)));
    std::size_t sent_ = 0;
};

Bytes p1_bytes(double seconds) {
    return bytes_of(p1_telegram(simulate_values(seconds)));
}
double power_at(double seconds) {
    return simulate_values(seconds).power();
}

TEST(StreamDriver, P1OverTcpReconnectsAfterHangUp) {
    const TcpServer server;
    Running running(meter_of(DriverKind::P1, Transport::Tcp, "", server.port()));
    {
        Descriptor peer = server.accept();
        peer.send(p1_bytes(1));
        ASSERT_TRUE(running.wait_for_reading(power_at(1)));
        EXPECT_EQ(running.info.value().serial, "E0044000000000001");
        EXPECT_EQ(running.info.value().connection, "TCP 127.0.0.1:" + std::to_string(server.port()));
        EXPECT_EQ(running.info.value().phases, 3);
        peer.send(p1_bytes(2));
        ASSERT_TRUE(running.wait_for_reading(power_at(2)));
        EXPECT_EQ(running.announcements, 1);
        const Bytes cut_off = p1_bytes(3);
        peer.send(std::span(cut_off).first(200));
    }
    ASSERT_TRUE(running.wait_for_loss());
    const Descriptor again = server.accept(); // open to the end: a loss would take the reading back
    again.send(p1_bytes(40));
    ASSERT_TRUE(running.wait_for_reading(power_at(40)));
    EXPECT_EQ(running.announcements, 2);
    EXPECT_EQ(running.counters.good, 3U);
    EXPECT_EQ(running.counters.rejected, 1U);
    EXPECT_EQ(running.counters.reconnects, 1U);
}

TEST(StreamDriver, StopsWithinASecondWhileBlocked) {
    const TcpServer server;
    Running reading(meter_of(DriverKind::P1, Transport::Tcp, "", server.port()));
    const Descriptor peer = server.accept();
    EXPECT_LT(reading.stop(), 1s);

    Running backing_off(meter_of(DriverKind::P1, Transport::Serial, "/dev/ttyNONE"));
    ASSERT_TRUE(backing_off.wait_for_loss());
    EXPECT_LT(backing_off.stop(), 1s);
}

TEST(StreamDriver, SilentLinkIsReopenedAfter35Seconds) {
    std::vector<Clock::duration> waits;
    Running running(meter_of(DriverKind::P1, Transport::Tcp, ""),
                    [&](const MeterConfig&) { return std::make_unique<SilentSource>(waits); });
    const auto lost = [](const MeterUpdate& update) {
        return update.source.channel == 0 && update.lost && update.lost->starts_with("silent: silent");
    };
    ASSERT_TRUE(running.wait_for(lost));
    ASSERT_TRUE(running.wait_for(lost));
    running.stop();
    EXPECT_GE(running.announcements, 2);
    EXPECT_GE(running.counters.good, 2U);
    ASSERT_FALSE(waits.empty());
    EXPECT_GT(waits[0], 34s);
    EXPECT_LE(waits[0], 35s);
}

TEST(StreamDriver, SmlOverAPty) {
    Pty pty;
    pty.master().send(sml_telegram(simulate_values(5))); // while nobody listens: it may be of yesterday
    Running running(meter_of(DriverKind::Sml, Transport::Serial, pty.path()));
    std::jthread sender([&](const std::stop_token& stop) {
        for (double second = 6; !stop.stop_requested(); ++second) {
            std::this_thread::sleep_for(100ms);
            pty.master().send(sml_telegram(simulate_values(second)));
        }
    });
    std::optional<double> power;
    ASSERT_TRUE(running.wait_for([&](const MeterUpdate& update) {
        power = update.reading ? update.reading->get(Quantity::Power) : std::nullopt;
        return power.has_value();
    }));
    sender = {};
    double second = 6;
    constexpr double end = 60;
    while (second < end && std::abs(*power - power_at(second)) > 0.05) {
        ++second;
    }
    EXPECT_LT(second, end) << *power << " is of none that came while it was open";
    EXPECT_EQ(running.info.value().kind, "sml");
    EXPECT_EQ(running.info.value().serial, "1ISK0075219242");
    EXPECT_EQ(running.info.value().model, "ISK");
    pty.master().close();
    EXPECT_TRUE(running.wait_for_loss());
    EXPECT_LT(running.stop(), 1s);
}

TEST(StreamDriver, FollowsAFile) {
    const TemporaryFolder folder;
    std::ofstream file(folder.file("p1.log"));
    file << "noise" << p1_telegram(simulate_values(1)) << std::flush;
    Running running(meter_of(DriverKind::P1, Transport::File, folder.file("p1.log")));
    ASSERT_TRUE(running.wait_for_reading(power_at(1)));
    file << p1_telegram(simulate_values(30)) << std::flush;
    ASSERT_TRUE(running.wait_for_reading(power_at(30)));
    EXPECT_FALSE(running.info.value().refresh_time);
}

TEST(StreamDriver, MissingFileIsLostWithItsReasonUntilItComes) {
    const TemporaryFolder folder;
    Running running(meter_of(DriverKind::P1, Transport::File, folder.file("later")));
    ASSERT_TRUE(running.wait_for([](const MeterUpdate& update) {
        return update.lost && update.lost->find("does not exist") != std::string::npos;
    }));
    std::ofstream(folder.file("later")) << p1_telegram(simulate_values(1));
    EXPECT_TRUE(running.wait_for_reading(power_at(1)));
}

TEST(StreamDriver, MeterThatChangesIsAnnouncedAgain) {
    const TcpServer server;
    Running running(meter_of(DriverKind::P1, Transport::Tcp, "", server.port()));
    const Descriptor peer = server.accept();
    peer.send(p1_bytes(1));
    ASSERT_TRUE(running.wait_for_reading(power_at(1)));
    P1Meter other;
    other.serial = "OTHER";
    peer.send(bytes_of(p1_telegram(simulate_values(19), other)));
    peer.send(bytes_of(p1_telegram(simulate_values(20), other)));
    ASSERT_TRUE(running.wait_for_reading(power_at(20)));
    EXPECT_EQ(running.info.value().serial, "OTHER");
}

TEST(StreamDriver, ReadingIsStampedWhenItsLastByteCame) {
    const TcpServer server;
    Running running(meter_of(DriverKind::P1, Transport::Tcp, "", server.port()));
    const Descriptor peer = server.accept();
    const auto before = Clock::now();
    peer.send(p1_bytes(1));
    Clock::time_point received;
    ASSERT_TRUE(running.wait_for([&](const MeterUpdate& update) {
        received = update.reading ? update.reading->received : received;
        return update.reading.has_value();
    }));
    EXPECT_GE(received, before);
    EXPECT_LE(received, Clock::now());
}

TEST(StreamDriver, MeterWithoutPowerIsAnnouncedWithAdvice) {
    const TcpServer server;
    Running running(meter_of(DriverKind::Sml, Transport::Tcp, "", server.port()));
    const Descriptor peer = server.accept();
    peer.send(sml_telegram(simulate_values(1), {.has_power = false}));
    std::optional<Reading> reading;
    ASSERT_TRUE(running.wait_for([&](const MeterUpdate& update) {
        reading = update.reading;
        return reading.has_value();
    }));
    EXPECT_FALSE(reading->has(Quantity::Power));
    EXPECT_TRUE(reading->has(Quantity::EnergyForward));
    EXPECT_EQ(running.info.value().advice, "no power value: unlock it (PIN, then InF on)");
    peer.send(sml_telegram(simulate_values(2)));
    ASSERT_TRUE(running.wait_for_reading(power_at(2)));
    EXPECT_EQ(running.info.value().advice, "");
    peer.send(sml_telegram(simulate_values(3), {.has_power = false})); // as after a power cut
    ASSERT_TRUE(running.wait_for([](const MeterUpdate& update) { return update.reading.has_value(); }));
    EXPECT_THAT(running.info.value().advice, testing::HasSubstr("it has lost its PIN"));
}

TEST(StreamDriver, DevicesAreLostWithTheirMeterAndWithTheirReading) {
    const TcpServer server;
    Running running(meter_of(DriverKind::P1, Transport::Tcp, "", server.port()));
    const auto lost_gas = [](const MeterUpdate& update) {
        return update.source == SourceId{0, 1} && update.lost.has_value();
    };
    const auto gas = [](const MeterUpdate& update) {
        return update.source == SourceId{0, 1} && update.reading && update.reading->has(Quantity::Volume);
    };
    {
        const Descriptor peer = server.accept();
        peer.send(p1_bytes(1));
        ASSERT_TRUE(running.wait_for(gas));
        peer.send(bytes_of("/ISK5\\2\r\n\r\n1-0:1.7.0(00.100*kW)\r\n!\r\n"));
        ASSERT_TRUE(running.wait_for(lost_gas));
        peer.send(p1_bytes(2));
        ASSERT_TRUE(running.wait_for(gas));
    }
    ASSERT_TRUE(running.wait_for(lost_gas));
}

} // namespace
} // namespace gridbridge::test
