// P1 meters of our own, as many and as slow as a test wants them.
#pragma once

#include "app/simulate/p1_telegram.hpp"
#include "drivers/io/descriptor.hpp"
#include "drivers/io/stop_wait.hpp"
#include "tests/fakes/free_port.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::testing_support {

// P1 meters, each on a TCP port of its own, which send in turn; each once in `period`.
class P1Meters {
  public:
    // `values`: what they measure, by the seconds since the start; called on a thread of their own.
    P1Meters(std::size_t count, std::chrono::milliseconds period,
             std::function<SimulatedValues(double)> values = simulate_values)
        : period_(period), values_(std::move(values)) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint16_t port = free_port();
            Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(port);
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
            EXPECT_EQ(::listen(listener.get(), 4), 0);
            meters_.push_back({std::move(listener), Descriptor()});
            uris_.push_back("p1+tcp://127.0.0.1:" + std::to_string(port));
        }
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    const std::vector<std::string>& uris() const { return uris_; }

  private:
    struct Meter {
        Descriptor listener, client;
    };

    void serve(const std::stop_token& stop) {
        const auto start = Clock::now();
        const auto pause = std::chrono::duration_cast<Clock::duration>(period_) / meters_.size();
        auto next = start;
        for (std::size_t turn = 0;; ++turn) {
            next += pause;
            if (!wait_until(next, stop)) {
                return;
            }
            const std::size_t number = turn % meters_.size();
            send(meters_.at(number), number, std::chrono::duration<double>(next - start).count());
        }
    }
    void send(Meter& meter, std::size_t number, double seconds) const {
        for (int client = 0; // the newest: others have been given up
             (client = ::accept4(meter.listener.get(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            meter.client = Descriptor(client);
        }
        const std::string digits = std::to_string(1000000 + number);
        P1Meter identity;
        identity.serial = "E00440000" + digits;
        identity.gas_serial = "G00390000" + digits;
        const std::string telegram = p1_telegram(values_(seconds), identity);
        if (meter.client.is_open() &&
            ::send(meter.client.get(), telegram.data(), telegram.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            meter.client = Descriptor();
        }
    }

    std::chrono::milliseconds period_;
    std::function<SimulatedValues(double)> values_;
    std::vector<Meter> meters_;
    std::vector<std::string> uris_;
    std::jthread thread_;
};

} // namespace gridbridge::testing_support
