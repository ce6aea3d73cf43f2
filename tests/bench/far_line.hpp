// A program on another machine, as far as the kernel can tell: one line to the broker, one to the meter.
#pragma once

#include "tests/integration/own_network.hpp"

#include <string>
#include <vector>

namespace gridbridge::bench {

class FarLine {
  public:
    static constexpr const char* broker_host = testing_support::OwnNetwork::here;
    static constexpr const char* meter_host = "198.51.100.1";

    FarLine(); // throws std::runtime_error without root and iproute2

    // Starts a program there; it waits for attach().
    static std::vector<std::string> wrapper();
    void attach(int pid);

    // The line to the broker: takes nothing; takes 200 bytes a second.
    void be_dead(bool dead) const;
    void be_slow(bool slow) const;

  private:
    std::string there(const std::string& command) const;

    testing_support::OwnNetwork network_;
    int pid_ = 0;
};

} // namespace gridbridge::bench
