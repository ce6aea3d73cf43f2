// A driver owns one connection and serves every meter on it, on a thread of its own.
#pragma once

#include "drivers/handoff.hpp"
#include "drivers/meter_config.hpp"
#include "drivers/orders.hpp"

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

enum class LogLevel : unsigned char { Trace, Debug, Info, Warn, Error };

// Writes one log line; may be called from any thread. `component` is the meter or connection it is about.
using Log = std::function<void(LogLevel level, std::string_view component, std::string_view message)>;

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

// Meters with the same key share a connection.
std::string connection_key(const MeterConfig& meter);

// One driver per connection: meters on the same serial port or the same TCP endpoint share one. `meters[i]`
// is SourceId{i, 0} in the hand-off. `handoff` and `orders` must outlive the drivers. This list is the only
// place that names drivers.
std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log);

} // namespace gridbridge
