// In front of a broker: a network or a broker under load that lets one wait for its answers.
#pragma once

#include "tests/drivers/io/io_ends.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace gridbridge::testing_support {

class LateBroker {
  public:
    // Each connection: so many answers come at once (the first one is that to the CONNECT), then nothing for
    // `delay`, then all.
    LateBroker(int broker_port, std::chrono::seconds delay, std::size_t answers_at_once = 0);
    std::uint16_t port() const { return front_.port(); }

  private:
    void run(const std::stop_token& stop) const;
    void serve(const Descriptor& client, const std::stop_token& stop) const;

    std::uint16_t broker_port_;
    std::chrono::seconds delay_;
    std::size_t answers_at_once_;
    test::Listening front_{"127.0.0.1"};
    std::jthread thread_;
};

} // namespace gridbridge::testing_support
