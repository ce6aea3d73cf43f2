// A device that does not stop talking cannot hold the thread that reads it.
#include "drivers/modbus/line/line_transport.hpp"

#include "app/simulate/pty.hpp"
#include "tests/drivers/io/io_ends.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_taken = std::size_t{64} * 1024 + 512;
const std::vector<std::uint8_t> answer_of_another_request{0xAB, 0xCD, 0, 0, 0, 5, 1, 3, 2, 0, 7};

// Writes one frame after the other to whoever is connected, as fast as it is read or at a pace.
class Flood {
  public:
    Flood(std::function<Descriptor()> connect, std::vector<std::uint8_t> frame,
          std::chrono::milliseconds pace)
        : thread_(
              [connect = std::move(connect), frame = std::move(frame), pace](const std::stop_token& stop) {
                  const Descriptor to = connect();
                  while (!stop.stop_requested()) {
                      pollfd ready{to.get(), POLLOUT, 0};
                      if (::poll(&ready, 1, 20) > 0 && (ready.revents & POLLOUT) != 0 &&
                          ::write(to.get(), frame.data(), frame.size()) < 0 && errno != EAGAIN) {
                          return;
                      }
                      std::this_thread::sleep_for(pace);
                  }
              }) {}

  private:
    std::jthread thread_;
};

MeterConfig meter_at(std::uint16_t port) {
    MeterConfig meter;
    meter.transport = Transport::Tcp;
    meter.host = "127.0.0.1";
    meter.port = port;
    return meter;
}

std::function<Descriptor()> accepted(const test::Listening& listening) {
    return [&listening] {
        Descriptor client = listening.accept();
        ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
        return client;
    };
}

std::vector<std::uint16_t> ask(ModbusTransport& line) {
    return line.exchange({1, Function::ReadHolding, RegisterAddress{0}, 2, {}}, 500ms);
}

TEST(Flood, OfOldAnswersEndsARequestAtItsDeadline) {
    const test::Listening listening("127.0.0.1");
    const auto line = make_line_transport(meter_at(listening.port()));
    const Flood flood(accepted(listening), answer_of_another_request, 1ms);
    line->open({});
    EXPECT_THROW(ask(*line), Timeout);
    EXPECT_THROW(ask(*line), Timeout) << "nor is it held before the next one";
}

TEST(Flood, WithoutPauseEndsTheConnection) {
    const test::Listening listening("127.0.0.1");
    const auto line = make_line_transport(meter_at(listening.port()));
    std::vector<std::uint8_t> many;
    for (int i = 0; i < 100; ++i) {
        many.insert(many.end(), answer_of_another_request.begin(), answer_of_another_request.end());
    }
    const Flood flood(accepted(listening), many, 0ms);
    line->open({});
    const auto until_lost = [&] {
        while (true) {
            try {
                ask(*line);
            } catch (const Timeout&) { // the sender may be slow
            }
        }
    };
    EXPECT_THROW(until_lost(), LinkLost);
    EXPECT_LE(line->skipped_bytes(), most_taken);
}

TEST(Flood, DoesNotHideAStopRequest) {
    const test::Listening listening("127.0.0.1");
    const auto line = make_line_transport(meter_at(listening.port()));
    const Flood flood(accepted(listening), answer_of_another_request, 1ms);
    std::stop_source stop;
    line->open(stop.get_token());
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(50ms); // while a request is under way
        stop.request_stop();
    });
    const auto until_stopped = [&] {
        while (true) {
            try {
                ask(*line);
            } catch (const Timeout&) {
            }
        }
    };
    EXPECT_THROW(until_stopped(), Stopped);
}

TEST(Flood, OfNoiseOnASerialLineEndsEachRequest) {
    const Pty pty;
    MeterConfig meter;
    meter.transport = Transport::Rtu;
    meter.path = pty.path();
    const auto line = make_line_transport(meter);
    line->open({});
    ::fcntl(pty.master(), F_SETFL, O_NONBLOCK);
    const Flood flood([&] { return Descriptor(::dup(pty.master())); }, {0x55, 0xAA, 0x55, 0x00}, 1ms);
    for (int i = 0; i < 3; ++i) {
        EXPECT_ANY_THROW(ask(*line)); // whatever it is called, it ends
    }
}

} // namespace
} // namespace gridbridge
