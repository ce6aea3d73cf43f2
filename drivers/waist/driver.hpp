// A driver owns one connection and serves every meter on it, on a thread of its own.
#pragma once

#include <stop_token>
#include <string>

namespace gridbridge {

class Driver {
  public:
    Driver() = default;
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    virtual ~Driver() = default;

    // Runs until stop is requested, through every meter and link error. Returns within one response timeout,
    // at most one second, after the request. Never throws.
    virtual void run(std::stop_token stop) = 0;

    // What the driver serves, for log lines: "/dev/ttyUSB0", "192.0.2.10:502".
    virtual std::string connection() const = 0;
};

} // namespace gridbridge
