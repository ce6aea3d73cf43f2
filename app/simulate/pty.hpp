// A pseudo terminal that looks like a serial port to the program under test.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <string>

namespace gridbridge {

// Owns the master side and, if a path was given, a symbolic link to the slave side. It keeps the slave side
// open itself, so that clients may come and go; destroying it is pulling the plug.
class Pty {
  public:
    // Replaces a symbolic link at `link`, nothing else; empty: no link. Throws std::system_error.
    explicit Pty(std::string link = {});
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;
    ~Pty();

    int master() const { return master_.get(); }
    const std::string& device() const { return device_; } // "/dev/pts/3"
    const std::string& path() const { return link_.empty() ? device_ : link_; }

  private:
    Descriptor master_;
    Descriptor slave_;
    std::string device_;
    std::string link_;
};

} // namespace gridbridge
