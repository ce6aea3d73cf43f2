// A Modbus meter on a pty or on TCP whose total power is a new number in every answer.
#pragma once

#include "app/simulate/modbus_slave.hpp"
#include "app/simulate/pty.hpp"
#include "tests/bench/latency.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::bench {

struct MeterLineOptions {
    std::string image = "em24";
    bool over_tcp = false;
    int baud = 0; // pace of the line, 0: none
    std::chrono::milliseconds turnaround{0};
};

// How the time of a line was spent. A request counts from its first byte to the last of its answer, the
// silence that must follow it included.
struct LineUse {
    double total_s = 0;
    double used_s = 0;
    int requests = 0;
    int cycles = 0; // answers with the total power
};

class MeterLine {
  public:
    MeterLine(MeterLineOptions options, Latency& latency);
    MeterLine(const MeterLine&) = delete;
    MeterLine& operator=(const MeterLine&) = delete;
    ~MeterLine();

    std::string uri() const;           // without query
    int port() const { return port_; } // over TCP; on every address
    LineUse take_use();                // since the last call

  private:
    void serve();
    bool take(int fd, std::vector<std::uint8_t>& received);
    void reply(int fd, const SlaveRequest& request);
    void count(Clock::time_point received, Clock::time_point answered, bool has_power);

    MeterLineOptions options_;
    Latency& latency_;
    SlaveFraming framing_;
    ModbusImage image_;
    std::optional<Pty> pty_;
    int listener_ = -1;
    int port_ = 0;
    int stop_ = -1; // eventfd
    Clock::time_point started_ = Clock::now();
    std::mutex mutex_;
    LineUse use_;                   // guarded by mutex_
    Clock::time_point last_answer_; // guarded by mutex_
    std::thread server_;
};

} // namespace gridbridge::bench
