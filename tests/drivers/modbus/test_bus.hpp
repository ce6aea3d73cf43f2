// The driver and the simulator at the two ends of a real line.
#pragma once

#include "app/simulate/slave_server.hpp"
#include "drivers/modbus/bus_driver.hpp"
#include "drivers/modbus/line/transport.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gridbridge {

using Writes = std::vector<std::pair<int, int>>; // address, value

// A running simulator. Options are changed by `tweak` before it starts.
class TestSlave {
  public:
    explicit TestSlave(SlaveOptions options);
    TestSlave(const TestSlave&) = delete;
    TestSlave& operator=(const TestSlave&) = delete;
    ~TestSlave() { stop(); }

    void stop();                // the plug is pulled
    std::uint16_t port() const; // TCP
    std::string path() const;   // pty
    const std::string& uri() const { return uri_; }

    Writes writes() const;                                        // function 6 requests
    unsigned longest_read() const;                                // words
    std::vector<std::pair<int, int>> reads_of(int address) const; // (address, words)
    std::size_t requests() const;
    struct Arrival {
        Clock::time_point at;
        int address;
        int words; // of a read
    };
    std::vector<Arrival> arrivals() const;
    void wait_for_requests(std::size_t count) const; // fails the test after 20 s

  private:
    SlaveOptions options_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string uri_;
    std::vector<std::vector<std::uint8_t>> pdus_;
    std::vector<Clock::time_point> times_;
    std::jthread thread_;
};

enum class Line { Pty, Tcp, SerialOverTcp };
std::string name_of_line(Line line);

SlaveOptions slave_options(Line line, std::vector<ModbusImage> images);
MeterConfig meter_on(const TestSlave& slave, Line line);

// A running driver; keeps what came through the hand-off.
class TestDriver {
  public:
    // `line` stands for the real transport.
    explicit TestDriver(std::vector<MeterConfig> meters, const std::map<std::string, PhaseMode>& modes = {},
                        std::unique_ptr<ModbusTransport> line = nullptr, WallClock wall_clock = {});
    TestDriver(const TestDriver&) = delete;
    TestDriver& operator=(const TestDriver&) = delete;
    ~TestDriver() { stop(); }

    struct Seen {
        std::optional<MeterInfo> info;
        std::optional<Reading> reading; // newest; empty while lost
        std::optional<std::string> lost;
        MeterCounters counters;
        std::size_t readings = 0;
        std::vector<std::string> losses;
        std::vector<Reading> all;
    };

    // Takes from the hand-off until `done` or 20 s have passed; returns whether it is done.
    bool until(const std::function<bool()>& done);
    bool until_readings(std::size_t count, std::uint16_t meter = 0);
    Seen& seen(std::uint16_t meter = 0) { return seen_[SourceId{meter, 0}]; }
    Seen& second() { return seen_[SourceId{0, 1}]; } // the device on phase 2 of the first meter
    Orders& orders() { return orders_; }
    Clock::duration stop(); // how long it took
    std::string log() const;

  private:
    Handoff handoff_;
    Orders orders_;
    mutable std::mutex log_mutex_;
    std::string log_text_;
    Log log_;
    std::unique_ptr<Driver> driver_;
    std::map<SourceId, Seen> seen_;
    std::jthread thread_;
};

} // namespace gridbridge
