// The real transport against gateways with habits of their own.
#include "drivers/modbus/line/line_transport.hpp"

#include "tests/drivers/io/io_ends.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::uint16_t>;

struct Habits {
    int id_offset = 0;
    int close_after = 0;  // answers; 0: never
    int silent_after = 0; // the same, without closing
    std::chrono::milliseconds late{0};
};

// Answers every read with the address in each word.
class Gateway {
  public:
    explicit Gateway(Habits habits)
        : habits_(habits), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

    MeterConfig meter() const {
        MeterConfig meter;
        meter.transport = Transport::Tcp;
        meter.host = "127.0.0.1";
        meter.port = listening_.port();
        return meter;
    }
    int connections() const { return connections_; }

  private:
    static bool is_ready(int fd) {
        pollfd ready{fd, POLLIN, 0};
        return ::poll(&ready, 1, 20) > 0;
    }

    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (is_ready(listening_.descriptor())) {
                const Descriptor client = listening_.accept();
                ++connections_;
                talk(client.get(), stop);
            }
        }
    }

    void talk(int client, const std::stop_token& stop) {
        int answers = 0;
        while (!stop.stop_requested()) {
            std::array<std::uint8_t, 12> request{};
            if (!is_ready(client)) {
                continue;
            }
            if (::read(client, request.data(), request.size()) != std::ssize(request)) {
                return;
            }
            if (habits_.silent_after > 0 && answers >= habits_.silent_after) {
                continue;
            }
            const int id = (request[0] << 8 | request[1]) + habits_.id_offset;
            std::vector<std::uint8_t> answer{static_cast<std::uint8_t>(id >> 8),
                                             static_cast<std::uint8_t>(id),
                                             0,
                                             0,
                                             0,
                                             static_cast<std::uint8_t>(3 + 2 * request[11]),
                                             request[6],
                                             request[7],
                                             static_cast<std::uint8_t>(2 * request[11])};
            for (int i = 0; i < request[11]; ++i) {
                answer.push_back(request[8]);
                answer.push_back(request[9]);
            }
            std::this_thread::sleep_for(habits_.late);
            if (::write(client, answer.data(), answer.size()) != std::ssize(answer)) {
                return;
            }
            if (++answers == habits_.close_after) {
                return;
            }
        }
    }

    const Habits habits_;
    const test::Listening listening_{"127.0.0.1"};
    std::atomic<int> connections_ = 0;
    std::jthread thread_;
};

Words ask(ModbusTransport& line, std::uint16_t address, std::chrono::milliseconds timeout = 300ms) {
    return line.exchange({1, Function::ReadHolding, static_cast<RegisterAddress>(address), 2, {}}, timeout);
}

TEST(Gateway, WithStrangeIdsIsNamedAndReadWhenItIsTolerated) {
    const Gateway gateway({.id_offset = 1});
    const auto strict = make_line_transport(gateway.meter());
    strict->open({});
    EXPECT_THROW(ask(*strict, 7), Timeout);
    try {
        ask(*strict, 7);
        ADD_FAILURE();
    } catch (const Timeout& error) {
        EXPECT_NE(std::string(error.what()).find("off by 1"), std::string::npos) << error.what();
    }
    strict->close();
    MeterConfig meter = gateway.meter();
    meter.tolerant = true;
    const auto tolerant = make_line_transport(meter);
    tolerant->open({});
    for (std::uint16_t address = 0; address < 100; ++address) {
        EXPECT_EQ(ask(*tolerant, address, 5s), Words(2, address));
    }
}

TEST(Gateway, ThatClosesIsConnectedAgainWithoutWordsAndNamed) {
    const Gateway gateway({.close_after = 6});
    const auto line = make_line_transport(gateway.meter());
    line->open({});
    for (std::uint16_t address = 0; address < 60; ++address) {
        EXPECT_EQ(ask(*line, address, 5s), Words(2, address));
    }
    EXPECT_EQ(gateway.connections(), 10);
    EXPECT_EQ(line->health().reopened, 9U);
    EXPECT_NE(line->health().advice.find("after at most 6 answers"), std::string::npos);
}

TEST(Gateway, ThatFallsSilentIsConnectedAgain) {
    const Gateway gateway({.silent_after = 3});
    const auto line = make_line_transport(gateway.meter());
    line->open({});
    int answers = 0;
    for (int i = 0; i < 14; ++i) {
        try {
            ask(*line, 7);
            ++answers;
        } catch (const Timeout&) {
        }
    }
    EXPECT_GE(answers, 6);
    EXPECT_GE(gateway.connections(), 2);
}

TEST(Gateway, ThatIsSlowerThanTheUsualTimeoutIsWaitedFor) {
    const Gateway gateway({.late = 400ms});
    const auto line = make_line_transport(gateway.meter());
    line->open({});
    int answers = 0;
    for (int i = 0; i < 6; ++i) {
        try {
            answers += ask(*line, 7).empty() ? 0 : 1;
        } catch (const Timeout&) {
        }
    }
    EXPECT_GE(answers, 3);
}

} // namespace
} // namespace gridbridge
