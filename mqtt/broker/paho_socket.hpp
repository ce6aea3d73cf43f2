// The TCP socket of a Paho client, to which Paho gives no access: what waits in it, and its options.
#pragma once

#include "drivers/io/descriptor.hpp"
#include "mqtt/connection/send_window.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gridbridge {

// A second descriptor of the socket: what is read and set here is the connection that Paho uses. Any thread.
class PahoSocket {
  public:
    // The one of this process that is connected to `address` (numeric) and `port` and that no other
    // PahoSocket has. Sets TCP_NODELAY: Paho leaves Nagle's algorithm on, and the second of several small
    // publishes then waits up to 40 ms for the broker's delayed acknowledgement. Sets TCP_USER_TIMEOUT to
    // `patience`: the kernel ends a connection whose peer is gone. Nothing when there is none.
    static std::unique_ptr<PahoSocket> find(const std::string& address, std::uint16_t port,
                                            std::chrono::milliseconds patience);
    ~PahoSocket();
    PahoSocket(const PahoSocket&) = delete;
    PahoSocket& operator=(const PahoSocket&) = delete;

    // What the kernel holds; `queued` is left to the caller.
    Backlog backlog() const;
    // Ends the connection at once. What waits in the kernel is dropped: it is old.
    void abort();

  private:
    PahoSocket(Descriptor socket, std::uint64_t inode) : socket_(std::move(socket)), inode_(inode) {}

    Descriptor socket_;
    std::uint64_t inode_; // names the socket among all of this process
};

} // namespace gridbridge
