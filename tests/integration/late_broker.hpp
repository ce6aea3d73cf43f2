// In front of a broker: a network or a broker under load that lets one wait for its answers.
#pragma once

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
    std::uint16_t port() const { return front_.port; }

  private:
    struct Front {
        Front();
        Front(const Front&) = delete;
        Front& operator=(const Front&) = delete;
        ~Front();
        int fd;
        std::uint16_t port = 0;
    };

    void run(const std::stop_token& stop) const;
    void serve(int client, const std::stop_token& stop) const;

    int broker_port_;
    std::chrono::seconds delay_;
    std::size_t answers_at_once_;
    Front front_;
    std::jthread thread_;
};

} // namespace gridbridge::testing_support
