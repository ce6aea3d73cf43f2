// The broker and the programs that are measured.
#pragma once

#include "tests/integration/process.hpp"

#include <string>
#include <vector>

namespace gridbridge::bench {

// A mosquitto as packaged, with or without `set_tcp_nodelay true`.
class BenchBroker {
  public:
    explicit BenchBroker(bool no_delay, const std::string& address = "127.0.0.1");
    void signal(int number) const { process_->signal(number); }
    int port() const { return port_; }
    std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

  private:
    testing_support::Folder folder_;
    int port_;
    std::unique_ptr<testing_support::Process> process_;
};

struct Memory {
    long peak_kb = 0; // VmHWM
    long anonymous_kb = 0;
    long file_kb = 0;
    long threads = 0;
};

class Measured {
  public:
    explicit Measured(std::vector<std::string> command);

    int pid() const { return pid_; }
    double cpu_seconds() const; // all threads, since its start
    Memory memory() const;
    std::string log() const { return process_->errors(); }

  private:
    std::unique_ptr<testing_support::Process> process_;
    int pid_ = 0;
};

// The service with one meter.
class Service {
  public:
    Service(const BenchBroker& broker, const std::string& meter_uri, const std::string& program);
    const Measured& process() const { return process_; }

  private:
    testing_support::Folder folder_;
    Measured process_;
};

} // namespace gridbridge::bench
