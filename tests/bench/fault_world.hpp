// What a fault is measured with: the program on a meter whose values tell their age, and who watches the main
// broker.
#pragma once

#include "tests/bench/latency.hpp"
#include "tests/bench/meter_line.hpp"
#include "tests/bench/raw_mqtt.hpp"
#include "tests/bench/telegram_line.hpp"
#include "tests/integration/process.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::bench {

inline constexpr std::chrono::milliseconds meter_period{100};

double seconds_of(Clock::duration duration);

// A subscriber that notes each power value with the time at which the meter sent it.
class PowerLog {
  public:
    PowerLog(int port, const Latency& latency);

    bool wait_for_first(Clock::time_point after, std::chrono::seconds limit) const;
    // The longest time without a value, in seconds.
    double worst_gap(Clock::time_point from, Clock::time_point to) const;
    // From `since` to the first value that the meter sent later, in seconds.
    std::optional<double> first_fresh(Clock::time_point since, std::chrono::seconds limit) const;
    // Of the values that came from `fault` on until the first that was sent after `end`: how old they were.
    struct Old {
        double oldest = 0;
        double newest_of_stale = 0; // seconds after `fault` at which the last one older than 5 s was sent
        int stale = 0;              // older than 5 s, what makes a grid meter stale
    };
    Old old_values(Clock::time_point fault, Clock::time_point end) const;
    void publish(const std::string& topic, const std::string& payload) const {
        mqtt_.publish(topic, payload);
    }

  private:
    struct Value {
        Clock::time_point at;
        Clock::time_point sent;
    };
    std::vector<Value> values() const;

    mutable std::mutex mutex_;
    std::vector<Value> values_; // guarded by mutex_
    RawMqtt mqtt_;              // last: its thread uses the rest
};

// Ten values a second over TCP, on every address of this machine.
class FastMeter {
  public:
    enum class Kind : unsigned char { Modbus, P1 };
    explicit FastMeter(Kind kind);
    std::string uri(const std::string& host) const;
    const Latency& latency() const { return latency_; }

  private:
    Latency latency_;
    std::optional<MeterLine> modbus_;
    std::optional<TelegramLine> p1_;
    std::jthread feed_; // of p1_
};

// How the program is started.
struct ProgramOptions {
    std::string main_url;
    std::string meter_uri;
    std::string gx_url;               // empty: no GX
    std::vector<std::string> wrapper; // a command that starts another
};

class Program {
  public:
    explicit Program(const ProgramOptions& options);
    int pid() const { return pid_; }
    void signal(int number) const { process_->signal(number); }
    // How long the end in order takes; nothing: not within 10 s.
    std::optional<double> end();
    std::string log() const { return process_->errors(); }

  private:
    testing_support::Folder folder_;
    std::unique_ptr<testing_support::Process> process_;
    int pid_ = 0;
};

std::string& program_path(); // of the program that is measured

} // namespace gridbridge::bench
