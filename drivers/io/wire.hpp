// One connection to the outside as bytes: all that a driver knows of ports, sockets and files.
#pragma once

#include "drivers/io/link_lost.hpp"
#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace gridbridge {

struct MeterConfig;

// Used by one thread. Every wait ends at once when stop is requested. A closed wire can be opened again.
class Wire {
  public:
    Wire() = default;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    virtual ~Wire() = default;

    // Returns within 5 s. Throws LinkLost. Returns without a link when stop was requested.
    virtual void open(const std::stop_token& stop) = 0;

    // Waits for the first byte. Returns the number of bytes read; 0 when the deadline passed or stop was
    // requested. Throws LinkLost when the link is lost.
    virtual std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                  const std::stop_token& stop) = 0;

    // Sends all bytes, or as many as went within 5 s. Throws LinkLost when the link is lost or cannot send.
    virtual void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop);

    // Changes the speed of an open serial line, in bit/s; a wire without one ignores it. Throws LinkLost.
    virtual void set_speed(int /*baud*/) {}

    virtual void close() noexcept = 0;

    // "/dev/ttyUSB0", "TCP 192.0.2.10:3240"
    virtual std::string name() const = 0;

    // Whether reopening may bring back a link that has gone silent. Not so for a file: it would be read
    // again.
    virtual bool reopen_when_silent() const { return true; }
};

// The wire of the connection that a meter names; nothing is opened yet.
using WireFactory = std::function<std::unique_ptr<Wire>(const MeterConfig& meter)>;

} // namespace gridbridge
