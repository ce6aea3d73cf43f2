// A serial port that belongs to this program alone.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <string>

namespace gridbridge {

struct SerialFormat {
    int data_bits = 8; // 5 to 8
    char parity = 'N'; // N, E or O, as in "8N1"
    int stop_bits = 1; // 1, 2
};

// Owns the descriptor, the lock (flock) and the mark of exclusive use (TIOCEXCL): the mark does not hold
// against root, the lock not against programs that never ask. Used by one thread. Released by the destructor.
class SerialPort {
  public:
    // Opens and locks the port; what another program has set there stays as it is. Throws LinkLost with the
    // reason and the fix.
    explicit SerialPort(std::string path);
    SerialPort(const SerialPort&) = delete;
    SerialPort& operator=(const SerialPort&) = delete;
    ~SerialPort();

    // Keeps off programs that do not look at locks, and asks the adapter not to hold bytes back. After this
    // only root can open the port a second time.
    void claim() noexcept;

    // Bits per second; those that termios has a name for. Throws LinkLost.
    void set_speed(int baud);
    // A line that hands on every byte as it is, without flow control. Throws LinkLost; so does a port that
    // says yes and does something else.
    void set_format(const SerialFormat& format);
    void set_request_lines(bool on) noexcept; // RTS and DTR; a pty has none
    // What has come so far and was not read, of any age, is gone. Takes 10 ms, at most 250 where bytes come
    // all the time.
    void forget_waiting() noexcept;

    int get() const { return port_.get(); } // non-blocking

  private:
    std::string path_;
    Descriptor port_;
};

} // namespace gridbridge
