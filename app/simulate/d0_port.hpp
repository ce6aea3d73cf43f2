// Where a simulated IEC 62056-21 line is: a pty, or a TCP port for one client.
#pragma once

#include "app/simulate/stream_server.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace gridbridge {

class D0Port {
  public:
    D0Port() = default;
    D0Port(const D0Port&) = delete;
    D0Port& operator=(const D0Port&) = delete;
    virtual ~D0Port() = default;

    // What came within the time; what the other side sends at another speed is not received.
    virtual std::string receive(std::chrono::milliseconds limit) = 0;
    // Garbled when the other side has another speed; lost when nobody reads.
    virtual void send(std::string text) = 0;
    virtual void set_speed(int baud) = 0;  // bit/s
    virtual std::string where() const = 0; // "serial:///tmp/meter"
};

// Throws std::exception; a file cannot be asked.
std::unique_ptr<D0Port> make_d0_port(const StreamListen& listen);

} // namespace gridbridge
